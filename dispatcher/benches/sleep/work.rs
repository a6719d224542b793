//! Threads that compute meanwhile.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// They end when it is dropped.
pub struct Work {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Work {
    /// So many threads.
    pub fn start(threads: usize) -> Work {
        let over = Arc::new(AtomicBool::new(false));
        let compute = |over: Arc<AtomicBool>| {
            move || {
                let mut number = 1_u64;
                while !over.load(Ordering::Relaxed) {
                    for _ in 0..1000 {
                        number = black_box(
                            number
                                .wrapping_mul(6_364_136_223_846_793_005)
                                .wrapping_add(1),
                        );
                    }
                }
            }
        };
        let threads = (0..threads).map(|_| std::thread::spawn(compute(over.clone())));
        Work {
            threads: threads.collect(),
            over,
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}
