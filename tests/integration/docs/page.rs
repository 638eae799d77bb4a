//! A page of Markdown: its blocks, headings and comments.

use std::fs;

use crate::support::repository;

/// A page, by its lines.
pub struct Page {
    /// From the repository's root.
    pub path: String,
    pub lines: Vec<String>,
    pub blocks: Vec<Block>,
}

/// What stands between two fences.
pub struct Block {
    /// The number of the first line within, from 0.
    pub start: usize,
    /// That of the closing fence.
    pub end: usize,
    /// What stands behind the opening fence.
    pub kind: String,
    /// The file that the comment above names.
    pub file: Option<String>,
}

/// Kinds of blocks that hold text and no commands.
const TEXTS: [&str; 7] = ["yaml", "json", "text", "nix", "toml", "diff", "console"];

impl Page {
    pub fn read(path: &str) -> Page {
        let text = fs::read_to_string(repository().join(path)).unwrap_or_else(|it| panic!("{path}: {it}"));
        Page::of(path, &text)
    }

    pub fn of(path: &str, text: &str) -> Page {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut blocks: Vec<Block> = Vec::new();
        let mut open: Option<Block> = None;
        for (index, line) in lines.iter().enumerate() {
            let Some(kind) = line.trim_start().strip_prefix("```") else { continue };
            match open.take() {
                Some(block) if kind.is_empty() => blocks.push(Block { end: index, ..block }),
                Some(_) => panic!("{path}:{}: a fence within a block", index + 1),
                None => {
                    let above = index.checked_sub(1).map(|it| lines[it].trim()).unwrap_or_default();
                    let file = above.strip_prefix("<!-- file: ").and_then(|it| it.strip_suffix(" -->"));
                    open = Some(Block {
                        start: index + 1,
                        end: 0,
                        kind: kind.trim().into(),
                        file: file.map(str::to_owned),
                    });
                }
            }
        }
        assert!(open.is_none(), "{path}: a block has no end");
        Page { path: path.into(), lines, blocks }
    }

    pub fn text_of(&self, block: &Block) -> &[String] {
        &self.lines[block.start..block.end]
    }

    pub fn has_commands(&self) -> bool {
        self.blocks.iter().any(|it| it.kind == "console")
    }

    /// What the comment that begins with a word says, line by line.
    pub fn comment(&self, word: &str) -> Option<Vec<&str>> {
        let head = format!("<!-- {word}");
        let start = self.lines.iter().position(|it| it.starts_with(&head))?;
        let mut found = Vec::new();
        for line in &self.lines[start..] {
            let line = line.strip_prefix(&head).unwrap_or(line);
            found.push(line.trim_end_matches("-->"));
            if line.ends_with("-->") {
                return Some(found);
            }
        }
        panic!("{}: a comment has no end", self.path)
    }

    /// The lines that stand in no block and no comment, with their numbers from 0.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut comment = false;
        let mut found = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            comment |= line.starts_with("<!--");
            let fenced = self.blocks.iter().any(|it| (it.start - 1..=it.end).contains(&index));
            if !fenced && !comment {
                found.push((index, line.as_str()));
            }
            comment &= !line.ends_with("-->");
        }
        found
    }

    /// What looks like a command that nothing runs.
    pub fn escapes(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut tell = |line: usize, why: &str| faults.push(format!("{}:{}: {why}", self.path, line + 1));
        for block in &self.blocks {
            if !TEXTS.contains(&block.kind.as_str()) {
                tell(block.start - 1, &format!("a block of the kind `{}`", block.kind));
            }
            for (index, line) in self.text_of(block).iter().enumerate() {
                if block.kind != "console" && line.trim_start().starts_with("$ ") {
                    tell(block.start + index, "a command outside of a console block");
                }
            }
        }
        for (index, line) in self.prose() {
            let above = index.checked_sub(1).map(|it| self.lines[it].trim()).unwrap_or_default();
            if line.starts_with("    ") && above.is_empty() || line.trim_start().starts_with("$ ") {
                tell(index, "an indented block");
            }
        }
        faults
    }
}
