//! Messages side by side, one in each lane of a register.
//!
//! The longest messages begin; a lane whose message ends takes the next one, so lanes stay filled whatever the
//! lengths are. The last few messages finish one by one, which is faster than a register mostly empty.

use super::super::Digest;
use super::super::compress::{Path, digest_of};
use super::super::stream::padded;
use super::{Rest, WORTHWHILE};

/// With `compress` for one block in each of `LANES` lanes.
pub(in crate::sm3) fn side_by_side<const LANES: usize>(
    path: Path,
    messages: &[Rest<'_>],
    compress: impl Fn(&mut [[u32; LANES]; 8], &[&[u8; 64]; LANES]),
) -> Vec<Digest> {
    let mut digests = vec![Digest([0; 32]); messages.len()];
    let mut order: Vec<usize> = (0..messages.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(messages[*index].message.len()));
    let mut waiting = order.into_iter();
    let mut state = [[0; LANES]; 8];
    let mut lanes: [Option<Lane<'_>>; LANES] = std::array::from_fn(|_| None);
    for (at, lane) in lanes.iter_mut().enumerate() {
        *lane = refill(&mut waiting, messages, &mut state, at);
    }
    while lanes.iter().flatten().count() >= WORTHWHILE {
        let idle = [0; 64];
        let mut blocks = [&idle; LANES];
        for (block, lane) in blocks.iter_mut().zip(&lanes) {
            *block = lane.as_ref().and_then(Lane::block).unwrap_or(&idle);
        }
        compress(&mut state, &blocks);
        for (at, lane) in lanes.iter_mut().enumerate() {
            let Some(running) = lane else { continue };
            running.step();
            if running.block().is_none() {
                digests[running.index] = digest_of(&column(&state, at));
                *lane = refill(&mut waiting, messages, &mut state, at);
            }
        }
    }
    for (at, lane) in lanes.iter_mut().enumerate() {
        let Some(running) = lane else { continue };
        let mut state = column(&state, at);
        path.compress(&mut state, running.whole);
        let last = running.last[running.from..running.until].as_chunks().0;
        path.compress(&mut state, last);
        digests[running.index] = digest_of(&state);
    }
    digests
}

/// What is left of the message in a lane.
struct Lane<'message> {
    index: usize,
    whole: &'message [[u8; 64]],
    /// The end with its padding.
    last: [u8; 128],
    /// Where in `last` the next block begins.
    from: usize,
    until: usize,
}

impl<'message> Lane<'message> {
    fn begin(index: usize, rest: &Rest<'message>) -> Self {
        let (whole, end) = rest.message.as_chunks();
        let length = 64 * rest.blocks + rest.message.len() as u64;
        let mut last = [0; 128];
        let until = padded(end, length, &mut last).len() * 64;
        Self {
            index,
            whole,
            last,
            from: 0,
            until,
        }
    }

    /// The next block.
    fn block(&self) -> Option<&[u8; 64]> {
        self.whole
            .first()
            .or_else(|| self.last[self.from..self.until].first_chunk())
    }

    /// Past the next block.
    fn step(&mut self) {
        if let Some((_, rest)) = self.whole.split_first() {
            self.whole = rest;
        } else {
            self.from += 64;
        }
    }
}

/// The next message into the lane `at`.
fn refill<'message, const LANES: usize>(
    waiting: &mut impl Iterator<Item = usize>,
    messages: &[Rest<'message>],
    state: &mut [[u32; LANES]; 8],
    at: usize,
) -> Option<Lane<'message>> {
    let index = waiting.next()?;
    let rest = &messages[index];
    for (words, first) in state.iter_mut().zip(rest.state) {
        words[at] = first;
    }
    Some(Lane::begin(index, rest))
}

fn column<const LANES: usize>(state: &[[u32; LANES]; 8], at: usize) -> [u32; 8] {
    state.map(|words| words[at])
}
