//! From text to nodes.

use super::{Node, Slice};
use crate::strconv::{Unquoted, parse_float, unquote_char};

/// Parses a whole template.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut parser = Parser { text, at: 0 };
    let mut nodes = Vec::new();
    while let Some(open) = parser.rest().find('{') {
        if open > 0 {
            nodes.push(Node::Text(parser.rest()[..open].to_owned()));
        }
        parser.at += open + 1;
        nodes.push(Node::Path(parser.path()?));
    }
    if !parser.rest().is_empty() {
        nodes.push(Node::Text(parser.rest().to_owned()));
    }
    Ok(nodes)
}

/// Parses the inside of a pair of braces. What follows a brace that closes it early counts for nothing.
fn inside(text: &str) -> Result<Vec<Node>, String> {
    match parse(&format!("{{{text}}}"))?.into_iter().next() {
        Some(Node::Path(nodes)) => Ok(nodes),
        _ => Ok(Vec::new()),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// The sign before the one that was read last, as a byte.
    fn is_escaped(&self) -> bool {
        self.at.checked_sub(2).and_then(|it| self.text.as_bytes().get(it)) == Some(&b'\\')
    }

    fn path(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            if self.rest().starts_with("[?(") {
                self.at += 3;
                nodes.push(self.filter()?);
                continue;
            }
            if self.rest().starts_with("..") {
                if nodes.last() == Some(&Node::Descent) {
                    return Err("invalid multiple recursive descent".into());
                }
                self.at += 2;
                nodes.push(Node::Descent);
                if self.rest().starts_with(is_word) {
                    nodes.push(self.field());
                }
                continue;
            }
            let start = self.at;
            match self.next() {
                Some('}') => return Ok(nodes),
                None | Some('\n' | '\r') => return Err("unclosed action".into()),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.brackets(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote, start)?),
                Some('.') => nodes.push(self.field()),
                Some(sign) if sign == '+' || sign == '-' || sign.is_numeric() => {
                    self.at = start;
                    nodes.push(self.number()?);
                }
                Some(sign) if is_word(sign) => {
                    while !self.rest().is_empty() && !self.rest().starts_with(ends_word) {
                        self.next();
                    }
                    nodes.push(match &self.text[start..self.at] {
                        "true" => Node::Bool(true),
                        "false" => Node::Bool(false),
                        word => Node::Word(word.to_owned()),
                    });
                }
                Some(sign) => return Err(format!("unrecognized character in action: {}", unicode(sign))),
            }
        }
    }

    fn field(&mut self) -> Node {
        let start = self.at;
        while !self.rest().is_empty() && !self.rest().starts_with(ends_word) {
            if self.next() == Some('\\') {
                self.next();
            }
        }
        match &self.text[start..self.at] {
            "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let start = self.at;
        if self.rest().starts_with(['+', '-']) {
            self.next();
        }
        while self.rest().starts_with(|sign: char| sign == '.' || sign.is_numeric()) {
            self.next();
        }
        let text = &self.text[start..self.at];
        match (text.parse(), parse_float(text)) {
            (Ok(number), _) => Ok(Node::Int(number)),
            (_, Ok(number)) => Ok(Node::Float(number)),
            _ => Err(format!("cannot parse number {text}")),
        }
    }

    fn quoted(&mut self, quote: char, start: usize) -> Result<Node, String> {
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".into()),
                Some(sign) if sign == quote && !self.is_escaped() => break,
                Some(_) => {}
            }
        }
        let text = &self.text[start..self.at];
        let unquoted = text.get(1..text.len() - 1).and_then(|it| unquote(it, quote));
        unquoted.map(Node::Text).ok_or_else(|| format!("unquote string {text} error invalid syntax"))
    }

    /// What follows `[`: an index, a slice, a key in quotes, or several of these.
    fn brackets(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let start = self.at;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated array".into()),
                Some(']') => break,
                Some(_) => {}
            }
        }
        let text = match &self.text[start..self.at - 1] {
            "*" => ":",
            text => text,
        };
        if text.contains(',') {
            let one = |it: &str| inside(&format!("[{}]", it.trim_matches(' ')));
            nodes.push(Node::Union(text.split(',').map(one).collect::<Result<_, _>>()?));
        } else if let Some(key) =
            text.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).filter(|it| !it.contains('\''))
        {
            nodes.extend(inside(&format!(".{key}"))?);
        } else {
            nodes.push(Node::Slice(slice(text)?));
        }
        Ok(())
    }

    fn filter(&mut self) -> Result<Node, String> {
        let start = self.at;
        let mut quote = None;
        let mut closed = false;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated filter".into()),
                Some(sign @ ('"' | '\'')) => match quote {
                    None => quote = Some(sign),
                    Some(it) if it == sign && !self.is_escaped() => closed = true,
                    Some(_) => {}
                },
                Some(')') if quote.is_some() == closed => break,
                Some(_) => {}
            }
        }
        let text = &self.text[start..self.at - 1];
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".into());
        }
        let is_operator = |sign: char| "!<>=".contains(sign);
        let after = |from: usize, fits: &dyn Fn(char) -> bool| {
            text[from..].find(|sign| !fits(sign)).map_or(text.len(), |it| from + it)
        };
        let left = after(0, &|sign| !is_operator(sign));
        // The right side has one sign at least, be it one of an operator.
        let operator = after(left, &is_operator).min(text.len().saturating_sub(1));
        if left == 0 || operator <= left {
            return Ok(Node::Filter { left: inside(text)?, operator: "exists".into(), right: Vec::new() });
        }
        Ok(Node::Filter {
            left: inside(&text[..left])?,
            operator: text[left..operator].to_owned(),
            right: inside(&text[operator..])?,
        })
    }
}

/// `start:end:step`, each of them optional.
fn slice(text: &str) -> Result<Slice, String> {
    let fits = |it: &str| it.strip_prefix('-').unwrap_or(it).bytes().all(|sign| sign.is_ascii_digit());
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 || !parts.iter().all(|it| fits(it)) {
        return Err(format!("invalid array index {text}"));
    }
    let number = |it: &&str| match *it {
        "" => Ok(None),
        it => it.parse().map(Some).map_err(|_| format!("array index {it} is not a number")),
    };
    let start = parts.first().map_or(Ok(None), number)?;
    match parts.get(1) {
        Some(end) => {
            Ok(Slice { start, end: number(end)?, single: false, step: parts.get(2).map_or(Ok(None), number)? })
        }
        None => Ok(Slice { start, end: Some(start.unwrap_or(0).saturating_add(1)), single: true, step: None }),
    }
}

/// Go's escapes, in quotes of either kind.
fn unquote(text: &str, quote: char) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (unquoted, after) = unquote_char(rest, quote as u8)?;
        match unquoted {
            Unquoted::Byte(byte) => bytes.push(byte),
            Unquoted::Rune(sign) => bytes.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = after;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn is_word(sign: char) -> bool {
    sign == '_' || sign.is_alphanumeric()
}

fn ends_word(sign: char) -> bool {
    " \t\r\n.,[]$@{}".contains(sign)
}

/// As Go prints a sign with `%#U`.
fn unicode(sign: char) -> String {
    let number = format!("U+{:04X}", sign as u32);
    if sign.is_control() { number } else { format!("{number} '{sign}'") }
}
