//! docker's credential helpers: programs that are asked for the credential of one server.
//!
//! Mirrors `docker-credential-helpers/client.Get`; but who does not answer is ended.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::base::secret::Secret;
use crate::edge::process;

/// The most that is read of what a helper prints, in bytes.
const MAX_ANSWER: u64 = crate::base::limits::HELPER.most;
/// How long to wait for the end of what an ended helper has printed: a program that it left behind may hold the pipe.
const AFTERWARDS: Duration = Duration::from_millis(200);
/// The pause between two looks at a running helper.
const PAUSE: Duration = Duration::from_millis(10);

/// What a helper knows.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    pub secret: Secret,
}

/// Why a helper gives nothing. Never quotes what may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelperError {
    #[error("the credential helper `{0}` is not on the PATH")]
    Missing(String),
    #[error("the credential helper `{0}` cannot be run: {1}")]
    NotRun(String, String),
    #[error("the credential helper `{0}` did not answer within {1} s, and was ended")]
    Hangs(String, u64),
    #[error("the credential helper `{helper}` fails{}", said.as_ref().map(|it| format!(": {it}")).unwrap_or_default())]
    Fails { helper: String, said: Option<String> },
    #[error("the answer of the credential helper `{0}` is not understood")]
    Malformed(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks `docker-credential-NAME` for a server's credential, and waits so long; `None` where it knows none.
pub fn ask(name: &str, server: &str, patience: Duration) -> Result<Option<Login>, HelperError> {
    let helper = format!("docker-credential-{name}");
    let mut command = Command::new(&helper);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process::spawn(&mut command).map_err(|it| match it.kind() {
        ErrorKind::NotFound => HelperError::Missing(helper.clone()),
        _ => HelperError::NotRun(helper.clone(), it.to_string()),
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that reads nothing says by itself what is wrong.
        let _ = stdin.write_all(server.as_bytes());
    }
    let (stdout, stderr) = (Printed::of(child.stdout.take()), Printed::of(child.stderr.take()));
    let status = end(&mut child, patience).map_err(|it| HelperError::NotRun(helper.clone(), it.to_string()))?;
    let Some(status) = status else { return Err(HelperError::Hangs(helper, patience.as_secs())) };
    let (stdout, stderr) = (stdout.take(), stderr.take());
    if status.success() {
        let answer: Answer = serde_json::from_slice(&stdout).map_err(|_| HelperError::Malformed(helper))?;
        return Ok(Some(Login { user: answer.username, secret: Secret::new(answer.secret) }));
    }
    if String::from_utf8_lossy(&stdout).contains("credentials not found") {
        return Ok(None);
    }
    Err(HelperError::Fails { helper, said: own_words(&stdout).or_else(|| own_words(&stderr)) })
}

/// Waits for a program, and ends it after a while: then there is no status.
fn end(child: &mut Child, patience: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= patience {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}

/// What a program prints, read as it comes.
struct Printed {
    so_far: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

impl Printed {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Printed {
        let so_far: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (ended, end) = mpsc::channel();
        let shared = Arc::clone(&so_far);
        std::thread::spawn(move || {
            let Some(pipe) = pipe else { return };
            let mut pipe = pipe.take(MAX_ANSWER);
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                shared.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..read]);
            }
            let _ = ended.send(());
        });
        Printed { so_far, end }
    }

    fn take(self) -> Vec<u8> {
        let _ = self.end.recv_timeout(AFTERWARDS);
        std::mem::take(&mut self.so_far.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The first line of a text that is a sentence: no data, and no long word, either of which may hold a secret.
fn own_words(printed: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(printed);
    let line = text.lines().map(str::trim).find(|it| !it.is_empty())?;
    let is_plain = |it: &str| it.len() <= 24 && !it.contains(['{', '}', '"', '=']);
    let plain = line.split_whitespace().take(30).map(|it| if is_plain(it) { it } else { "..." });
    let plain = plain.collect::<Vec<_>>().join(" ").replace(char::is_control, " ");
    (line.contains(' ') && !line.starts_with(['{', '['])).then(|| format!("`{plain}`"))
}
