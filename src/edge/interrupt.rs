//! Ctrl-C, minded: what is just being written is finished first, so that no run leaves anything half done.

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

/// From here on, an interrupted process ends between two writings; before it does, it calls `say`. Where the system lets
/// nobody watch for signals, it ends as any other program.
pub fn mind(say: impl Fn() + Send + 'static) {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    let wait = move || {
        let Some(signal) = signals.forever().next() else { return };
        let writers = WRITERS.lock().unwrap_or_else(PoisonError::into_inner);
        // Held to the end, so that nobody begins anew.
        let _last = DONE.wait_while(writers, |it| *it > 0);
        say();
        let _ = emulate_default_handler(signal);
    };
    let _ = std::thread::Builder::new().name("interrupt".into()).spawn(wait);
}
