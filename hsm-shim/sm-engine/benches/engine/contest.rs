//! Two contestants that take turns, measured in CPU time of the thread.

use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;

/// Turns of each contestant.
const TURNS: usize = 21;
/// Length of a slice, in seconds of CPU time.
const SLICE: f64 = 0.012;

/// Something whose speed is measured.
pub(crate) struct Contestant<'a> {
    work: Box<dyn FnMut() + 'a>,
    /// Operations, or bytes, of one call of `work`.
    amount: f64,
}

impl<'a> Contestant<'a> {
    pub(crate) fn new<T>(amount: usize, mut work: impl FnMut() -> T + 'a) -> Self {
        Self {
            work: Box::new(move || {
                black_box(work());
            }),
            amount: amount as f64,
        }
    }

    /// Seconds that `calls` calls take.
    fn time(&mut self, calls: u32) -> f64 {
        let start = cpu_seconds();
        for _ in 0..calls {
            (self.work)();
        }
        cpu_seconds() - start
    }

    /// Calls that fill a slice; also the warm-up.
    fn calls_of_a_slice(&mut self) -> u32 {
        let mut calls = 1;
        loop {
            let time = self.time(calls);
            if time > SLICE / 4.0 {
                return ((f64::from(calls) * SLICE / time) as u32).max(1);
            }
            calls *= 2;
        }
    }
}

/// Rates per second of both: the median slices.
pub(crate) fn rates(contestants: &mut [Contestant<'_>; 2]) -> [f64; 2] {
    let calls = contestants.each_mut().map(Contestant::calls_of_a_slice);
    let mut slices = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for ((contestant, calls), slices) in contestants.iter_mut().zip(calls).zip(&mut slices) {
            let time = contestant.time(calls);
            slices.push(f64::from(calls) * contestant.amount / time);
        }
    }
    slices.map(|mut slices| {
        slices.sort_by(f64::total_cmp);
        slices[TURNS / 2]
    })
}

/// The clock of this core as it runs now: a square and an exclusive or, one after the other, take 3 + 1 cycles on
/// every x86-64 and aarch64 core of the last ten years.
pub(crate) fn cycles_per_second() -> f64 {
    const STEPS: u32 = 1 << 21;
    let chain = || {
        let start = cpu_seconds();
        let mut x = black_box(3_u64);
        for _ in 0..STEPS {
            x = x.wrapping_mul(x) ^ 5;
        }
        black_box(x);
        cpu_seconds() - start
    };
    let mut times = [(); TURNS].map(|()| chain());
    times.sort_by(f64::total_cmp);
    4.0 * f64::from(STEPS) / times[TURNS / 4]
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
