//! The templates of `helm show values --jsonpath`: text with paths in braces, as kubectl has them.
//!
//! The grammar and the results are those of `k8s.io/client-go/util/jsonpath` 0.34, which Helm calls. Where that walks a Go
//! map, whose order is by chance, the order here is that of the keys.

mod find;
mod parse;

use find::Finder;

use crate::fmt::print_value;
use crate::value::{Map, Value};
use crate::yaml;

/// A piece of a template, or a step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    /// What stands in braces.
    Path(Vec<Node>),
    Field(String),
    Wildcard,
    /// `..`
    Descent,
    Slice(Slice),
    Union(Vec<Vec<Node>>),
    Filter {
        left: Vec<Node>,
        operator: String,
        /// Empty where the left side need only be there.
        right: Vec<Node>,
    },
    Int(i64),
    Float(f64),
    Bool(bool),
    /// `range` and `end`; anything else is a fault once it is reached.
    Word(String),
}

/// `[start:end:step]`, as far as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    /// Whether the end only follows from the start: a single index.
    single: bool,
    step: Option<i64>,
}

/// Prints what a template finds in values. A path that leads nowhere prints nothing at all, not even what stands before
/// it: Helm drops that fault. The error says why the template is none.
pub fn print(template: &str, values: &Map) -> Result<Vec<u8>, String> {
    let nodes = parse::parse(template)?;
    let mut out = Vec::new();
    for results in Finder::new(&nodes).find(&Value::Map(values.clone())).unwrap_or_default() {
        for (index, value) in results.iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            match value {
                Value::Nil => out.extend_from_slice(b"null"),
                Value::Map(_) | Value::List(_) => {
                    out.extend_from_slice(yaml::write_json(value, true)?.as_ref());
                }
                other => out.extend_from_slice(print_value(other).as_ref()),
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What client-go 0.34.4 prints of the same; `!` stands before an error of the template.
    const CASES: &str = include_str!("cases.txt");

    #[test]
    fn prints_what_client_go_prints() {
        let mut lines = CASES.lines();
        let values = yaml::read_map(lines.next().expect("the values").as_bytes()).expect("a mapping");
        for line in lines {
            let (template, wanted) = line.split_once('\t').expect("template and output");
            let unescape = |text: &str| text.replace("\\n", "\n").replace("\\t", "\t");
            let found = match print(&unescape(template), &values) {
                Ok(text) => String::from_utf8(text).expect("text"),
                Err(fault) => format!("!{fault}"),
            };
            assert_eq!(found, unescape(wanted), "{template}");
        }
    }
}
