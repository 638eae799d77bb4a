//! The page of the documentation that tells every key of a spec.

use std::fmt::Write as _;

use super::keys::{
    ALLOW, CERTIFICATES, Holds, Key, PART, PART_CERTIFICATES, PART_KINDS, SPEC, Table, VERIFY, VERIFY_IMAGES,
};

/// The page, as Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# The spec\n\nWritten by `ichor schema --markdown`.\n\nA spec is one YAML document, most often `ichor.yaml`. A key that \
         is not listed here is an error. Paths are from the folder of the spec.\n",
    );
    for table in [&SPEC, &CERTIFICATES, &ALLOW, &VERIFY_IMAGES, &PART, &VERIFY] {
        write_table(&mut page, table);
    }
    page.push_str("\n### The kinds of part\n\nA part has one source, and the keys that fit it.\n\n| source | keys beside it |\n|---|---|\n");
    for kind in &PART_KINDS {
        let keys: Vec<String> = kind.beside().map(|it| format!("`{it}`")).collect();
        let _ = writeln!(page, "| `{}` | {} |", kind.source, keys.join(", "));
    }
    write_table(&mut page, &PART_CERTIFICATES);
    page
}

fn write_table(page: &mut String, table: &Table) {
    let _ = write!(page, "\n## {}\n", table.title);
    for Key { name, holds, required, about, example } in table.keys {
        let must = if *required { ", required" } else { "" };
        let _ = write!(page, "\n### `{name}`\n\n{}{must}. {about}\n", kind(holds));
        if !matches!(holds, Holds::Parts) {
            let _ = write!(page, "\n```yaml\n{name}: {example}\n```\n");
        }
    }
}

fn kind(holds: &Holds) -> String {
    let text = match holds {
        Holds::Word | Holds::Form(_) => "A word",
        Holds::Version => "A version",
        Holds::OneOf(words) => {
            let words: Vec<String> = words.iter().map(|it| format!("`{it}`")).collect();
            return format!("One of {}", words.join(", "));
        }
        Holds::Count => "A number",
        Holds::Choice => "`true` or `false`",
        Holds::Words => "A list of words",
        Holds::WordsOrFile => "A list of words, or a path",
        Holds::Layers => "A list of paths and mappings",
        Holds::WordsByName => "A mapping of hosts to words or lists of words",
        Holds::Mapping(_) => "A mapping, below",
        Holds::Mappings(_) => "A list of mappings, below",
        Holds::Parts => "A list of parts, below",
    };
    text.into()
}
