//! Work on many items by a few threads, the answers in the order of the items.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads of one piece of work: others want to go on, too.
const THREADS: usize = 4;

/// `work` on each item, `block` items at a time. No threads are made for a single block.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], block: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let blocks = items.len().div_ceil(block.max(1));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS).min(blocks);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let mine = || {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = items.chunks(block.max(1)).nth(at) else { return done };
            done.push((at, part.iter().map(&work).collect()));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(mine)).collect();
        let mut all = mine();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().flat_map(|(_, done)| done).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_order_stays() {
        for (length, block) in [(0, 1), (1, 1), (7, 3), (1_000, 7), (5, 100), (5, 0)] {
            let items: Vec<usize> = (0..length).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(super::map(&items, block, |item| item * 2), doubled);
        }
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_is_not_lost() {
        let items: Vec<u32> = (0..100).collect();
        super::map(&items, 1, |item| assert_ne!(*item, 7, "seven"));
    }
}
