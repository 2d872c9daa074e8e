//! What is not constant time: each of these must be reported, or the check is worth nothing.

use super::{Operation, key, secret};
use sm_engine::memcheck;
use sm_engine::sm2::SignerId;
use std::hint::black_box;

pub(super) const ALL: &[Operation] = &[
    ("branch", branch),
    ("index", index),
    ("masks without a barrier", masks),
    ("variable-time arithmetic", variable_time),
    ("table cipher", table_cipher),
];

/// A jump on a bit of a secret key.
fn branch() {
    let d = secret::<32>();
    if black_box(d[31]) & 1 == 1 {
        println!("odd");
    }
}

/// A table look-up by a byte of a secret key.
fn index() {
    let table: [u8; 256] = std::array::from_fn(|index| index as u8 ^ 0x5A);
    let d = secret::<32>();
    black_box(black_box(&table)[usize::from(d[0])]);
}

/// What looks constant time: a scan of the whole table with masks, of which the compiler makes a jump and reads one
/// entry. The reason for [`sm_engine`]'s barriers, and for looking at what was compiled.
fn masks() {
    let table: [[u64; 8]; 64] = std::array::from_fn(|index| [index as u64; 8]);
    let [index] = secret::<1>();
    black_box(scan(black_box(&table), u64::from(index & 63)));
}

#[inline(never)]
fn scan(table: &[[u64; 8]; 64], index: u64) -> [u64; 8] {
    let mut found = [0; 8];
    for (entry, at) in table.iter().zip(0_u64..) {
        let mask = 0_u64.wrapping_sub(u64::from(at == index));
        for (limb, value) in found.iter_mut().zip(entry) {
            *limb |= value & mask;
        }
    }
    found
}

/// The engine's own variable-time arithmetic on a secret: verification of a message that nobody may learn.
fn variable_time() {
    let key = key();
    let signature = key.sign(SignerId::Default, b"message").unwrap();
    let mut message = *b"message";
    memcheck::secret(&mut message);
    let _ = black_box(
        key.public_key()
            .verify(SignerId::Default, &message, &signature),
    );
}

/// SM4 with a table of the S-box, as the crate `sm4` does it.
fn table_cipher() {
    use sm4::cipher::{BlockCipherEncrypt as _, KeyInit as _};
    let cipher = sm4::Sm4::new(&secret::<16>().into());
    let mut block = [0; 16].into();
    cipher.encrypt_block(&mut block);
    black_box(block);
}
