//! Why values do not satisfy a schema, as a tree that prints as `github.com/santhosh-tekuri/jsonschema/v6` prints it.

use super::json::Json;
use super::number::{show, show_count};
use crate::strconv;

/// One fault with those it follows from.
#[derive(Clone, Debug)]
pub(super) struct SchemaFault {
    /// The path of the value, key by key.
    pub(super) at: Vec<String>,
    pub(super) kind: FaultKind,
    pub(super) causes: Vec<SchemaFault>,
}

#[derive(Clone, Debug)]
pub(super) enum FaultKind {
    /// Several faults of one schema; most users take them one by one.
    Group,
    /// Those of a schema that `$ref` means.
    Reference,
    Not,
    AllOf,
    AnyOf,
    OneOf(Option<(usize, usize)>),
    FalseSchema,
    RefCycle {
        first: String,
        second: String,
        url: String,
    },
    Type {
        got: &'static str,
        want: String,
    },
    Enum(Vec<Json>),
    Const(Json),
    Format {
        got: String,
        want: String,
        cause: String,
    },
    MinProperties(usize, usize),
    MaxProperties(usize, usize),
    MinItems(usize, usize),
    MaxItems(usize, usize),
    AdditionalItems(usize),
    Required(Vec<String>),
    DependentRequired {
        property: String,
        missing: Vec<String>,
    },
    AdditionalProperties(Vec<String>),
    PropertyNames(String),
    UniqueItems(usize, usize),
    Contains,
    MinContains {
        got: Vec<usize>,
        want: usize,
    },
    MaxContains {
        got: Vec<usize>,
        want: usize,
    },
    MinLength(usize, usize),
    MaxLength(usize, usize),
    Pattern {
        got: String,
        want: String,
    },
    /// A bound of this name.
    Bound {
        name: &'static str,
        got: f64,
        want: f64,
    },
}

impl SchemaFault {
    /// Whether it is the sum of its causes, and says nothing of its own.
    pub(super) fn is_sum(&self) -> bool {
        matches!(self.kind, FaultKind::Group | FaultKind::Reference | FaultKind::AllOf)
    }

    pub(super) fn message(&self) -> String {
        self.kind.message()
    }

    /// The keys that the schema does not name, where that is the fault.
    pub(super) fn unknown(&self) -> Vec<String> {
        match &self.kind {
            FaultKind::AdditionalProperties(names) => names.clone(),
            _ => Vec::new(),
        }
    }

    /// The lines below the line that names the schema, each with a line end before it.
    pub(super) fn print(&self, depth: usize, out: &mut String) {
        // A reference that leads to one fault alone says nothing of its own.
        let silent = matches!(self.kind, FaultKind::Reference) && self.causes.len() == 1;
        if !silent {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
            out.push_str(&format!("- at {}: {}", quote(&pointer(&self.at)), self.kind.message()));
        }
        for cause in &self.causes {
            cause.print(depth + usize::from(!silent), out);
        }
    }
}

impl FaultKind {
    fn message(&self) -> String {
        let counts = |name: &str, got: &usize, want: &usize| {
            format!("{name}: got {}, want {}", show_count(*got), show_count(*want))
        };
        let indexes = |list: &[usize]| list.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        match self {
            FaultKind::Group | FaultKind::Reference => "validation failed".into(),
            FaultKind::Not => "'not' failed".into(),
            FaultKind::AllOf => "'allOf' failed".into(),
            FaultKind::AnyOf => "'anyOf' failed".into(),
            FaultKind::OneOf(None) => "'oneOf' failed, none matched".into(),
            FaultKind::OneOf(Some((first, second))) => {
                format!("'oneOf' failed, subschemas {}, {} matched", show_count(*first), show_count(*second))
            }
            FaultKind::FalseSchema => "false schema".into(),
            FaultKind::RefCycle { first, second, url } => format!(
                "both {first} and {second} resolve to {} causing reference cycle",
                strconv::quote(url.as_bytes())
            ),
            FaultKind::Type { got, want } => format!("got {got}, want {want}"),
            FaultKind::Enum(want) if want.iter().all(is_primitive) => {
                let shown: Vec<String> = want.iter().map(display).collect();
                match shown.as_slice() {
                    [one] => format!("value must be {one}"),
                    _ => format!("value must be one of {}", shown.join(", ")),
                }
            }
            FaultKind::Enum(_) => "'enum' failed".into(),
            FaultKind::Const(want) if is_primitive(want) => format!("value must be {}", display(want)),
            FaultKind::Const(_) => "'const' failed".into(),
            FaultKind::Format { got, want, cause } => format!("{} is not valid {want}: {cause}", quote(got)),
            FaultKind::MinProperties(got, want) => counts("minProperties", got, want),
            FaultKind::MaxProperties(got, want) => counts("maxProperties", got, want),
            FaultKind::MinItems(got, want) => counts("minItems", got, want),
            FaultKind::MaxItems(got, want) => counts("maxItems", got, want),
            FaultKind::MinLength(got, want) => counts("minLength", got, want),
            FaultKind::MaxLength(got, want) => counts("maxLength", got, want),
            FaultKind::AdditionalItems(count) => format!("last {} additionalItem(s) not allowed", show_count(*count)),
            FaultKind::Required(missing) => match missing.as_slice() {
                [one] => format!("missing property {}", quote(one)),
                _ => format!("missing properties {}", quote_all(missing)),
            },
            FaultKind::DependentRequired { property, missing } => {
                format!("properties {} required, if {} exists", quote_all(missing), quote(property))
            }
            FaultKind::AdditionalProperties(names) => format!("additional properties {} not allowed", quote_all(names)),
            FaultKind::PropertyNames(name) => format!("invalid propertyName {}", quote(name)),
            FaultKind::UniqueItems(first, second) => {
                format!("items at {} and {} are equal", show_count(*first), show_count(*second))
            }
            FaultKind::Contains => "no items match contains schema".into(),
            FaultKind::MinContains { got, want } if got.is_empty() => {
                format!("min {} items required to match contains schema, but none matched", show_count(*want))
            }
            FaultKind::MinContains { got, want } => format!(
                "min {} items required to match contains schema, but matched {} items at {}",
                show_count(*want),
                show_count(got.len()),
                indexes(got)
            ),
            FaultKind::MaxContains { got, want } => format!(
                "max {} items required to match contains schema, but matched {} items at {}",
                show_count(*want),
                show_count(got.len()),
                indexes(got)
            ),
            FaultKind::Pattern { got, want } => format!("{} does not match pattern {}", quote(got), quote(want)),
            FaultKind::Bound { name, got, want } => format!("{name}: got {}, want {}", show(*got), show(*want)),
        }
    }
}

fn is_primitive(it: &Json) -> bool {
    !matches!(it, Json::Array(_) | Json::Object(_))
}

fn display(it: &Json) -> String {
    match it {
        Json::Null => "<nil>".into(),
        Json::Bool(it) => it.to_string(),
        Json::Number(text) => text.clone(),
        Json::String(text) => quote(text),
        Json::Array(_) | Json::Object(_) => "value".into(),
    }
}

/// `/a/b~1c`.
pub(super) fn pointer(path: &[String]) -> String {
    path.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

/// In single quotes, escaped as Go quotes but for the quotes.
fn quote(text: &str) -> String {
    let quoted = strconv::quote(text.as_bytes()).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", quoted.get(1..quoted.len() - 1).unwrap_or_default())
}

fn quote_all(names: &[String]) -> String {
    names.iter().map(|it| quote(it)).collect::<Vec<_>>().join(", ")
}
