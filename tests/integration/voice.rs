//! How much is told beside a result: nothing with `--quiet`, every request, program and file with `--verbose`.

use crate::support::charts;
use crate::support::peer::needs;
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

#[test]
fn a_quiet_run_says_its_result_and_what_is_wrong() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let loud = workspace.run(&["build"]);
    for flag in ["-q", "--quiet"] {
        assert_eq!(workspace.said(&["lock", flag]), "");
        let quiet = workspace.run(&[flag, "build"]);
        assert_eq!((quiet.code(), quiet.stderr().as_str()), (0, ""));
        assert_eq!(quiet.stdout(), loud.stdout(), "the result stays");
        assert_eq!(workspace.said(&["check", flag]), "");
    }
    workspace.edit("ichor.yaml", "bundle:", "bundel:");
    for verb in ["lock", "check", "build"] {
        workspace.refused(&["-q", verb], 2, &["`bundel`", "ichor.yaml:"]);
    }
    workspace.refused(&["-q", "-v", "build"], 2, &["cannot be used with"]);
}

#[test]
fn a_verbose_run_names_requests_and_files_and_no_secret() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/one-1.0.0.tgz?token=swordfish" => Answer::new(200, charts::archive("one", "1.0.0")),
        _ => Answer::new(404, "no"),
    });
    let host = &server.host;
    let part = format!("  - {{name: one, chart: 'http://{host}/one-1.0.0.tgz?token=swordfish'}}\n");
    let workspace = Workspace::with(&server.head(), &part);
    let said = workspace.run(&["lock", "-v"]);
    let said = said.stderr();
    assert!(said.contains(&format!("GET http://{host}/one-1.0.0.tgz: 200 OK\n")), "{said}");
    assert!(said.lines().any(|it| it.starts_with("write ") && it.ends_with(".lock")), "{said}");
    assert!(!said.contains("swordfish"), "{said}");
    assert!(!workspace.said(&["lock"]).contains("GET "), "only where it is wanted");
    let again = workspace.said(&["-v", "build"]);
    assert!(again.lines().any(|it| it.starts_with("take ") && it.contains("sha256")), "{again}");
}

#[test]
fn a_verbose_run_names_the_programs_that_it_runs() {
    needs!(Git);
    let workspace = Workspace::quickstart();
    let said = workspace.run(&["--verbose", "diff", "HEAD"]).stderr();
    assert!(said.lines().any(|it| it.starts_with("run git ")), "{said}");
    // A key in the place of a name is not shown, here either.
    let key = "AGE-SECRET-KEY-1QQQSWORDFISH";
    let said = workspace.run(&["-v", "diff", key]).stderr();
    assert!(!said.contains("SWORDFISH"), "{said}");
}
