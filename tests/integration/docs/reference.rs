//! Pages that the program or a table of the code writes are as they are written.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use helm_engine::gotmpl::{Body, Function, Sealed};
use helm_engine::helm::functions;
use helm_engine::value::Type;

use super::page::Page;
use super::writes;
use crate::support::repository;
use crate::support::workspace::Workspace;

/// The page holds the text; with `ICHOR_WRITE_DOCS`, it does from now on.
fn same(path: &str, text: &str) {
    let file = repository().join(path);
    let written = fs::read_to_string(&file).unwrap_or_default();
    if writes() && written != text {
        fs::write(&file, text).expect("written");
        return;
    }
    assert!(
        written == text,
        "{path} is not what the code says: `ICHOR_WRITE_DOCS=1 cargo test --test integration docs`"
    );
}

#[test]
fn commands_are_those_of_the_program() {
    same("docs/reference/commands.md", &Workspace::new().done(&["reference"]));
}

#[test]
fn diagnostics_are_those_of_the_program() {
    same("docs/reference/diagnostics.md", &Workspace::new().done(&["explain", "--markdown"]));
}

const FUNCTIONS: &str = "# Template functions

Written by a test from the engine's own table. Signatures are those of Go. Functions of Helm's own and of sprig are listed
together; `ichor template` knows the same ones.

- **pure**: the result follows from the arguments.
- **template**: it renders other templates of the chart.
- **pinned**: Helm would ask chance, time, keys or the cluster. `lock` asks once and keeps the answer; `build` takes it from the
  lock.

The last column says what becomes of a [sealed value](../explanation/how-it-works.md#holes) among the arguments:

- **carried**: it goes through unread.
- **computed**: the result is text that `open` computes.
- **whether it is set**: the function asks no more than that.
- **not as a key**: a sealed value may be an entry, but not the name of one.
- **refused**: an error with its line and column, because the result would tell something of the secret.

| function | parameters | gives | kind | a sealed argument |
|---|---|---|---|---|
";

#[test]
fn functions_are_those_of_the_engine() {
    let mut text = FUNCTIONS.to_owned();
    for function in functions().iter().filter(|it| !it.name.contains('.')) {
        let params: Vec<String> = function.params.iter().map(go).collect();
        let mut params = params.join(", ");
        if function.variadic {
            params.push_str("...");
        }
        let (kind, sealed) = (kind(function), sealed(function.sealed));
        let _ = writeln!(text, "| `{}` | {params} | {} | {kind} | {sealed} |", function.name, go(&function.result));
    }
    same("docs/reference/functions.md", &text);
}

fn go(kind: &Type) -> String {
    let name = kind.to_string();
    format!("`{}`", if name == "interface {}" { "any" } else { &name })
}

fn kind(function: &Function) -> &'static str {
    match function.body {
        Body::Impure => "pinned",
        Body::Machine(_) => "template",
        Body::Pure(_) | Body::Reflect(_) | Body::Lazy { .. } | Body::Call => "pure",
    }
}

fn sealed(sealed: Sealed) -> &'static str {
    match sealed {
        Sealed::Refuse | Sealed::Outer => "refused",
        Sealed::Pass => "carried",
        Sealed::Truth | Sealed::Filled | Sealed::Equal { .. } | Sealed::Contains => "whether it is set",
        Sealed::Keys(_) => "not as a key",
        Sealed::Template | Sealed::Layout(_) | Sealed::Read | Sealed::Defer | Sealed::Known(_) => "computed",
    }
}

/// Each key that the lock's reader takes stands on the page, and none that it does not take.
#[test]
fn the_lock_has_the_keys_of_its_page() {
    let page = Page::read("docs/reference/lock.md");
    let rows = page.prose().into_iter().filter_map(|(_, line)| line.strip_prefix("| `")?.split_once('`'));
    let told: BTreeSet<String> = rows.map(|(key, _)| key.to_owned()).collect();
    let mut known = BTreeSet::new();
    for file in ["v1.rs", "mod.rs", "pin.rs"] {
        let source = fs::read_to_string(repository().join("src/stage/lock").join(file)).expect("a source");
        known.extend(fields(&source));
    }
    let missing: Vec<_> = known.difference(&told).collect();
    let unknown: Vec<_> = told.difference(&known).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}; not known: {unknown:?}");
}

/// The names under which serde reads the fields of a source's structures.
fn fields(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut reads, mut inside, mut renamed, mut camel) = (false, false, None, false);
    for line in source.lines() {
        let code = line.trim();
        camel =
            if code.starts_with("#[derive(") { false } else { camel || code.contains("rename_all = \"camelCase\"") };
        reads = if code.starts_with("#[derive(") { code.contains("Deserialize") } else { reads };
        if code.contains("struct ") && code.ends_with('{') {
            inside = reads;
            reads = false;
        } else if code == "}" {
            inside = false;
        } else if let Some((_, rest)) = code.split_once("rename = \"") {
            renamed = rest.split_once('"').map(|it| it.0.to_owned());
        } else if let (true, Some((name, _))) = (inside, code.split_once(": ")) {
            let name =
                name.trim_start_matches("pub ").trim_start_matches("pub(super) ").trim_start_matches("pub(crate) ");
            if name.chars().all(|it| it.is_ascii_lowercase() || it == '_') {
                found.push(renamed.take().unwrap_or_else(|| if camel { camel_case(name) } else { name.to_owned() }));
            }
        }
    }
    found
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + &word[..1].to_uppercase() + &word[1..])
}
