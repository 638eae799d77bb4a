//! The same work on many things at once, told in their order.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many results may wait for their turn, for each who works.
const WAITING: usize = 8;

/// Runs a function over items with so many workers, and tells each result in the order of the items as soon as all before
/// it are told. However many items there are, no more than a few results wait for their turn. `stack` is the bytes of each
/// worker's stack.
pub fn in_order<T: Sync, R: Send>(
    workers: usize,
    stack: usize,
    items: &[T],
    run: impl Fn(&T) -> R + Sync,
    mut tell: impl FnMut(&T, R),
) {
    let workers = workers.clamp(1, items.len().max(1));
    let queue = Queue { state: Mutex::new(State::default()), changed: Condvar::new(), ahead: workers * WAITING };
    thread::scope(|scope| {
        let mut working = 0;
        for _ in 0..workers {
            let work = || queue.work(items, &run);
            if thread::Builder::new().name("ichor".into()).stack_size(stack).spawn_scoped(scope, work).is_ok() {
                working += 1;
            }
        }
        for item in items {
            let result = if working == 0 { Some(run(item)) } else { queue.next() };
            match result {
                Some(result) => tell(item, result),
                // A worker has panicked, which the scope passes on.
                None => return,
            }
        }
    });
}

struct Queue<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
    ahead: usize,
}

struct State<R> {
    taken: usize,
    told: usize,
    done: BTreeMap<usize, R>,
    broken: bool,
}

impl<R> Default for State<R> {
    fn default() -> Self {
        State { taken: 0, told: 0, done: BTreeMap::new(), broken: false }
    }
}

/// Tells the others of a worker that panics.
struct Working<'q, R>(&'q Queue<R>);

impl<R> Drop for Working<'_, R> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.state().broken = true;
            self.0.changed.notify_all();
        }
    }
}

impl<R> Queue<R> {
    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work<T>(&self, items: &[T], run: &impl Fn(&T) -> R) {
        let _working = Working(self);
        while let Some((at, item)) = self.take(items) {
            let result = run(item);
            self.state().done.insert(at, result);
            self.changed.notify_all();
        }
    }

    fn take<'i, T>(&self, items: &'i [T]) -> Option<(usize, &'i T)> {
        let far = |it: &mut State<R>| it.taken >= it.told + self.ahead && it.taken < items.len() && !it.broken;
        let mut state = self.changed.wait_while(self.state(), far).unwrap_or_else(PoisonError::into_inner);
        let at = state.taken;
        let item = items.get(at).filter(|_| !state.broken)?;
        state.taken += 1;
        Some((at, item))
    }

    /// The next result in order; none once a worker has panicked.
    fn next(&self) -> Option<R> {
        let missing = |it: &mut State<R>| !it.broken && !it.done.contains_key(&it.told);
        let mut state = self.changed.wait_while(self.state(), missing).unwrap_or_else(PoisonError::into_inner);
        let told = state.told;
        let result = state.done.remove(&told)?;
        state.told += 1;
        self.changed.notify_all();
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_order_and_few_wait() {
        let items: Vec<usize> = (0..500).collect();
        for workers in [1, 2, 8] {
            let (begun, told) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let mut seen = Vec::new();
            let run = |it: &usize| {
                let ahead = begun.fetch_add(1, Ordering::SeqCst).saturating_sub(told.load(Ordering::SeqCst));
                assert!(ahead <= workers * (WAITING + 1), "{ahead} wait");
                // The first takes longest.
                (0..if *it == 0 { 200_000 } else { *it }).fold(*it, |sum, one| sum ^ std::hint::black_box(one) ^ one)
            };
            in_order(workers, 1 << 20, &items, run, |item, result| {
                told.fetch_add(1, Ordering::SeqCst);
                seen.push((*item, result));
            });
            let expected: Vec<_> = items.iter().map(|it| (*it, *it)).collect();
            assert_eq!(seen, expected);
        }
        in_order(3, 1 << 20, &[] as &[usize], |it| *it, |_, _| panic!("there is nothing"));
    }

    #[test]
    fn a_panic_is_passed_on() {
        let items: Vec<usize> = (0..50).collect();
        let run = |it: &usize| assert!(*it != 7, "on purpose");
        let caught = std::panic::catch_unwind(|| in_order(2, 1 << 20, &items, run, |_, ()| {}));
        assert!(caught.is_err());
    }
}
