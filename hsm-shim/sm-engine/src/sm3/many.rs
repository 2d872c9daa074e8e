//! Many messages: side by side where the processor has lanes for them.

#[cfg(any(test, target_arch = "x86_64"))]
pub(super) mod side_by_side;

use super::Digest;
use super::compress::Path;
use super::stream::digest;
#[cfg(target_arch = "x86_64")]
use side_by_side::side_by_side;

/// Lanes in use below which messages are faster one by one: a step of all lanes costs about two single blocks.
const WORTHWHILE: usize = 3;

/// SM3 of many messages of any lengths, in order.
#[must_use]
pub fn digest_many(messages: &[&[u8]]) -> Vec<Digest> {
    digest_many_on(Path::fastest(), messages)
}

/// On a given path.
pub(super) fn digest_many_on(path: Path, messages: &[&[u8]]) -> Vec<Digest> {
    if messages.len() < WORTHWHILE {
        return messages.iter().map(|message| digest(message)).collect();
    }
    match path {
        Path::Portable => messages.iter().map(|message| digest(message)).collect(),
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
