//! The variables of `postBuild`, `${NAME}` and its forms, as Flux fills them in.
//!
//! Mirrors `github.com/fluxcd/pkg/envsubst` 1.9, scanner and all, so that the corners are the same.

use super::pattern;

/// What a variable stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub text: String,
    /// Whether the text stands in the place of one that is sealed, so that nothing can be computed with it.
    pub sealed: bool,
}

/// Why a text is not filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubstituteFault {
    #[error("bad substitution")]
    Bad,
    #[error("a `${{` is not closed by `}}`")]
    NoBrace,
    #[error("a `${{` is followed by no name of a variable")]
    NoName,
    #[error("a `${{` holds what cannot be read")]
    BadArgument,
    #[error("`${{{0}}}` is cut to less than nothing")]
    Length(String),
    #[error("`${{{0}}}` is sealed, and a template cannot compute with its text")]
    Sealed(String),
    /// A variable may come from an object that is not at hand.
    #[error("nothing at hand says what `${{{0}}}` is")]
    Unknown(String),
}

/// Where variables come from: `None` for one that is not set.
pub type Lookup<'l> = dyn Fn(&str) -> Result<Option<Variable>, SubstituteFault> + 'l;

/// The text with every variable filled in. One that is not set is empty.
pub fn substitute(text: &str, lookup: &Lookup<'_>) -> Result<String, SubstituteFault> {
    let mut scanner = Scanner { text: text.chars().collect(), at: 0, start: 0, accept: any, mode: 0, escapes: DOLLAR };
    let mut out = String::with_capacity(text.len());
    loop {
        scanner.accept = any;
        scanner.mode = IDENT | OPEN | ESCAPE;
        scanner.escapes = DOLLAR;
        match scanner.scan() {
            Token::Ident => out.push_str(&scanner.word()),
            Token::End => return Ok(out),
            Token::Open => out.push_str(&evaluate(&function(&mut scanner, 0)?, lookup)?),
            Token::Close | Token::Illegal => return Err(SubstituteFault::Bad),
        }
    }
}

/// How deep defaults may stand in defaults.
const MAX_DEPTH: usize = crate::base::limits::VARIABLES.size();

enum Node {
    Text(String),
    Function { variable: String, name: String, arguments: Vec<Node> },
}

fn evaluate(node: &Node, lookup: &Lookup<'_>) -> Result<String, SubstituteFault> {
    let (variable, name, arguments) = match node {
        Node::Text(text) => return Ok(text.clone()),
        Node::Function { variable, name, arguments } => (variable, name.as_str(), arguments),
    };
    let arguments: Vec<String> = arguments.iter().map(|it| evaluate(it, lookup)).collect::<Result<_, _>>()?;
    let found = lookup(variable)?;
    let gives_default = matches!(name, "" | "=" | ":=" | ":-" | ":?" | ":+" | "-" | "+" | "?");
    if found.as_ref().is_some_and(|it| it.sealed) && !gives_default {
        return Err(SubstituteFault::Sealed(variable.clone()));
    }
    let text = found.map(|it| it.text).unwrap_or_default();
    let first = arguments.first().map_or("", String::as_str);
    let second = arguments.get(1).map_or("", String::as_str);
    Ok(match (name, arguments.len()) {
        (",", _) => first_letter(&text, |it| it.to_lowercase().collect()),
        (",,", _) => text.to_lowercase(),
        ("^", _) => first_letter(&text, |it| it.to_uppercase().collect()),
        ("^^", _) => text.to_uppercase(),
        ("#", 0) => text.len().to_string(),
        ("#", _) => pattern::trim_shortest(&text, first),
        ("##", _) => pattern::trim_longest(&text, first),
        ("%", _) => reversed(&pattern::trim_shortest(&reversed(&text), &reversed(first))),
        ("%%", _) => reversed(&pattern::trim_longest(&reversed(&text), &reversed(first))),
        (":", _) => slice(&text, first, arguments.get(1)).ok_or_else(|| SubstituteFault::Length(variable.clone()))?,
        ("/#", 2) if text.starts_with(first) => text.replacen(first, second, 1),
        ("/%", 2) => text.strip_suffix(first).map_or_else(|| text.clone(), |it| format!("{it}{second}")),
        ("/#", _) => text,
        ("/", 1..) => text.replacen(first, second, 1),
        ("//", 1..) => text.replace(first, second),
        ("/%" | "/" | "//", _) => text,
        _ if text.is_empty() => arguments.concat(),
        _ => text,
    })
}

fn first_letter(text: &str, change: impl Fn(char) -> String) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |it| change(it) + letters.as_str())
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// Go counts bytes here. `None` where Go would stop.
fn slice(text: &str, position: &str, length: Option<&String>) -> Option<String> {
    let Ok(position) = position.parse::<i64>() else { return Some(text.to_owned()) };
    let size = i64::try_from(text.len()).ok()?;
    let start = if position < 0 { (size + position).max(0) } else { position };
    let end = match length.map(|it| it.parse::<i64>()) {
        None => size,
        Some(Err(_)) => return Some(text.to_owned()),
        Some(Ok(length)) => start.checked_add(length)?.min(size),
    };
    if start >= size && end >= start.min(size) {
        return Some(String::new());
    }
    let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
    text.as_bytes().get(range).map(|it| String::from_utf8_lossy(it).into_owned())
}

fn function(scanner: &mut Scanner, depth: usize) -> Result<Node, SubstituteFault> {
    if depth > MAX_DEPTH {
        return Err(SubstituteFault::Bad);
    }
    scanner.escapes = DOLLAR | BACKSLASH;
    if scanner.peek() == Some('#') {
        scanner.expect(|it, at| it == '#' && at == 1)?;
        let variable = scanner.expect(identifier)?;
        scanner.close()?;
        return Ok(Node::Function { variable, name: "#".into(), arguments: Vec::new() });
    }
    scanner.accept = identifier;
    scanner.mode = IDENT;
    let Token::Ident = scanner.scan() else { return Err(SubstituteFault::NoName) };
    let variable = scanner.word();
    let mut arguments = Vec::new();
    let name = match scanner.peek() {
        Some(':') if !matches!(scanner.text.get(scanner.at + 1), Some('=' | '-' | '?' | '+')) => {
            let name = scanner.expect(|it, at| it == ':' && at == 1)?;
            arguments.push(argument(scanner, |it, _| it != ':' && it != '}', IDENT, depth)?);
            scanner.accept = |it, _| it == ':';
            scanner.mode = IDENT | CLOSE;
            match scanner.scan() {
                Token::Close => return Ok(Node::Function { variable, name, arguments }),
                Token::Ident => arguments.push(argument(scanner, open_end, IDENT, depth)?),
                _ => return Err(SubstituteFault::Bad),
            }
            name
        }
        Some(':' | '=') => {
            let one = scanner.peek() == Some('=');
            let name = scanner.expect(if one { |it, at| at == 1 && it == '=' } else { default_name })?;
            while scanner.peek() != Some('}') {
                arguments.push(argument(scanner, open_end, IDENT, depth)?);
            }
            name
        }
        Some(',' | '^') => scanner.expect(|it, at| (it == ',' || it == '^') && at < 3)?,
        Some('/') => {
            let name = scanner.expect(replace_name)?;
            arguments.push(argument(scanner, |it, _| it != '/', IDENT | ESCAPE, depth)?);
            scanner.expect(|it, _| it == '/')?;
            if scanner.peek() != Some('}') {
                arguments.push(argument(scanner, open_end, IDENT | ESCAPE, depth)?);
            }
            name
        }
        Some(sign @ ('#' | '%')) => {
            let of_one: Accept = if sign == '#' { |it, at| it == '#' && at < 3 } else { |it, at| it == '%' && at < 3 };
            let name = scanner.expect(of_one)?;
            arguments.push(argument(scanner, open_end, IDENT, depth)?);
            name
        }
        _ => {
            scanner.mode = CLOSE;
            let Token::Close = scanner.scan() else { return Err(SubstituteFault::NoBrace) };
            return Ok(Node::Function { variable, name: String::new(), arguments });
        }
    };
    scanner.close()?;
    Ok(Node::Function { variable, name, arguments })
}

fn argument(scanner: &mut Scanner, accept: Accept, mode: u8, depth: usize) -> Result<Node, SubstituteFault> {
    scanner.accept = accept;
    scanner.mode = mode | OPEN;
    match scanner.scan() {
        Token::Open => function(scanner, depth + 1),
        Token::Ident | Token::Close => Ok(Node::Text(scanner.word())),
        Token::End | Token::Illegal => Err(SubstituteFault::BadArgument),
    }
}

/// Whether a letter belongs to a word, by its place in it from 1.
type Accept = fn(char, usize) -> bool;

const IDENT: u8 = 1;
const OPEN: u8 = 2;
const CLOSE: u8 = 4;
const ESCAPE: u8 = 8;
const DOLLAR: u8 = 1;
const BACKSLASH: u8 = 2;

fn any(_: char, _: usize) -> bool {
    true
}

fn identifier(it: char, _: usize) -> bool {
    it.is_alphabetic() || it.is_numeric() || it == '_'
}

fn open_end(it: char, _: usize) -> bool {
    it != '}'
}

fn default_name(it: char, at: usize) -> bool {
    match at {
        1 => it == ':',
        2 => matches!(it, '=' | '-' | '?' | '+'),
        _ => false,
    }
}

fn replace_name(it: char, at: usize) -> bool {
    match at {
        1 => it == '/',
        2 => matches!(it, '/' | '#' | '%'),
        _ => false,
    }
}

enum Token {
    Illegal,
    End,
    Ident,
    Open,
    Close,
}

struct Scanner {
    text: Vec<char>,
    at: usize,
    start: usize,
    accept: Accept,
    mode: u8,
    escapes: u8,
}

impl Scanner {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    /// What was scanned last.
    fn word(&self) -> String {
        self.text.get(self.start..self.at).unwrap_or_default().iter().collect()
    }

    /// The word that must come now.
    fn expect(&mut self, accept: Accept) -> Result<String, SubstituteFault> {
        self.accept = accept;
        self.mode = IDENT;
        match self.scan() {
            Token::Ident => Ok(self.word()),
            _ => Err(SubstituteFault::Bad),
        }
    }

    fn close(&mut self) -> Result<(), SubstituteFault> {
        self.mode = CLOSE;
        if matches!(self.scan(), Token::Close) { Ok(()) } else { Err(SubstituteFault::Bad) }
    }

    fn scan(&mut self) -> Token {
        self.start = self.at;
        let Some(first) = self.peek() else { return Token::End };
        self.at += 1;
        if self.opens(first) {
            self.at += 1;
            return Token::Open;
        }
        if self.mode & CLOSE != 0 && first == '}' {
            return Token::Close;
        }
        if self.mode & IDENT == 0 {
            return Token::Illegal;
        }
        if self.is_escape(first) {
            self.drop_escape();
        } else if !(self.accept)(first, 1) {
            return Token::Illegal;
        }
        while let Some(next) = self.peek() {
            self.at += 1;
            if self.opens(next) {
                self.at -= 1;
                break;
            }
            if self.is_escape(next) {
                self.drop_escape();
            } else if !(self.accept)(next, self.at - self.start) {
                self.at -= 1;
                break;
            }
        }
        Token::Ident
    }

    /// Whether a letter that was read begins a variable.
    fn opens(&self, letter: char) -> bool {
        self.mode & OPEN != 0 && letter == '$' && self.peek() == Some('{')
    }

    fn is_escape(&self, letter: char) -> bool {
        self.mode & ESCAPE != 0
            && match letter {
                '$' => self.escapes & DOLLAR != 0 && self.peek() == Some('$'),
                '\\' => self.escapes & BACKSLASH != 0 && matches!(self.peek(), Some('/' | '\\')),
                _ => false,
            }
    }

    /// Takes the letter that was read out of the text; what follows it counts as read.
    fn drop_escape(&mut self) {
        self.text.remove(self.at - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, SubstituteFault> {
        let lookup = |name: &str| {
            let text = match name {
                "A" => "alpha/Beta.tar.gz",
                "empty" => "",
                "n" => "8080",
                "S" => return Ok(Some(Variable { text: "SEALED".into(), sealed: true })),
                "far" => return Err(SubstituteFault::Unknown("far".into())),
                _ => return Ok(None),
            };
            Ok(Some(Variable { text: text.into(), sealed: false }))
        };
        substitute(text, &lookup)
    }

    /// What the package's own `Eval` answers with the same variables.
    #[test]
    fn fills_in_what_flux_fills_in() {
        for (text, expected) in [
            ("a ${n} b", "a 8080 b"),
            ("$n $$ $${n} $$$${n} 5$", "$n $ ${n} $${n} 5$"),
            ("${none}|${none:=x y}|${none=q}|${empty:-d}|${n:=x}", "|x y|q|d|8080"),
            ("${none:=${n}}/${none:=a${n}b}", "8080/a8080b"),
            (
                "${A^}|${A^^}|${A,}|${A,,}|${#A}",
                "Alpha/Beta.tar.gz|ALPHA/BETA.TAR.GZ|alpha/Beta.tar.gz|alpha/beta.tar.gz|17",
            ),
            ("${A:2}|${A:2:3}|${n:-2}|${A:99}|${A:x}", "pha/Beta.tar.gz|pha|8080||alpha/Beta.tar.gz"),
            ("${A#*/}|${A##*.}|${A%.*}|${A%%.*}", "Beta.tar.gz|gz|alpha/Beta.tar|alpha/Beta"),
            (
                "${A/a/o}|${A//a/o}|${A/#al/x}|${A/%gz/xz}|${A/a/}",
                "olpha/Beta.tar.gz|olpho/Beto.tor.gz|xpha/Beta.tar.gz|alpha/Beta.tar.xz|lpha/Beta.tar.gz",
            ),
            ("${A/\\//-}", "alpha-Beta.tar.gz"),
            ("x${S}y${S:=d}", "xSEALEDySEALED"),
            ("{{ .Values.a }} {a: b} }", "{{ .Values.a }} {a: b} }"),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn says_what_it_cannot_fill_in() {
        for (text, fault) in [
            ("${n", SubstituteFault::NoBrace),
            ("${}", SubstituteFault::NoName),
            ("${ n }", SubstituteFault::NoName),
            ("${n.x}", SubstituteFault::NoBrace),
            ("${n:2:-9}", SubstituteFault::Length("n".into())),
            ("${S^^}", SubstituteFault::Sealed("S".into())),
            ("${far}", SubstituteFault::Unknown("far".into())),
        ] {
            assert_eq!(filled(text), Err(fault), "{text}");
        }
    }
}
