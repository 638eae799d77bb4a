//! Template cases with the answers Go's `text/template` gave.
//!
//! Each file of `tests/data/gotmpl` holds cases, set apart by empty lines. The first word of a line says what it is:
//!
//! - `|` a line of the template `t`, or of the text named before it; `|"` the same with Go's escapes and a closing quote;
//! - `+ NAME` further lines belong to a text of this name, parsed into the same set;
//! - `. JSON` the data; integers are `int`, and `{"$TYPE": X}` is a value of another type;
//! - `? ACTION` the missing-key option;
//! - `=` a line of the output, `!` of the error; with a quote as above.
//!
//! `cd tests/data/gotmpl/record && go run . ../*.txt` has Go answer them anew.

mod data;
mod functions;

use std::fs;

use helm_engine::gotmpl::{Functions, MissingKey, Templates};
use helm_engine::strconv;
use helm_engine::value::{Failure, Value};
use helm_engine::world::{Call, World};

use crate::support::repository;

/// Answers nothing: the cases call no impure function.
struct Nowhere;

impl World for Nowhere {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new(format!("{} is impure", call.function)))
    }
}

#[test]
fn templates_answer_as_go_does() {
    let folder = repository().join("tests/data/gotmpl");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "txt"));
    files.sort();
    let functions = Functions::default().with(functions::FUNCTIONS);
    let (mut count, mut faults) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for block in text.split("\n\n") {
            let case = Case::read(block);
            if case.texts[0].1.is_none() {
                continue;
            }
            count += 1;
            let got = case.run(&functions);
            if got != case.expected {
                let file = file.file_name().unwrap().to_string_lossy();
                faults.push(format!("{file}\n{block}\ngot: {got:?}\n"));
            }
        }
    }
    assert!(count > 10_000, "only {count} cases");
    assert!(faults.is_empty(), "{} of {count} cases differ\n\n{}", faults.len(), faults.join("\n"));
}

struct Case {
    /// The texts of the set by name; the first is executed.
    texts: Vec<(String, Option<Vec<u8>>)>,
    data: Value,
    missing_key: MissingKey,
    /// The output, or the error's text.
    expected: Result<Vec<u8>, String>,
}

impl Case {
    fn read(block: &str) -> Case {
        let mut case = Case {
            texts: vec![("t".into(), None)],
            data: Value::Nil,
            missing_key: MissingKey::Default,
            expected: Ok(Vec::new()),
        };
        let (mut output, mut error) = (None, None);
        for line in block.lines() {
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            let bytes = || match mark.strip_suffix('"') {
                Some(_) => strconv::unquote(format!("\"{rest}")).unwrap(),
                None => rest.as_bytes().to_vec(),
            };
            match mark {
                "" | "#" => {}
                "|" | "|\"" => add_line(&mut case.texts.last_mut().unwrap().1, &bytes()),
                "+" => case.texts.push((rest.into(), None)),
                "." => case.data = data::typed(&serde_json::from_str(rest).unwrap()),
                "?" if rest == "zero" => case.missing_key = MissingKey::Zero,
                "?" if rest == "error" => case.missing_key = MissingKey::Error,
                "=" | "=\"" => add_line(&mut output, &bytes()),
                "!" | "!\"" => add_line(&mut error, &bytes()),
                _ => panic!("bad line {line:?}"),
            }
        }
        case.expected = match error {
            Some(error) => Err(String::from_utf8_lossy(&error).into_owned()),
            None => Ok(output.unwrap_or_default()),
        };
        case
    }

    fn run(&self, functions: &Functions) -> Result<Vec<u8>, String> {
        let mut templates = Templates::new("root");
        for (name, text) in &self.texts {
            let text = text.as_deref().unwrap_or_default();
            templates.parse(name.as_str(), text, functions).map_err(|it| it.to_string())?;
        }
        let printed = templates.execute("t", &self.data, functions, &mut Nowhere, self.missing_key);
        printed.map(|it| it.to_vec()).map_err(|it| it.to_string())
    }
}

fn add_line(text: &mut Option<Vec<u8>>, line: &[u8]) {
    match text {
        Some(text) => {
            text.push(b'\n');
            text.extend_from_slice(line);
        }
        None => *text = Some(line.to_vec()),
    }
}
