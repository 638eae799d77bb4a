//! Constraints on versions: `^1.2 || >=2.0, !=2.1.x`.

use std::fmt;

use super::version::{MAX_LENGTH, Version, check_prerelease, compare_prereleases, is_number};
use crate::sprig::regexp::Regexp;
use crate::strconv;

/// The longest constraint that is read, in bytes.
const MAX_CONSTRAINT_LENGTH: usize = crate::limits::CONSTRAINT.size();
/// The most alternatives.
const MAX_GROUPS: usize = crate::limits::CONSTRAINT_GROUPS.size();

/// Alternatives of conditions that must all hold.
#[derive(Clone, Debug)]
pub struct Constraint {
    groups: Vec<Vec<Condition>>,
}

/// The text is no constraint. Prints as Masterminds' errors do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// It is longer than Masterminds reads.
    #[error("constraint string is too long (max {MAX_CONSTRAINT_LENGTH} bytes)")]
    TooLong,
    /// It has more alternatives, with `||` between them, than Masterminds reads.
    #[error("too many constraint groups (max {MAX_GROUPS})")]
    TooManyGroups,
    /// The alternative, quoted.
    #[error("improper constraint: {0}")]
    Improper(String),
    /// It has the form of a constraint, but its version is none.
    #[error("constraint parser error")]
    Version,
}

impl Constraint {
    /// Reads a constraint as `semver.NewConstraint` does.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        if text.len() > MAX_CONSTRAINT_LENGTH {
            return Err(ConstraintError::TooLong);
        }
        let text = rewrite_ranges(text);
        let groups = text.split("||").collect::<Vec<_>>();
        if groups.len() > MAX_GROUPS {
            return Err(ConstraintError::TooManyGroups);
        }
        Ok(Constraint { groups: groups.into_iter().map(parse_group).collect::<Result<_, _>>()? })
    }

    /// Whether a version satisfies one of the alternatives. A prerelease does so only where the alternative names one.
    pub fn matches(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let prereleases = group.iter().any(|it| !it.version.pre.is_empty());
            (prereleases || version.pre.is_empty()) && group.iter().all(|it| it.holds(version))
        })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, group) in self.groups.iter().enumerate() {
            f.write_str(if at > 0 { " || " } else { "" })?;
            for (at, condition) in group.iter().enumerate() {
                write!(f, "{}{}{}", if at > 0 { " " } else { "" }, condition.operator.text(), condition.original)?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    None,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    EqualGreater,
    LessEqual,
    EqualLess,
    Tilde,
    TildeGreater,
    Caret,
}

impl Operator {
    /// Longer ones first, so that the first that fits is the one meant.
    const ALL: [Operator; 12] = [
        Operator::NotEqual,
        Operator::GreaterEqual,
        Operator::EqualGreater,
        Operator::LessEqual,
        Operator::EqualLess,
        Operator::TildeGreater,
        Operator::Equal,
        Operator::Greater,
        Operator::Less,
        Operator::Tilde,
        Operator::Caret,
        Operator::None,
    ];

    fn text(self) -> &'static str {
        match self {
            Operator::None => "",
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Greater => ">",
            Operator::Less => "<",
            Operator::GreaterEqual => ">=",
            Operator::EqualGreater => "=>",
            Operator::LessEqual => "<=",
            Operator::EqualLess => "=<",
            Operator::Tilde => "~",
            Operator::TildeGreater => "~>",
            Operator::Caret => "^",
        }
    }
}

/// Which number of a version was left open by a wildcard or by being left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Major,
    Minor,
    Patch,
}

/// One operator and its version.
#[derive(Clone, Debug)]
struct Condition {
    operator: Operator,
    /// With zeros for what is open.
    version: Version,
    open: Open,
    original: String,
}

impl Condition {
    fn holds(&self, version: &Version) -> bool {
        match self.operator {
            Operator::None | Operator::Equal if self.open == Open::Nothing => version.compare(&self.version).is_eq(),
            Operator::None | Operator::Equal | Operator::Tilde | Operator::TildeGreater => self.holds_tilde(version),
            Operator::NotEqual => self.holds_not_equal(version),
            Operator::Greater => self.holds_greater(version),
            Operator::Less => version.compare(&self.version).is_lt(),
            Operator::GreaterEqual | Operator::EqualGreater => version.compare(&self.version).is_ge(),
            Operator::LessEqual | Operator::EqualLess => self.holds_less_equal(version),
            Operator::Caret => self.holds_caret(version),
        }
    }

    fn holds_not_equal(&self, version: &Version) -> bool {
        let own = &self.version;
        let differs = version.compare(own).is_ne();
        match self.open {
            Open::Nothing => differs,
            _ if own.major != version.major => true,
            Open::Minor => false,
            _ if own.minor != version.minor => true,
            Open::Patch => compare_prereleases(&version.pre, &own.pre).is_ne(),
            Open::Major => own.patch != version.patch || differs,
        }
    }

    fn holds_greater(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing => version.compare(own).is_gt(),
            _ if version.major != own.major => version.major > own.major,
            Open::Minor => false,
            Open::Patch => version.minor > own.minor,
            Open::Major => version.compare(own).is_gt(),
        }
    }

    fn holds_less_equal(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Nothing => version.compare(own).is_le(),
            _ if version.major > own.major => false,
            Open::Minor => true,
            _ => version.major != own.major || version.minor <= own.minor,
        }
    }

    fn holds_tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own).is_lt() {
            return false;
        }
        let zero = own.major == 0 && own.minor == 0 && own.patch == 0;
        if zero && !matches!(self.open, Open::Minor | Open::Patch) {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.open == Open::Minor)
    }

    fn holds_caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own).is_lt() {
            return false;
        }
        if own.major > 0 || self.open == Open::Minor {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.open == Open::Patch {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

/// Rewrites `1.2 - 3` as `>= 1.2, <= 3 `, wherever it stands.
fn rewrite_ranges(text: &str) -> String {
    const VERSION: &str = r"v?(?:[0-9|x|X|\*]+)(?:\.[0-9|x|X|\*]+)?(?:\.[0-9|x|X|\*]+)?(?:-(?:[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+(?:[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?";
    if !text.contains('-') {
        return text.to_owned();
    }
    let pattern = format!(r"\s*({VERSION})\s+-\s+({VERSION})\s*");
    match Regexp::compile(pattern.as_bytes()) {
        Ok(range) => String::from_utf8_lossy(&range.replace_all(text.as_bytes(), b">= ${1}, <= ${2} ")).into_owned(),
        Err(_) => text.to_owned(),
    }
}

/// Reads conditions parted by space, a comma, or both.
fn parse_group(text: &str) -> Result<Vec<Condition>, ConstraintError> {
    let improper = || ConstraintError::Improper(strconv::quote(text.as_bytes()));
    let mut conditions = Vec::new();
    let mut rest = trim_start(text);
    loop {
        let (scanned, after) = scan(rest).ok_or_else(improper)?;
        conditions.push(scanned);
        let trimmed = trim_start(after);
        if trimmed.is_empty() {
            break;
        }
        rest = match trimmed.strip_prefix(',') {
            Some(next) => trim_start(next),
            None if trimmed.len() == after.len() => return Err(improper()),
            None => trimmed,
        };
    }
    conditions.into_iter().map(Scanned::condition).collect()
}

/// A condition by its form alone.
struct Scanned<'a> {
    operator: Operator,
    /// The version as written.
    text: &'a str,
    segments: Vec<&'a str>,
    pre: &'a str,
}

/// Reads one condition from the front, and gives what follows it.
fn scan(text: &str) -> Option<(Scanned<'_>, &str)> {
    let operator = Operator::ALL.into_iter().find(|it| text.starts_with(it.text()))?;
    let start = trim_start(text.get(operator.text().len()..)?);
    let mut rest = start.strip_prefix('v').unwrap_or(start);
    let mut segments = Vec::new();
    while segments.len() < 3 {
        let from = if segments.is_empty() { Some(rest) } else { rest.strip_prefix('.') };
        let Some((segment, after)) =
            from.and_then(|rest| take(rest, |byte| byte.is_ascii_digit() || b"xX*|".contains(&byte)))
        else {
            break;
        };
        segments.push(segment);
        rest = after;
    }
    if segments.is_empty() {
        return None;
    }
    let mut pre = "";
    if let Some((found, after)) = rest.strip_prefix('-').and_then(identifiers) {
        (pre, rest) = (found, after);
    }
    if let Some((_, after)) = rest.strip_prefix('+').and_then(identifiers) {
        rest = after;
    }
    let version = start.get(..start.len() - rest.len())?;
    Some((Scanned { operator, text: version, segments, pre }, rest))
}

impl Scanned<'_> {
    fn condition(self) -> Result<Condition, ConstraintError> {
        let wild = |at: usize| self.segments.get(at).is_none_or(|it| matches!(*it, "x" | "X" | "*"));
        let open = match () {
            () if wild(0) => Open::Major,
            () if wild(1) => Open::Minor,
            () if wild(2) => Open::Patch,
            () => Open::Nothing,
        };
        let kept = match open {
            Open::Major => 0,
            Open::Minor => 1,
            Open::Patch => 2,
            Open::Nothing => 3,
        };
        let mut numbers = [0; 3];
        let mut length = if self.pre.is_empty() { 5 } else { 6 + self.pre.len() };
        for (number, segment) in numbers.iter_mut().zip(&self.segments).take(kept) {
            length += segment.len() - 1;
            *number = segment.parse().ok().filter(|_| is_number(segment)).ok_or(ConstraintError::Version)?;
        }
        if open == Open::Nothing {
            length = self.text.len();
        }
        if length > MAX_LENGTH || check_prerelease(self.pre).is_err() {
            return Err(ConstraintError::Version);
        }
        let [major, minor, patch] = numbers;
        let version = Version { major, minor, patch, pre: self.pre.to_owned(), ..Version::default() };
        Ok(Condition { operator: self.operator, version, open, original: self.text.to_owned() })
    }
}

/// Reads dot-separated identifiers, at least one.
fn identifiers(text: &str) -> Option<(&str, &str)> {
    let member = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
    let (_, mut rest) = take(text, member)?;
    while let Some((_, after)) = rest.strip_prefix('.').and_then(|it| take(it, member)) {
        rest = after;
    }
    Some((text.get(..text.len() - rest.len())?, rest))
}

/// Splits off the bytes that are members, at least one. All members are ASCII.
fn take(text: &str, member: impl Fn(u8) -> bool) -> Option<(&str, &str)> {
    match text.bytes().take_while(|it| member(*it)).count() {
        0 => None,
        length => text.split_at_checked(length),
    }
}

/// Go's `\s` is ASCII, and has no vertical tab.
fn trim_start(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\u{C}', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(constraint: &str, version: &str) -> bool {
        let version = Version::parse(version).expect("a version");
        Constraint::parse(constraint).expect("a constraint").matches(&version)
    }

    #[test]
    fn answers_as_masterminds() {
        for (constraint, version, expected) in [
            (">=1.20.0-0", "1.34.1", true),
            (">=1.20.0", "1.34.1-eks-1", false),
            (">=1.20.0-0", "v1.34.1-gke.1+build", true),
            ("^1.2", "1.9.0", true),
            ("^0.2", "0.3.0", false),
            ("~1.2.x", "1.2.9", true),
            ("~1", "1.9.9", true),
            ("1.2 - 2", "2.0.9", true),
            ("!=1.2.x", "1.3.0", true),
            ("<1.5 || >= 2.0.0, !=2.1.0", "2.1.0", false),
            ("*", "1.0.0-alpha", false),
        ] {
            assert_eq!(matches(constraint, version), expected, "{constraint} of {version}");
        }
    }

    #[test]
    fn refuses_as_masterminds() {
        let fault = |text: &str| Constraint::parse(text).err().map(|it| it.to_string()).unwrap_or_default();
        assert_eq!(fault(""), r#"improper constraint: """#);
        assert_eq!(fault(">=1, foo"), r#"improper constraint: ">=1, foo""#);
        assert_eq!(fault("1.2x"), "constraint parser error");
        assert_eq!(fault(&"1".repeat(600)), "constraint string is too long (max 512 bytes)");
        assert_eq!(fault(&"1||".repeat(33)), "too many constraint groups (max 32)");
    }
}
