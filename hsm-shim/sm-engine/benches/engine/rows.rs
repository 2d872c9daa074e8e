//! The rows of the table: an operation, what it is measured beside, and how far it should reach.

use crate::contest::{self, Contestant};
use crate::reference;
use sm_engine::sm2::{
    PrivateKey, PublicKey, SignerId, ToSign, ToVerify, VerifyingKey, generate_batch, sign_batch,
    verify_batch,
};
use sm_engine::sm3;
use sm_engine::sm4::{CbcKey, CtrKey, GcmKey};
use sm_engine::{instructions_used, random};

const ID: SignerId = SignerId::Default;
const MESSAGE: &[u8] = b"a message of some thirty-two byte";
const IFMA: Option<&str> = Some("AVX-512 IFMA");
const AVX512: Option<&str> = Some("AVX-512");
const GFNI: Option<&str> = Some("AVX-512 with GFNI");

/// An operation of the engine beside another implementation's.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The family of instructions without which the row means nothing.
    needs: Option<&'static str>,
    /// How many times as fast as the other it should be, and what lies beyond; nothing is asked where it is absent.
    reach: Option<(f64, Option<f64>)>,
    unit: Unit,
    beside: &'static str,
    contestants: Box<dyn Fn() -> [Contestant<'static>; 2]>,
}

/// What is counted.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Operations,
}

impl Row {
    /// Measures both and says how it went, on one line.
    pub(crate) fn measure(&self, cycles_per_second: f64) -> String {
        let reach = self
            .reach
            .map_or(String::new(), |(reach, _)| format!("{reach} x"));
        if self
            .needs
            .is_some_and(|family| !instructions_used().contains(&family))
        {
            return format!(
                "{:44} {:>12} {:>14} {reach:>6} {:>7} {:>9}  {:28}",
                self.name, "-", "-", "-", "", "not on this CPU"
            );
        }
        let [ours, theirs] = contest::rates(&mut (self.contestants)());
        let ratio = ours / theirs;
        let reached = match self.reach {
            None => "",
            Some((_, Some(beyond))) if ratio >= beyond => "beyond",
            Some((reach, _)) if ratio >= reach => "yes",
            Some(_) => "no",
        };
        let cycles = cycles_per_second / ours;
        let (cycles, ours, theirs) = match self.unit {
            Unit::Bytes => (
                format!("{cycles:.2} /B"),
                megabytes(ours),
                megabytes(theirs),
            ),
            Unit::Operations => (format!("{cycles:.0}"), per_second(ours), per_second(theirs)),
        };
        format!(
            "{:44} {ours:>12} {cycles:>14} {reach:>6} {ratio:6.2}x {reached:>9}  {:28} {theirs:>12}",
            self.name, self.beside
        )
    }
}

fn megabytes(rate: f64) -> String {
    format!("{:.1} MB/s", rate / 1e6)
}

fn per_second(rate: f64) -> String {
    format!("{rate:.0} /s")
}

/// All rows, in the order of the table.
pub(crate) fn all() -> Vec<Row> {
    [
        signatures(),
        batches(),
        keys_and_secrets(),
        digests(),
        ciphers(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn operations(
    name: &'static str,
    reach: Option<(f64, Option<f64>)>,
    beside: &'static str,
    contestants: impl Fn() -> [Contestant<'static>; 2] + 'static,
) -> Row {
    Row {
        name,
        needs: None,
        reach,
        unit: Unit::Operations,
        beside,
        contestants: Box::new(contestants),
    }
}

fn bytes(
    name: &'static str,
    reach: Option<(f64, Option<f64>)>,
    beside: &'static str,
    contestants: impl Fn() -> [Contestant<'static>; 2] + 'static,
) -> Row {
    Row {
        unit: Unit::Bytes,
        ..operations(name, reach, beside, contestants)
    }
}

fn signatures() -> Vec<Row> {
    vec![
        operations(
            "SM2 sign",
            Some((1.6, Some(2.0))),
            "ring ECDSA P-256 sign",
            || {
                let key = PrivateKey::generate();
                [
                    Contestant::new(1, move || key.sign(ID, MESSAGE)),
                    reference::ring_sign(),
                ]
            },
        ),
        operations(
            "SM2 verify, key seen for the first time",
            Some((1.0, Some(1.3))),
            "ring ECDSA P-256 verify",
            || {
                let (key, signature) = signed();
                let work = move || key.public_key().verify(ID, MESSAGE, &signature);
                [Contestant::new(1, work), reference::ring_verify()]
            },
        ),
        operations(
            "SM2 verify, prepared key",
            Some((4.0, Some(5.0))),
            "ring ECDSA P-256 verify",
            || {
                let (key, signature) = signed();
                let key = key.public_key().prepare();
                let work = move || key.verify(ID, MESSAGE, &signature);
                [Contestant::new(1, work), reference::ring_verify()]
            },
        ),
        operations("SM2 sign", None, "RustCrypto sm2 sign", || {
            let key = PrivateKey::generate();
            [
                Contestant::new(1, move || key.sign(ID, MESSAGE)),
                reference::rustcrypto_sign(),
            ]
        }),
    ]
}

fn batches() -> Vec<Row> {
    let sign = || {
        let key = PrivateKey::generate();
        let work = move || {
            sign_batch(
                &[ToSign {
                    key: &key,
                    id: ID,
                    message: MESSAGE,
                }; 64],
            )
        };
        [Contestant::new(64, work), reference::ring_sign()]
    };
    let verify = || {
        let (key, signature) = signed();
        let work = move || {
            let key = VerifyingKey::Plain(key.public_key());
            verify_batch(
                &[ToVerify {
                    key,
                    id: ID,
                    message: MESSAGE,
                    signature: &signature,
                }; 64],
            )
        };
        [Contestant::new(64, work), reference::ring_verify()]
    };
    let verify_prepared = || {
        let (key, signature) = signed();
        let key = key.public_key().prepare();
        let work = move || {
            let key = VerifyingKey::Prepared(&key);
            verify_batch(
                &[ToVerify {
                    key,
                    id: ID,
                    message: MESSAGE,
                    signature: &signature,
                }; 64],
            )
        };
        [Contestant::new(64, work), reference::ring_verify()]
    };
    let signs = "ring ECDSA P-256 sign";
    let verifies = "ring ECDSA P-256 verify";
    vec![
        Row {
            needs: IFMA,
            ..operations(
                "SM2 sign, batch of 64, AVX-512 IFMA",
                Some((6.0, Some(7.5))),
                signs,
                sign,
            )
        },
        Row {
            needs: IFMA,
            ..operations(
                "SM2 verify, batch of 64, AVX-512 IFMA",
                Some((4.0, Some(6.0))),
                verifies,
                verify,
            )
        },
        operations("SM2 sign, batch of 64", None, signs, sign),
        operations("SM2 verify, batch of 64", None, verifies, verify),
        operations(
            "SM2 verify, batch of 64, prepared key",
            None,
            verifies,
            verify_prepared,
        ),
    ]
}

fn keys_and_secrets() -> Vec<Row> {
    let keygen = || {
        [
            Contestant::new(64, || generate_batch(64)),
            reference::ring_keygen(),
        ]
    };
    let generates = "ring P-256 ECDH keygen";
    vec![
        Row {
            needs: IFMA,
            ..operations(
                "SM2 keygen, batch of 64, AVX-512 IFMA",
                Some((4.0, None)),
                generates,
                keygen,
            )
        },
        operations("SM2 keygen, batch of 64", None, generates, keygen),
        operations(
            "SM2 keygen",
            Some((1.2, None)),
            "ring P-256 ECDH keygen",
            || {
                [
                    Contestant::new(1, PrivateKey::generate),
                    reference::ring_keygen(),
                ]
            },
        ),
        operations("SM2 public key from bytes", None, "RustCrypto sm2", || {
            let point = PrivateKey::generate().public_key().to_sec1();
            let work = move || PublicKey::from_sec1(&point);
            [
                Contestant::new(1, work),
                reference::rustcrypto_public_key(point),
            ]
        }),
        operations("SM2 prepare a key", None, "RustCrypto sm2 sign", || {
            let key = PrivateKey::generate();
            [
                Contestant::new(1, move || key.public_key().prepare()),
                reference::rustcrypto_sign(),
            ]
        }),
        operations(
            "SM2 encrypt, 16 bytes",
            None,
            "ring P-256 ECDH keygen",
            || {
                let key = PrivateKey::generate();
                [
                    Contestant::new(1, move || key.public_key().encrypt(&[7; 16])),
                    reference::ring_keygen(),
                ]
            },
        ),
        operations(
            "SM2 decrypt, 16 bytes",
            None,
            "ring P-256 ECDH keygen",
            || {
                let key = PrivateKey::generate();
                let ciphertext = key.public_key().encrypt(&[7; 16]).unwrap();
                [
                    Contestant::new(1, move || key.decrypt(&ciphertext)),
                    reference::ring_keygen(),
                ]
            },
        ),
    ]
}

fn digests() -> Vec<Row> {
    const LONG: usize = 16 * 1024;
    let sixteen = || {
        let messages = vec![vec![0x5A; LONG]; 16];
        let work =
            move || sm3::digest_many(&messages.iter().map(Vec::as_slice).collect::<Vec<_>>());
        [
            Contestant::new(16 * LONG, work),
            reference::rustcrypto_sm3(LONG),
        ]
    };
    vec![
        bytes(
            "SM3, one stream, 16 KiB",
            Some((1.25, None)),
            "RustCrypto sm3",
            || {
                let message = vec![0x5A; LONG];
                [
                    Contestant::new(LONG, move || sm3::digest(&message)),
                    reference::rustcrypto_sm3(LONG),
                ]
            },
        ),
        bytes("SM3, one stream, 64 bytes", None, "RustCrypto sm3", || {
            [
                Contestant::new(64, || sm3::digest(&[0x5A; 64])),
                reference::rustcrypto_sm3(64),
            ]
        }),
        Row {
            needs: AVX512,
            ..bytes(
                "SM3, 16 messages of 16 KiB, AVX-512",
                Some((9.0, None)),
                "RustCrypto sm3",
                sixteen,
            )
        },
        bytes(
            "SM3, 16 messages of 16 KiB",
            None,
            "RustCrypto sm3",
            sixteen,
        ),
        bytes("HMAC-SM3, 64 bytes", None, "RustCrypto sm3", || {
            [
                Contestant::new(64, || sm3::hmac(&[1; 32], &[0x5A; 64])),
                reference::rustcrypto_sm3(64),
            ]
        }),
    ]
}

fn ciphers() -> Vec<Row> {
    const LONG: usize = 16 * 1024;
    let gcm = || {
        let key = GcmKey::new(&random::array());
        let plaintext = vec![0xA5; LONG];
        let work = move || key.seal(&[0; 12], b"", &plaintext);
        [
            Contestant::new(LONG, work),
            reference::rustcrypto_sm4_gcm(LONG),
        ]
    };
    let ctr = || {
        let key = CtrKey::new(&random::array());
        let mut data = vec![0xA5; LONG];
        let work = move || key.stream(&[0; 16]).apply(&mut data);
        [Contestant::new(LONG, work), reference::rustcrypto_sm4(LONG)]
    };
    let blocks = "RustCrypto sm4, bare blocks";
    let beside = "RustCrypto sm4 + aes-gcm";
    vec![
        Row {
            needs: GFNI,
            ..bytes(
                "SM4-CTR, 16 KiB, GFNI and AVX-512",
                Some((30.0, None)),
                blocks,
                ctr,
            )
        },
        bytes("SM4-CTR, 16 KiB", None, blocks, ctr),
        bytes("SM4-CBC encrypt, 16 KiB", None, blocks, || {
            let key = CbcKey::new(&random::array());
            let plaintext = vec![0xA5; LONG];
            let work = move || key.encrypt(&[0; 16], &plaintext);
            [Contestant::new(LONG, work), reference::rustcrypto_sm4(LONG)]
        }),
        bytes("SM4-CBC decrypt, 16 KiB", None, blocks, || {
            let key = CbcKey::new(&random::array());
            let ciphertext = key.encrypt(&[0; 16], &[0xA5; LONG]);
            let work = move || key.decrypt(&[0; 16], &ciphertext);
            [Contestant::new(LONG, work), reference::rustcrypto_sm4(LONG)]
        }),
        Row {
            needs: GFNI,
            ..bytes(
                "SM4-GCM, 16 KiB, GFNI and AVX-512",
                Some((20.0, None)),
                beside,
                gcm,
            )
        },
        bytes("SM4-GCM seal, 16 KiB", None, beside, gcm),
        bytes("SM4-GCM open, 16 KiB", None, beside, || {
            let key = GcmKey::new(&random::array());
            let sealed = key.seal(&[0; 12], b"", &[0xA5; LONG]);
            let work = move || key.open(&[0; 12], b"", &sealed);
            [
                Contestant::new(LONG, work),
                reference::rustcrypto_sm4_gcm(LONG),
            ]
        }),
        bytes("SM4-GCM seal, 64 bytes", None, beside, || {
            let key = GcmKey::new(&random::array());
            let work = move || key.seal(&[0; 12], b"", &[0xA5; 64]);
            [Contestant::new(64, work), reference::rustcrypto_sm4_gcm(64)]
        }),
    ]
}

fn signed() -> (PrivateKey, sm_engine::sm2::Signature) {
    let key = PrivateKey::generate();
    let signature = key.sign(ID, MESSAGE).unwrap();
    (key, signature)
}
