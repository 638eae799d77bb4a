//! What a verb prints for each of many specs, as one.

use serde_json::{Value as Json, json};

/// How what is printed for each spec becomes one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// One after the other.
    Plain,
    /// Each below the name of its spec.
    Headed,
    /// One list of objects, each with the name of its spec and what is said of it.
    Json,
    /// One log of one run.
    Sarif,
}

/// Joins what is printed, in order.
#[derive(Debug)]
pub struct Joiner {
    joined: Joined,
    is_first: bool,
    log: Option<Json>,
}

impl Joiner {
    pub fn new(joined: Joined) -> Joiner {
        Joiner { joined, is_first: true, log: None }
    }

    /// What to print now for the next spec, which printed `output` by itself.
    pub fn next(&mut self, name: &str, output: &[u8]) -> Vec<u8> {
        if output.is_empty() {
            return Vec::new();
        }
        let is_first = std::mem::take(&mut self.is_first);
        match self.joined {
            Joined::Plain => output.to_vec(),
            Joined::Headed => {
                let head = if is_first { format!("== {name}\n") } else { format!("\n== {name}\n") };
                [head.as_bytes(), output].concat()
            }
            Joined::Json => {
                let Ok(result) = serde_json::from_slice::<Json>(output) else { return Vec::new() };
                let start = if is_first { "[\n" } else { ",\n" };
                format!("{start}{}", json!({ "name": name, "result": result })).into_bytes()
            }
            Joined::Sarif => {
                if let Ok(log) = serde_json::from_slice(output) {
                    self.log = Some(match self.log.take() {
                        Some(before) => both(before, log),
                        None => log,
                    });
                }
                Vec::new()
            }
        }
    }

    /// What to print at the end.
    pub fn end(self) -> Vec<u8> {
        match (self.joined, self.log) {
            (Joined::Json, _) => if self.is_first { "[]\n" } else { "\n]\n" }.into(),
            (Joined::Sarif, Some(log)) => format!("{log:#}\n").into_bytes(),
            _ => Vec::new(),
        }
    }
}

/// A log with the rules and the results of another, too.
fn both(mut log: Json, other: Json) -> Json {
    const LISTS: [&str; 2] = ["/runs/0/tool/driver/rules", "/runs/0/results"];
    for path in LISTS {
        let more = other.pointer(path).and_then(Json::as_array).cloned().unwrap_or_default();
        if let Some(Json::Array(all)) = log.pointer_mut(path) {
            let is_rule = path != LISTS[1];
            for it in more {
                if !(is_rule && all.contains(&it)) {
                    all.push(it);
                }
            }
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(joined: Joined, outputs: &[&str]) -> String {
        let mut joiner = Joiner::new(joined);
        let mut all: Vec<u8> =
            outputs.iter().zip(["a", "b", "c"]).flat_map(|(it, name)| joiner.next(name, it.as_bytes())).collect();
        all.extend(joiner.end());
        String::from_utf8(all).expect("text")
    }

    #[test]
    fn outputs_become_one() {
        assert_eq!(joined(Joined::Plain, &["1\n", "", "2\n"]), "1\n2\n");
        assert_eq!(joined(Joined::Headed, &["1\n", "", "2\n"]), "== a\n1\n\n== c\n2\n");
        let list: Json = serde_json::from_str(&joined(Joined::Json, &["{\"x\": 1}", "", "{}"])).expect("JSON");
        assert_eq!(list, json!([{ "name": "a", "result": { "x": 1 } }, { "name": "c", "result": {} }]));
        assert_eq!(joined(Joined::Json, &[]), "[]\n");
        let run = |rule: &str, result: i32| {
            json!({ "runs": [{ "tool": { "driver": { "rules": [rule] } }, "results": [result] }] }).to_string()
        };
        let log: Json =
            serde_json::from_str(&joined(Joined::Sarif, &[&run("r", 1), &run("r", 2), &run("s", 2)])).expect("JSON");
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], json!(["r", "s"]));
        assert_eq!(log["runs"][0]["results"], json!([1, 2, 2]));
    }
}
