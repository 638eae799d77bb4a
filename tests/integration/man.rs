//! The manual pages, as a strict reader of such pages judges them.

use std::fs;

use crate::support::peer::{Peer, needs};
use crate::support::text;
use crate::support::workspace::Workspace;

#[test]
fn every_page_reads_without_a_warning() {
    needs!(Mandoc);
    let workspace = Workspace::new();
    fs::create_dir(workspace.at("pages")).expect("made");
    workspace.done(&["man", "pages"]);
    let pages: Vec<_> =
        fs::read_dir(workspace.at("pages")).expect("a folder").map(|it| it.expect("a page").path()).collect();
    assert!(pages.len() > 35, "{pages:?}");
    let judged = Peer::Mandoc.command().args(["-T", "lint", "-W", "warning"]).args(&pages).output().expect("it runs");
    assert!(judged.status.success(), "{}", text(&judged.stdout));
    let rotate = Peer::Mandoc.command().args(["-T", "ascii"]).arg(workspace.at("pages/ichor-rotate.1")).output();
    let rotate = text(&rotate.expect("it runs").stdout).replace('\u{8}', "");
    for word in ["step", "cilium/cilium-ca", "2026"] {
        assert!(rotate.contains(word), "{word}: {rotate}");
    }
    workspace.refused(&["man", "nowhere"], 2, &["`nowhere`"]);
}
