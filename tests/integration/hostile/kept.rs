//! Every target of `tests/fuzz` takes its kept corpus, and every end that one met once is a file of it.

use std::fs;

use crate::support::repository;

#[allow(dead_code)] // The fuzzer calls them by name.
#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn the_kept_corpus() {
    let work = || {
        let mut count = 0;
        for (name, target) in targets::TARGETS {
            let folder = repository().join("tests/fuzz/corpus").join(name);
            let kept: Vec<_> =
                fs::read_dir(&folder).expect("a corpus").map(|it| it.expect("an entry").path()).collect();
            assert!(!kept.is_empty(), "{name}");
            for path in kept {
                eprintln!("{}", path.display());
                target(&fs::read(path).expect("read"));
                count += 1;
            }
            assert!(repository().join(format!("tests/fuzz/fuzz_targets/{name}.rs")).is_file(), "{name}");
        }
        count
    };
    // Deep inputs are read with the stack that the program has.
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(work).expect("a thread");
    assert!(thread.join().expect("no target ends") > 300);
}

#[test]
fn the_table_of_runs_is_written() {
    let page = fs::read_to_string(repository().join("SECURITY.md")).expect("SECURITY.md");
    let runs = fs::read_to_string(repository().join("tests/fuzz/runs.tsv")).expect("runs.tsv");
    let (_, page) = page.split_once("<!-- written by tests/fuzz/hours.py -->").expect("the table");
    let mut all = 0_u64;
    for (name, _) in targets::TARGETS {
        let rows = runs.lines().filter_map(|it| it.strip_prefix(&format!("{name}\t")));
        let count: u64 = rows.filter_map(|it| it.split('\t').next()?.parse::<u64>().ok()).sum();
        let row = page.lines().find_map(|it| it.strip_prefix(&format!("| `{name}` | "))).unwrap_or_default();
        let told = row.split(" |").next().unwrap_or_default().replace(',', "");
        assert_eq!(told.parse(), Ok(count), "{name}: `tests/fuzz/hours.py table` writes it anew");
        assert!(row.ends_with("| 0 |"), "{name}: an input ended it: {row}");
        all += count;
    }
    assert!(all > 1_000_000);
}
