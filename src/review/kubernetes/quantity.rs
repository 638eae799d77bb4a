//! Quantities: `1000m` is `1`, and `1Gi` is `1024Mi`.

use serde_json::Value as Json;

/// The suffixes, and what they multiply by: a base and a power.
const SUFFIXES: &[(&str, i128, i32)] = &[
    ("Ki", 1024, 1),
    ("Mi", 1024, 2),
    ("Gi", 1024, 3),
    ("Ti", 1024, 4),
    ("Pi", 1024, 5),
    ("Ei", 1024, 6),
    ("n", 10, -9),
    ("u", 10, -6),
    ("m", 10, -3),
    ("k", 10, 3),
    ("M", 10, 6),
    ("G", 10, 9),
    ("T", 10, 12),
    ("P", 10, 15),
    ("E", 10, 18),
];

/// A quantity in billionths; nothing where the value is none. What is less than a billionth counts as one, as in Kubernetes.
pub fn nanos(value: &Json) -> Option<i128> {
    match value {
        Json::String(text) => of_text(text),
        Json::Number(number) => of_text(&number.to_string()),
        _ => None,
    }
}

/// A quantity as a number of ones.
pub fn size(value: &Json) -> Option<f64> {
    nanos(value).map(|it| it as f64 / 1e9)
}

fn of_text(text: &str) -> Option<i128> {
    let (sign, text) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && part.is_empty() || part.contains('.') {
        return None;
    }
    let mut number: i128 = format!("{whole}{part}").parse().ok()?;
    let mut power = 9 - i32::try_from(part.len()).ok()?;
    if !suffix.is_empty() {
        match SUFFIXES.iter().find(|(it, _, _)| *it == suffix) {
            Some((_, 1024, times)) => {
                for _ in 0..*times {
                    number = number.checked_mul(1024)?;
                }
            }
            Some((_, _, tens)) => power += tens,
            None => {
                let exponent = suffix.strip_prefix(['e', 'E'])?;
                power = power.checked_add(exponent.parse::<i32>().ok()?)?;
            }
        }
    }
    for _ in 0..power.max(0) {
        number = number.checked_mul(10)?;
    }
    for _ in power.min(0)..0 {
        number = (number + 9) / 10;
    }
    Some(sign * number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn knows_every_way_to_write_a_quantity() {
        for (one, other) in [
            ("1000m", json!(1)),
            ("1Gi", json!("1024Mi")),
            ("0.5", json!("500m")),
            ("1e3", json!("1k")),
            ("1E", json!("1000P")),
            ("1.5Gi", json!("1536Mi")),
            ("0", json!("0Mi")),
            (".5", json!(0.5)),
            ("5.", json!(5)),
            ("12E6", json!("12M")),
            ("2.50", json!(2.5)),
            ("-1", json!(-1)),
            ("1048576Ki", json!("1Gi")),
        ] {
            let read = (nanos(&json!(one)), nanos(&other));
            assert!(read.0.is_some() && read.0 == read.1, "{one} {other} {read:?}");
        }
        for none in
            ["", "m", "1gi", "100 m", "GB", "1Kb", "5m5", "1Mb", "1 Gi", "a", "1.2.3", "--1", "<sealed:x>", "é", "1e"]
        {
            assert_eq!(nanos(&json!(none)), None, "{none}");
        }
        assert_eq!(nanos(&json!(true)), None);
        assert_ne!(nanos(&json!("1G")), nanos(&json!("1Gi")));
    }
}
