//! Names for holes that a reviewer can read: `cilium/ca.key|b64enc`.

use std::collections::BTreeMap;

use helm_engine::hole::{Expr, Holes, Piece};
use helm_engine::value::Value;

/// A label for each hole of a part, by index; no two are equal.
///
/// A label is made of letters, digits and `._-/*@=|+~:` and single spaces, so that a mark is a plain YAML scalar and may
/// stand between quotes of either kind.
pub(super) fn labels(part: &str, holes: &Holes) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for expr in holes.iter() {
        let base = base(part, expr, &labels, holes);
        let count = taken.entry(base.clone()).or_insert(0);
        *count += 1;
        labels.push(if *count == 1 { base } else { format!("{base}~{count}") });
    }
    labels
}

/// Whether a label is one that [`labels`] gives this expression, whatever number tells it from others. `labels` are those of
/// the holes before it.
pub(crate) fn is_of(label: &str, expr: &Expr, labels: &[String], holes: &Holes) -> bool {
    let plain = match label.rsplit_once('~') {
        Some((plain, number)) if number.parse::<usize>().is_ok() => plain,
        _ => label,
    };
    let part = plain.split('/').next().unwrap_or_default();
    base(part, expr, labels, holes) == plain
}

/// A label without the number that tells it from others.
fn base(part: &str, expr: &Expr, labels: &[String], holes: &Holes) -> String {
    match expr {
        Expr::Secret(name) => clean(name),
        Expr::Call { function, args } => {
            let label = call(function, args, labels, holes);
            if label.starts_with(part) { label } else { format!("{part}/{label}") }
        }
    }
}

/// The holes among the arguments, then the function and its plain arguments.
fn call(function: &str, args: &[Value], labels: &[String], holes: &Holes) -> String {
    let mut inner: Vec<&str> = Vec::new();
    args.iter().for_each(|it| collect(it, labels, holes, &mut inner));
    inner.dedup();
    let inner = inner.join("+");
    match laid_out(function, args, &inner, labels, holes) {
        Some(label) => label,
        None => {
            let plain = args.iter().filter(|it| !holes.stand_in(it)).filter_map(|arg| match arg {
                Value::Int(number) => Some(format!(" {number}")),
                Value::Str(text) if text.len() <= 16 => Some(format!(" {}", clean(&text.to_text()))),
                _ => None,
            });
            format!("{inner}|{function}{}", plain.collect::<String>()).trim_end().to_owned()
        }
    }
}

/// The label of a sealed string that was laid out in other text, by the function that did it.
fn laid_out(function: &str, args: &[Value], inner: &str, labels: &[String], holes: &Holes) -> Option<String> {
    match (function, args) {
        ("replace", [Value::Str(from), Value::Str(to), _]) if *from == "\n" => {
            let width = to.strip_prefix(b"\n").filter(|indent| indent.iter().all(|it| *it == b' '))?.len();
            Some(format!("{inner}|indent {width}"))
        }
        // What is read out of a text is what stood there.
        (name, [Value::Str(_), Value::Str(read)]) if name.starts_with("from") => {
            let mut found = Vec::new();
            collect(&Value::Str(read.clone()), labels, holes, &mut found);
            found.dedup();
            Some(format!("{}|{name}", found.join("+")))
        }
        ("trimPrefix", [_, _]) => {
            let document = inner.strip_suffix(" document")?;
            Some(document.to_owned())
        }
        ("trimSuffix", [Value::Str(quote), _]) if *quote == "\"" => {
            let (value, rest) = inner.rsplit_once("|trimPrefix")?;
            rest.trim().is_empty().then(|| format!("{value} text"))
        }
        (name, [Value::List(_) | Value::Map(_)]) if name.to_lowercase().contains("yaml") => {
            Some(format!("{inner}|{name} document"))
        }
        _ => None,
    }
}

fn collect<'a>(value: &Value, labels: &'a [String], holes: &Holes, found: &mut Vec<&'a str>) {
    match value {
        Value::Str(text) | Value::Bytes(text) => {
            for piece in holes.pieces(text) {
                if let Piece::Hole(index) = piece
                    && let Some(label) = labels.get(index)
                {
                    found.push(label);
                }
            }
        }
        Value::List(list) => list.items().iter().for_each(|it| collect(it, labels, holes, found)),
        Value::Map(map) => map.entries().values().for_each(|it| collect(it, labels, holes, found)),
        _ => {}
    }
}

fn clean(text: &str) -> String {
    let allowed = |it: char| it.is_ascii_alphanumeric() || "._-/*@=|+".contains(it);
    text.chars()
        .filter_map(|it| {
            if allowed(it) {
                Some(it)
            } else if it == ' ' {
                Some('-')
            } else {
                None
            }
        })
        .collect()
}
