//! Ctrl-C, minded: what is just being written is finished first, so that no run leaves anything half done.

use std::fs;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// How many are writing.
static WRITERS: Mutex<usize> = Mutex::new(0);
static DONE: Condvar = Condvar::new();

/// As long as this lives, Ctrl-C waits.
#[derive(Debug)]
pub struct Writing(());

impl Writing {
    pub fn begin() -> Writing {
        *WRITERS.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Writing(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        *WRITERS.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        DONE.notify_all();
    }
}

/// What is removed when the process ends, or before an interrupted one does: a file, then folders where they are empty.
static FLEETING: Mutex<Vec<Vec<PathBuf>>> = Mutex::new(Vec::new());

/// A file that is there only as long as this lives.
#[derive(Debug)]
pub struct Fleeting(Vec<PathBuf>);

impl Fleeting {
    /// `folders` are those that were made for the file, the innermost first.
    pub fn new(file: PathBuf, folders: Vec<PathBuf>) -> Fleeting {
        let paths: Vec<PathBuf> = std::iter::once(file).chain(folders).collect();
        FLEETING.lock().unwrap_or_else(PoisonError::into_inner).push(paths.clone());
        Fleeting(paths)
    }
}

impl Drop for Fleeting {
    fn drop(&mut self) {
        FLEETING.lock().unwrap_or_else(PoisonError::into_inner).retain(|it| *it != self.0);
        remove(&self.0);
    }
}

/// Removes a file and what it leaves empty. What cannot be removed does no harm.
fn remove(paths: &[PathBuf]) {
    let Some((file, folders)) = paths.split_first() else { return };
    let _ = fs::remove_file(file);
    for folder in folders {
        let _ = fs::remove_dir(folder);
    }
}

/// From here on, an interrupted process ends between two writings; before it does, it calls `say`. Where the system lets
/// nobody watch for signals, it ends as any other program.
pub fn mind(say: impl Fn() + Send + 'static) {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    let wait = move || {
        let Some(signal) = signals.forever().next() else { return };
        let writers = WRITERS.lock().unwrap_or_else(PoisonError::into_inner);
        // Held until the process ends, so that no other thread starts to write.
        let _last = DONE.wait_while(writers, |it| *it > 0);
        FLEETING.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|it| remove(it));
        say();
        let _ = emulate_default_handler(signal);
    };
    let _ = std::thread::Builder::new().name("interrupt".into()).spawn(wait);
}
