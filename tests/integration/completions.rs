//! What real shells offer while somebody types: the parts and pins of the lock.

use crate::support::peer::{Peer, needs};
use crate::support::text;
use crate::support::workspace::Workspace;

/// What a shell prints that runs a script in the folder of the quickstart, with the program on its path.
fn shell(peer: Peer, script: &str) -> String {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock", "-i", "key.txt"]);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_ichor"));
    let folder = program.parent().expect("a folder").display().to_string();
    let path = [folder, std::env::var("PATH").expect("a path")].join(":");
    workspace.write("script", script);
    let mut command = peer.command();
    command.arg("script").current_dir(workspace.path()).env("PATH", path).env("HOME", workspace.path());
    let run = command.output().expect("it runs");
    assert!(run.status.success(), "{}{}", text(&run.stdout), text(&run.stderr));
    text(&run.stdout)
}

#[test]
fn bash_knows_parts_and_pins() {
    needs!(Bash);
    let script = "
source <(ichor completions bash)
ask() { COMP_WORDS=(ichor \"$@\"); COMP_CWORD=$#; COMP_TYPE=9; _clap_complete_ichor ichor \"${@: -1}\"; printf '%s\\n' \"${COMPREPLY[@]}\"; }
ask rotate beacon/r
ask upgrade b
ask lock --update po
ask he
";
    let offered = shell(Peer::Bash, script);
    assert_eq!(offered.lines().collect::<Vec<_>>(), ["beacon/relay.beacon", "beacon", "policy", "help"]);
}

#[test]
fn fish_knows_parts_and_pins() {
    needs!(Fish);
    let script = "
ichor completions fish | source
complete -C 'ichor rotate beacon/r'
complete -C 'ichor upgrade b'
";
    let offered = shell(Peer::Fish, script);
    assert_eq!(offered.lines().collect::<Vec<_>>(), ["beacon/relay.beacon", "beacon\t0.1.0"]);
}

#[test]
fn zsh_completes_a_pin_at_a_terminal() {
    needs!(Zsh);
    // A zsh of its own at the other end of a terminal, to which a tab is typed. It waits no longer than half a minute.
    let script = "
zmodload zsh/zpty
zmodload zsh/zselect
zpty inner 'TERM=dumb zsh -f -i'
read_until() {
  local chunk round
  for round in {1..300}; do
    while zpty -r -t inner chunk; do shown+=$chunk; done
    [[ $shown == *$1* ]] && return
    zselect -t 10
  done
  print -r -- \"$shown\" >&2
  exit 1
}
zpty -w inner 'autoload -U compinit; compinit -u -D; source <(ichor completions zsh); print lo\"\"aded'
shown=; read_until 'loaded'
zpty -w -n inner $'ichor rotate beacon/rel\\t'
shown=; read_until 'relay.beacon'
zpty -d inner
print -r -- offered
";
    assert!(shell(Peer::Zsh, script).contains("offered"));
}
