//! The documentation is run: each ```` ```console ```` block of README.md, docs and the READMEs of examples.
//!
//! A line that begins with `$ ` is a command; what follows is what it prints, standard error too. `...` stands for any lines,
//! `[..]` for any text in a line. All commands of a page run in order, by one `sh`, in a fresh folder. A comment at the top of the
//! page names what is there before; `setting.rs` tells how. `<!-- file: NAME -->` above a block writes it into that file first.
//! `ICHOR_WRITE_DOCS=1` puts what is printed into the pages; `ICHOR_DOCS=TEXT` takes the pages whose path holds it.

mod console;
mod links;
mod page;
mod reference;
mod setting;
mod site;
mod specs;
mod summary;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use page::Page;

use crate::support::repository;

/// Every page that people read.
fn pages() -> Vec<Page> {
    let mut paths =
        vec!["README.md".to_owned(), "CONTRIBUTING.md".into(), "SECURITY.md".into(), "tests/README.md".into()];
    let mut folders = vec![("docs".to_owned(), ""), ("examples".to_owned(), "README.md")];
    while let Some((folder, only)) = folders.pop() {
        for entry in fs::read_dir(repository().join(&folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            if entry.path().is_dir() {
                folders.push((path, only));
            } else if name.ends_with(".md") && (only.is_empty() || name == only) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.into_iter().map(|path| Page::read(&path)).collect()
}

/// Whether what is printed goes into the pages.
fn writes() -> bool {
    std::env::var_os("ICHOR_WRITE_DOCS").is_some()
}

#[test]
fn every_command_prints_what_the_page_says() {
    let wanted = std::env::var("ICHOR_DOCS").unwrap_or_default();
    let runs: Vec<Page> = pages().into_iter().filter(|it| it.path.contains(&wanted) && it.has_commands()).collect();
    assert!(!runs.is_empty(), "no page of this name has commands");
    let queue = Mutex::new(runs.into_iter());
    let faults = Mutex::new(BTreeMap::new());
    let next = || queue.lock().expect("no panic").next();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(page) = next() {
                    let path = page.path.clone();
                    // The last line of the run counts tests by the names of their threads.
                    let thread = std::thread::Builder::new().name(format!("docs::{path}"));
                    let run = thread.spawn(move || console::run(page)).expect("a thread").join();
                    let fault = run.unwrap_or_else(|_| Err("the run ended early; see above".into()));
                    if let Err(fault) = fault {
                        faults.lock().expect("no panic").insert(path, fault);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().expect("no panic");
    let told: Vec<String> = faults.iter().map(|(path, fault)| format!("{path}: {fault}")).collect();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
}

/// What looks like a command is in a block that is run.
#[test]
fn no_command_escapes() {
    let faults: Vec<String> = pages().iter().flat_map(Page::escapes).collect();
    assert!(faults.is_empty(), "write these as ```console blocks:\n{}", faults.join("\n"));
}
