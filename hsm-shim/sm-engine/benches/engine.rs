//! Operations per second of one thread, printed: `cargo bench -p sm-engine`.
//!
//! The median of several short rounds; a busy machine shows in the spread, which is printed too.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]

use sm_engine::random;
use sm_engine::sm2::{
    PrivateKey, SignerId, ToSign, ToVerify, VerifyingKey, sign_batch, verify_batch,
};
use sm_engine::sm3;
use sm_engine::sm4::GcmKey;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(120);

fn main() {
    let key = PrivateKey::generate();
    let public = key.public_key();
    let message = [0x5A; 600];
    let signature = key.sign(SignerId::Default, &message).unwrap();
    let cipher = public.encrypt(&[7; 16]).unwrap();
    let block = vec![0xA5; 16 * 1024];
    let seal = GcmKey::new(&random::array());
    let sealed = seal.seal(&[0; 12], b"", &block);
    let sec1 = public.to_sec1();

    measure("SM2 sign, 600 bytes", 0, || {
        key.sign(SignerId::Default, &message)
    });
    measure("SM2 verify, 600 bytes", 0, || {
        public.verify(SignerId::Default, &message, &signature)
    });
    let prepared = public.prepare();
    measure("SM2 verify, prepared key", 0, || {
        prepared.verify(SignerId::Default, &message, &signature)
    });
    let to_sign = ToSign {
        key: &key,
        id: SignerId::Default,
        message: &message,
    };
    let to_verify = |key| ToVerify {
        key,
        id: SignerId::Default,
        message: &message,
        signature: &signature,
    };
    measure_many("SM2 sign, batch of 64", 64, || sign_batch(&[to_sign; 64]));
    measure_many("SM2 verify, batch of 64", 64, || {
        verify_batch(&[to_verify(VerifyingKey::Plain(public)); 64])
    });
    measure_many("SM2 verify, 64, prepared key", 64, || {
        verify_batch(&[to_verify(VerifyingKey::Prepared(&prepared)); 64])
    });
    measure("SM2 prepare a key", 0, || public.prepare());
    measure("SM2 generate", 0, PrivateKey::generate);
    measure("SM2 public key from bytes", 0, || {
        sm_engine::sm2::PublicKey::from_sec1(&sec1)
    });
    measure("SM2 encrypt, 16 bytes", 0, || public.encrypt(&[7; 16]));
    measure("SM2 decrypt, 16 bytes", 0, || key.decrypt(&cipher));
    measure("SM3, 64 bytes", 64, || sm3::digest(&message[..64]));
    measure("SM3, 16 KiB", block.len(), || sm3::digest(&block));
    measure("HMAC-SM3, 64 bytes", 64, || {
        sm3::hmac(&sec1, &message[..64])
    });
    measure("SM4-GCM seal, 16 KiB", block.len(), || {
        seal.seal(&[0; 12], b"", &block)
    });
    measure("SM4-GCM open, 16 KiB", block.len(), || {
        seal.open(&[0; 12], b"", &sealed)
    });
    measure("SM4-GCM seal, 64 bytes", 64, || {
        seal.seal(&[0; 12], b"", &message[..64])
    });
}

fn measure<T>(name: &str, bytes: usize, work: impl FnMut() -> T) {
    run(name, bytes, 1, work);
}

fn measure_many<T>(name: &str, items: u32, work: impl FnMut() -> T) {
    run(name, 0, items, work);
}

fn run<T>(name: &str, bytes: usize, items: u32, mut work: impl FnMut() -> T) {
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let mut count = 0_u32;
            while start.elapsed() < ROUND {
                for _ in 0..8 {
                    black_box(work());
                }
                count += 8 * items;
            }
            f64::from(count) / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let median = rates[ROUNDS / 2];
    let spread = 100.0 * (rates[ROUNDS - 2] - rates[1]) / median;
    let throughput = match bytes {
        0 => String::new(),
        _ => format!("{:9.1} MB/s", median * bytes as f64 / 1e6),
    };
    println!("{name:28} {median:12.0} /s  ±{spread:3.0} % {throughput}");
}
