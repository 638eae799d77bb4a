//! Hostile inputs as files: `tests/data/hostile/NAME.txt` holds a call, the files it meets, and what is said of them.
//!
//! ```text
//! $ lock
//! == ichor.yaml
//! bundle: {{4000 x}}
//! !! 2
//! error[S001]: ...
//! ```
//!
//! `{{N TEXT}}` in a file stands for the text N times. The last section is the exit code and the standard error, which
//! `ICHOR_WRITE_HOSTILE=1` writes anew.

use std::fs;
use std::path::PathBuf;

use crate::support::repository;
use crate::support::workspace::Workspace;

fn cases() -> Vec<PathBuf> {
    let folder = repository().join("tests/data/hostile");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder).expect("the cases").map(|it| it.expect("a case").path()).collect();
    cases.sort();
    cases
}

/// The text with every recipe done.
fn made(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out += before;
        let recipe = after.split_once("}}").and_then(|(inner, after)| {
            let (count, what) = inner.split_once(' ')?;
            Some((what.repeat(count.parse().ok()?), after))
        });
        match recipe {
            Some((made, after)) => {
                out += &made.replace("\\n", "\n");
                rest = after;
            }
            None => {
                out += "{{";
                rest = after;
            }
        }
    }
    out + rest
}

/// Helm tells every level of a template that includes itself: of such a text the beginning and the end are kept.
fn cut(said: &str) -> String {
    let whole: Vec<char> = said.chars().collect();
    if whole.len() <= 3000 {
        return said.to_owned();
    }
    let text = |it: &[char]| it.iter().collect::<String>();
    format!("{} [...] {}", text(&whole[..300]), text(&whole[whole.len() - 300..]))
}

#[test]
fn every_hostile_input_is_refused_in_clear_words() {
    let cases = cases();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for path in cases {
        let text = fs::read_to_string(&path).expect("a case");
        let (input, expected) = text.split_once("\n!! ").unwrap_or((text.trim_end(), ""));
        let mut sections = input.split("\n== ");
        let call = sections.next().and_then(|it| it.strip_prefix("$ ")).expect("a case begins with its call");
        let workspace = Workspace::new();
        workspace.write("ichor.yaml", "bundle: b\ntalos: \"1.13\"\nparts: [{name: app, chart: ./app}]\n");
        workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
        for section in sections {
            let (name, content) = section.split_once('\n').unwrap_or((section, ""));
            workspace.write(name, made(content) + "\n");
        }
        let args: Vec<&str> = call.split(' ').collect();
        let run = workspace.run(&args);
        let said = run.stderr().replace(&workspace.path().display().to_string(), "DIR");
        let said = cut(&said);
        if !matches!(run.code(), 1..=3) || said.contains("panicked") {
            wrong.push(format!("{}: {} {said}", path.display(), run.code()));
            continue;
        }
        let found = format!("{}\n{said}", run.code());
        if std::env::var_os("ICHOR_WRITE_HOSTILE").is_some() {
            fs::write(&path, format!("{input}\n!! {found}")).expect("written");
        } else if found != expected {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
