//! Showing long text a page at a time.

use std::io::Write;
use std::process::{Command, Stdio};

use super::interrupt::Writing;
use super::process;

/// Shows a text in the reader's pager, `less` where none is chosen; says whether it was shown.
pub fn show(chosen: Option<&str>, text: &str) -> bool {
    let chosen = chosen.unwrap_or("less").trim();
    if chosen.is_empty() || chosen == "cat" {
        return false;
    }
    let mut command = Command::new("sh");
    command.args(["-c", chosen]).stdin(Stdio::piped());
    // As git has it: quit where one page is enough, pass colours on, leave the text on the screen.
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    // Ctrl-C is the pager's as long as it runs.
    let _waits = Writing::begin();
    let Ok(mut child) = process::spawn(&mut command) else { return false };
    if let Some(mut input) = child.stdin.take() {
        // A reader that has seen enough closes the pipe.
        let _ = input.write_all(text.as_bytes());
    }
    // 127: the shell found no such pager.
    child.wait().is_ok_and(|it| it.code() != Some(127))
}
