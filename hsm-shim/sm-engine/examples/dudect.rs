//! Whether the time of a secret operation tells a fixed secret from random ones: Welch's t-test over many
//! measurements (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", 2017).
//!
//! `cargo run --release -p sm-engine --example dudect [SECONDS]`, by hand, on a quiet machine: |t| above 4.5 is a sign
//! of a leak, above 10 a leak. The last line leaks on purpose and must show it. That t is small proves nothing; the
//! check with valgrind (`tests/constant_time/run`) is the one that continuous integration trusts.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]

use sm_engine::random;
use sm_engine::sm2::{PrivateKey, SignerId};
use sm_engine::sm3;
use sm_engine::sm4::GcmKey;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Secrets of each class. The fixed class is as many copies of one secret, so that both touch as much memory.
const POOL: usize = 64;
/// Measurements that find the limits above which a time is an interruption.
const WARM_UP: usize = 400;
/// Shares of the fastest measurements that are tested, each by itself: a leak may hide in the slow ones' noise.
const SHARES: [f64; 4] = [0.5, 0.75, 0.9, 0.99];

fn main() {
    let seconds = std::env::args()
        .nth(1)
        .map_or(5, |text| text.parse().unwrap());
    let budget = Duration::from_secs(seconds);
    println!(
        "instructions beside the portable path: {:?}",
        sm_engine::instructions_used()
    );

    let d = random::array::<32>();
    let key = |fixed: bool| {
        let bytes = if fixed { d } else { random::array() };
        PrivateKey::from_bytes(&bytes).unwrap()
    };
    test("SM2 sign", budget, key, |key| {
        black_box(key.sign(SignerId::Default, b"message").unwrap());
    });
    // One ciphertext for both classes would be a good one for the fixed key only.
    let with_ciphertext = |fixed| {
        let key = key(fixed);
        let ciphertext = key.public_key().encrypt(&[7; 32]).unwrap();
        (key, ciphertext)
    };
    test(
        "SM2 decrypt",
        budget,
        with_ciphertext,
        |(key, ciphertext)| {
            black_box(key.decrypt(ciphertext).unwrap());
        },
    );
    let bytes = |fixed: bool| if fixed { d } else { random::array() };
    test("SM2 key from bytes", budget, bytes, |d| {
        black_box(PrivateKey::from_bytes(d).unwrap());
    });
    test("HMAC-SM3", budget, bytes, |key| {
        for _ in 0..8 {
            black_box(sm3::hmac(black_box(key), b"message"));
        }
    });
    let block = |fixed: bool| if fixed { [0; 16] } else { random::array() };
    test("SM4 key schedule", budget, block, |key| {
        for _ in 0..8 {
            black_box(GcmKey::new(black_box(key)));
        }
    });
    let cipher = |fixed| GcmKey::new(&block(fixed));
    test("SM4-GCM seal, 1 KiB", budget, cipher, |key| {
        black_box(key.seal(&[1; 12], b"", &[0; 1024]));
    });
    test("leaks on purpose", budget, bytes, |d| {
        // A loop as long as the secret's first byte is high.
        (0..500 + u32::from(d[0] ^ 0xFF)).for_each(|step| {
            black_box(step);
        });
    });
}

/// Prints the greatest |t| of the shares.
fn test<S>(name: &str, budget: Duration, secret: impl Fn(bool) -> S, work: impl Fn(&S)) {
    let pools = [true, false].map(|fixed| (0..POOL).map(|_| secret(fixed)).collect::<Vec<S>>());
    let measure = |choice: u8| {
        let pool = &pools[usize::from(choice >> 7)];
        let secret = &pool[usize::from(choice) % POOL];
        let start = Instant::now();
        work(black_box(secret));
        start.elapsed().as_nanos() as f64
    };
    let mut warm: Vec<f64> = random::array::<WARM_UP>().map(measure).to_vec();
    warm.sort_by(f64::total_cmp);
    let mut tests = SHARES.map(|share| {
        let limit = warm[(WARM_UP as f64 * share) as usize];
        (limit, [Class::default(), Class::default()])
    });
    let (start, mut count) = (Instant::now(), 0_u64);
    while start.elapsed() < budget {
        for choice in random::array::<256>() {
            let time = measure(choice);
            for (limit, classes) in &mut tests {
                if time <= *limit {
                    classes[usize::from(choice >> 7)].add(time);
                }
            }
            count += 1;
        }
    }
    let t = tests.map(|(_, [fixed, varied])| welch(&fixed, &varied));
    let greatest = t.iter().copied().fold(0.0, |a: f64, b| a.max(b.abs()));
    let verdict = match greatest {
        ..4.5 => "no sign of a leak",
        ..10.0 => "suspicious: run longer",
        _ => "LEAKS",
    };
    let all: Vec<String> = t.iter().map(|t| format!("{t:+.1}")).collect();
    println!(
        "{name:20} |t| {greatest:7.1}  {verdict:24} {count:8} measurements, t of shares {}",
        all.join(" ")
    );
}

/// Mean and variance, gathered in one pass (Welford).
#[derive(Default)]
struct Class {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Class {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let difference = value - self.mean;
        self.mean += difference / self.count;
        self.squares += difference * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

/// Welch's t of the difference of two means.
fn welch(a: &Class, b: &Class) -> f64 {
    let error = (a.variance() / a.count + b.variance() / b.count).sqrt();
    (a.mean - b.mean) / error
}
