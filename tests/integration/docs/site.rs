//! mdBook makes a site of the pages without a warning, and every link of the site leads to a file of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::peer::{Peer, needs};
use crate::support::{judges, repository};

#[test]
fn the_site_is_whole() {
    needs!(Mdbook);
    Peer::Mdbook.assert_named();
    let folder = tempfile::tempdir().expect("a folder");
    let site = folder.path().join("site");
    let run = Command::new(repository().join("docs/site")).arg(&site).env("MDBOOK", judges::beside("mdbook")).output();
    let run = run.expect("sh runs");
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");
    let pages = pages(&site);
    assert!(pages.len() > 40, "{pages:?}");
    let faults: Vec<String> = pages.iter().flat_map(|it| broken(it)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn pages(site: &Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![site.to_path_buf()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "html") {
                found.push(path);
            }
        }
    }
    // The first has the address of a server before its links, the second has all pages in one.
    found.retain(|it| !it.ends_with("404.html") && !it.ends_with("print.html"));
    found
}

/// The links of a page that lead to no file, and those to a heading that the other page does not have.
fn broken(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).expect("a page");
    let mut faults = Vec::new();
    for target in ["href=\"", "src=\""].iter().flat_map(|it| text.split(it).skip(1)) {
        let target = target.split('"').next().unwrap_or_default();
        if target.contains("://") || target.starts_with("mailto:") || target.starts_with("data:") {
            continue;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let file = if path.is_empty() { page.to_path_buf() } else { page.with_file_name("").join(path) };
        let file = if file.is_dir() { file.join("index.html") } else { file };
        match fs::read(&file) {
            Err(_) => faults.push(format!("{}: {target}", page.display())),
            Ok(other) => {
                let heading = format!("id=\"{anchor}\"");
                if !anchor.is_empty() && !String::from_utf8_lossy(&other).contains(&heading) {
                    faults.push(format!("{}: {target}: no such heading", page.display()));
                }
            }
        }
    }
    faults
}
