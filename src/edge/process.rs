//! The process itself, kept from giving its memory away; and others that it asks.

use std::io::{self, Read};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use super::voice;
use crate::base::shell::quoted;

/// Takes no core dump of this process and lets no other one of its user read its memory, as far as the system lets us say
/// so. Where it does not, nothing else depends on it.
pub fn keep_memory_private() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Runs a program without input, and gives what it printed. [`Command::output`] panics where a pipe cannot be read.
pub fn output(command: &mut Command) -> io::Result<Output> {
    collect(spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?)
}

/// Starts a program, and tells so to whoever wants all.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    voice::detail(|| {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(|it| quoted(&it.to_string_lossy())).collect();
        format!("run {}", words.join(" "))
    });
    command.spawn()
}

/// What a program that runs already prints, as [`output`] gives it.
pub fn collect(mut child: Child) -> io::Result<Output> {
    drop(child.stdin.take());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    // Both are read at once, so that the program waits for neither.
    let (stdout, stderr) = std::thread::scope(|scope| {
        let stderr = std::thread::Builder::new().spawn_scoped(scope, || whole(stderr));
        let stdout = whole(stdout);
        let joined = stderr.map(|it| it.join().unwrap_or_else(|_| Err(io::Error::other("its output was lost"))));
        (stdout, joined.and_then(|it| it))
    });
    let status = child.wait()?;
    Ok(Output { status, stdout: stdout?, stderr: stderr? })
}

fn whole(pipe: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.map_or(Ok(0), |mut it| it.read_to_end(&mut bytes))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{dumpable_behavior, getrlimit};

    #[test]
    fn no_core_is_dumped() {
        keep_memory_private();
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert_eq!(dumpable_behavior().ok(), Some(DumpableBehavior::NotDumpable));
    }
}
