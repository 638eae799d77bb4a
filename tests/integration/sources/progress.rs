//! What a user sees while sources are fetched: on a terminal and elsewhere.

use std::fs;

use crate::support::charts;
use crate::support::peer::{Peer, needs};
use crate::support::registry::{Kind, Registry};
use crate::support::server::Server;
use crate::support::workspace::Workspace;

/// Runs a command on a pseudo-terminal of so many columns, and prints what came to it.
const TERMINAL: &str = "import os, pty, sys, fcntl, termios, struct\n\
    pid, fd = pty.fork()\n\
    if pid == 0:\n    os.read(0, 1); os.execvp(sys.argv[2], sys.argv[2:])\n\
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, int(sys.argv[1]), 0, 0))\n\
    os.write(fd, b'\\n')\n\
    out = b''\n\
    while True:\n    try: data = os.read(fd, 65536)\n    except OSError: break\n    if not data: break\n    out += data\n\
    sys.stdout.buffer.write(out)\n\
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n";

fn on_terminal(workspace: &Workspace, columns: u16, environment: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    Peer::Python.assert_named();
    let script = "columns=$1; shift; exec python3 -c \"$TERMINAL\" $columns \"$ICHOR\" \"$@\"";
    let mut wrapper = vec!["env".to_owned(), "TERM=xterm".to_owned(), format!("TERMINAL={TERMINAL}")];
    wrapper.extend(environment.iter().map(|(name, value)| format!("{name}={value}")));
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    let run = workspace.shell_with(&wrapper, script, &[&[&*columns.to_string()], args].concat());
    assert_eq!(run.stderr(), "");
    (run.code(), run.stdout())
}

#[test]
fn a_bar_on_a_terminal_and_lines_elsewhere() {
    needs!(DockerRegistry, HelmSdk, Python);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let mut files = charts::files("big", "1.0.0");
    let noise: Vec<u8> = (0..400_000).map(|_| rand::random::<u8>() % 64 + b'0').collect();
    files.push(("files/noise".into(), String::from_utf8(noise).expect("ASCII")));
    let path = registry.folder.path().join("big-1.0.0.tgz");
    fs::write(&path, charts::pack("big", &files)).expect("written");
    registry.push_files("charts", &[path]);
    let front = Server::before(&registry.host, |_, answer| {
        std::thread::sleep(std::time::Duration::from_millis(400));
        answer
    });
    let part = |it: &str| format!("  - name: {it}\n    chart: oci://{}/charts/{it}\n    version: 1.0.0\n", front.host);
    let workspace = Workspace::with(&front.head(), &(part("one") + &part("big")));
    let fresh = |columns, environment: &[(&str, &str)]| {
        for folder in ["cache", "lockfiles"] {
            let _ = fs::remove_dir_all(workspace.path().join(folder));
        }
        fs::create_dir(workspace.path().join("lockfiles")).expect("made");
        let (code, shown) = on_terminal(&workspace, columns, environment, &["lock"]);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.trim_end().ends_with("box.lock"), "{shown}");
        shown
    };
    let shown = fresh(100, &[]);
    assert!(shown.contains("] 0/2") && shown.contains("=> "), "{shown:?}");
    assert!(shown.contains("charts/big") && shown.contains(" KiB of "), "{shown:?}");
    assert!(!shown.contains("have "), "{shown:?}");
    // The bar is wiped away before the last line.
    let last = shown.rfind("/2").expect("a bar");
    assert!(shown[last..].contains("\r\u{1b}[2K"), "{shown:?}");
    assert!(!fresh(100, &[("NO_COLOR", "1")]).contains("\u{1b}[3"), "no colour");
    for row in fresh(30, &[]).split(['\r', '\n']).filter(|it| it.contains("/2")) {
        assert!(row.trim_start_matches("\u{1b}[2K").chars().count() <= 30, "{row:?}");
    }
    let shown = fresh(80, &[("TERM", "dumb")]);
    assert!(shown.contains("have one (") && shown.contains("have big (") && !shown.contains('\u{1b}'), "{shown:?}");
    workspace.remove("cache");
    let said = workspace.said(&["vendor"]);
    assert!(said.contains("have one (") && !said.contains(['\u{1b}', '\r']), "{said:?}");
}

#[test]
fn errors_are_in_colour_where_that_is_wanted() {
    needs!(Python);
    let workspace = Workspace::with("", "  - name: x\n    chart: ./none\n");
    let shown = |environment: &[(&str, &str)]| {
        let (code, shown) = on_terminal(&workspace, 80, environment, &["lock"]);
        assert_eq!(code, 2, "{shown}");
        assert!(shown.contains("ichor.yaml") && shown.contains("5:12"), "{shown}");
        shown.contains("\u{1b}[")
    };
    assert!(shown(&[]) && shown(&[("NO_COLOR", "")]));
    assert!(!shown(&[("NO_COLOR", "1")]) && !shown(&[("TERM", "dumb")]));
}
