//! Lists that nobody holds as a whole: where the entries stand, what stands around them, and whether the one fits the
//! other. Everything else about such a list is read of it without its entries, or with some of them.

use std::ops::Range;

use crate::writer::{SEQUENCE, Writer, constructed};

/// Elements of a list before its entries: version, signature, issuer, thisUpdate, nextUpdate.
const BEFORE: usize = 5;

/// Where the entries stand in a list that begins with `start`, which need not reach to their end; `None` where that is
/// no list. Empty where it has none.
#[must_use]
pub fn entries_within(start: &[u8]) -> Option<Range<usize>> {
    let elements = open(open(start)?.1)?.1;
    let (_, rest) = before(elements)?;
    let place = |rest: &[u8]| start.len() - rest.len();
    if rest.first() == Some(&constructed(0)) {
        return Some(place(rest)..place(rest));
    }
    let (length, rest) = open(rest)?;
    Some(place(rest)..place(rest).checked_add(length)?)
}

/// The list as it would be without its entries, of what stands before and behind them; its signature does not fit it.
#[must_use]
pub fn without_entries(head: &[u8], tail: &[u8]) -> Option<Vec<u8>> {
    let (kept, _) = before(open(open(head)?.1)?.1)?;
    let (extensions, rest) = skip(tail)?;
    Some(Writer::element(
        SEQUENCE,
        head.len().saturating_add(tail.len()),
        |list| {
            list.nested(SEQUENCE, |tbs| {
                tbs.raw(kept);
                tbs.raw(extensions);
            });
            list.raw(rest);
        },
    ))
}

/// Whether the lengths in the head of a list are those of what stands around so many bytes of entries: all of the
/// headers that enclose them, each minimal. What the elements between the headers say is not looked at.
#[must_use]
pub fn announces(head: &[u8], entries: usize, tail: &[u8]) -> bool {
    let check = || {
        let (list, inside) = open(head)?;
        let (tbs, elements) = open(inside)?;
        let (extensions, rest) = skip(tail)?;
        let elements = before(elements)?.1;
        let around = match entries {
            0 => elements.is_empty(),
            _ => open(elements)? == (entries, &[][..]),
        };
        let whole = inside.len().checked_add(entries)?.checked_add(tail.len())?;
        let signed = whole.checked_sub(rest.len())?;
        let header = inside.len() - open(inside)?.1.len();
        let right = list == whole && tbs.checked_add(header)? == signed;
        (around && right && extensions.first() == Some(&constructed(0))).then_some(())
    };
    check().is_some()
}

/// The elements before the entries, and what follows them.
fn before(elements: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = elements;
    for _ in 0..BEFORE {
        rest = skip(rest)?.1;
    }
    elements.split_at_checked(elements.len() - rest.len())
}

/// The length that a SEQUENCE's header announces, and what stands behind the header.
fn open(der: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = header(der)?;
    (der.first() == Some(&SEQUENCE)).then_some((length, rest))
}

/// The element at the start, and what follows it.
fn skip(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = header(der)?;
    der.split_at_checked((der.len() - rest.len()).checked_add(length)?)
}

/// The length in a header of minimal form, and what stands behind it.
fn header(der: &[u8]) -> Option<(usize, &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let digits = usize::from(first & 0x7F);
    let (length, rest) = match first {
        ..0x80 => (usize::from(*first), rest),
        _ => {
            let (bytes, rest) = rest.split_at_checked(digits)?;
            let length = bytes.iter().try_fold(0_usize, |length, byte| {
                Some(length.checked_mul(256)? | usize::from(*byte))
            })?;
            (length, rest)
        }
    };
    let written = der.len() - rest.len();
    (der.get(..written)? == Writer::header(*tag, length)).then_some((length, rest))
}
