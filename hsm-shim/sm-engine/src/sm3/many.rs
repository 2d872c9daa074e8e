//! Many messages: side by side where the processor has lanes for them.

#[cfg(any(test, target_arch = "x86_64"))]
pub(super) mod side_by_side;

use super::Digest;
use super::compress::{INITIAL, Path};
use super::stream::Sm3;
#[cfg(target_arch = "x86_64")]
use side_by_side::side_by_side;
use zeroize::Zeroize;

/// Lanes in use below which messages are faster one by one: a step of all lanes costs about two single blocks.
const WORTHWHILE: usize = 3;

/// A message, or what is left of one after whole blocks.
#[derive(Clone, Copy)]
pub(super) struct Rest<'message> {
    /// The state that the whole blocks led to.
    pub(super) state: [u32; 8],
    /// How many they were.
    pub(super) blocks: u64,
    /// What follows them.
    pub(super) message: &'message [u8],
}

impl Zeroize for Rest<'_> {
    fn zeroize(&mut self) {
        self.state.zeroize();
    }
}

impl<'message> Rest<'message> {
    pub(super) fn whole(message: &'message [u8]) -> Self {
        Self {
            state: INITIAL,
            blocks: 0,
            message,
        }
    }

    fn digest(&self, path: Path) -> Digest {
        let mut state = Sm3::after_block(path, self.state, self.blocks);
        state.update(self.message);
        state.finish()
    }
}

/// SM3 of many messages of any lengths, in order.
#[must_use]
pub fn digest_many(messages: &[&[u8]]) -> Vec<Digest> {
    let whole: Vec<Rest<'_>> = messages.iter().copied().map(Rest::whole).collect();
    digest_rests(Path::fastest(), &whole)
}

/// SM3 of messages of which something has been hashed already, in order.
pub(super) fn digest_rests(path: Path, messages: &[Rest<'_>]) -> Vec<Digest> {
    let one_by_one = || messages.iter().map(|rest| rest.digest(path)).collect();
    if messages.len() < WORTHWHILE {
        return one_by_one();
    }
    match path {
        Path::Portable => one_by_one(),
        #[cfg(target_arch = "x86_64")]
        Path::Avx2(cpu) => side_by_side::<8>(path, messages, |state, blocks| {
            cpu.compress_many(state, blocks);
        }),
        #[cfg(target_arch = "x86_64")]
        Path::Avx512(cpu, _) if messages.len() <= 8 => {
            side_by_side::<8>(path, messages, |state, blocks| {
                cpu.compress_many(state, blocks)
            })
        }
        #[cfg(target_arch = "x86_64")]
        Path::Avx512(_, cpu) => side_by_side::<16>(path, messages, |state, blocks| {
            cpu.compress_many(state, blocks);
        }),
    }
}
