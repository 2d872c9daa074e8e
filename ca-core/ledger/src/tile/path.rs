//! Paths of tiles: `tile/<level>/<index>` with `.p/<width>` for a partial one; the index in groups of three
//! digits, all but the last marked with `x` (C2SP tlog-tiles, "Merkle tree").

use std::fmt;
use std::str::FromStr;

use super::{TILE_WIDTH, TileId};
use crate::Error;

/// Highest level that a path may name.
const MAX_LEVEL: u8 = 63;
/// Longer than any path of a 64-bit index.
const MAX_PATH: usize = 64;

impl TileId {
    /// Its path when it is served with `width` hashes; a full tile has no suffix.
    #[must_use]
    pub fn path(&self, width: u16) -> String {
        if width >= TILE_WIDTH {
            self.to_string()
        } else {
            format!("{self}.p/{width}")
        }
    }

    /// Reads a path and the width it asks for, 1 to 256.
    ///
    /// # Errors
    /// [`Error::TilePath`] for every spelling but the one.
    pub fn parse_path(path: &str) -> Result<(Self, u16), Error> {
        parse(path).ok_or(Error::TilePath)
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        while let Some(group) = groups.pop() {
            if groups.is_empty() {
                write!(f, "{group:03}")?;
            } else {
                write!(f, "x{group:03}/")?;
            }
        }
        Ok(())
    }
}

impl FromStr for TileId {
    type Err = Error;

    /// Reads the path of a full or partial tile; the width of a partial one is dropped.
    fn from_str(path: &str) -> Result<Self, Error> {
        Self::parse_path(path).map(|(id, _)| id)
    }
}

fn parse(path: &str) -> Option<(TileId, u16)> {
    if path.len() > MAX_PATH {
        return None;
    }
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, partial_width(width)?),
        None => (rest, TILE_WIDTH),
    };
    let level: u8 = decimal(level)?.try_into().ok()?;
    let id = TileId {
        level,
        index: tile_index(index)?,
    };
    (level <= MAX_LEVEL).then_some((id, width))
}

fn partial_width(text: &str) -> Option<u16> {
    let width = u16::try_from(decimal(text)?).ok()?;
    (1..TILE_WIDTH).contains(&width).then_some(width)
}

fn tile_index(text: &str) -> Option<u64> {
    let mut groups = text.split('/').rev();
    let last = group(groups.next()?)?;
    let (mut index, mut unit, mut leading) = (last, 1_u64, None);
    for marked in groups {
        let value = group(marked.strip_prefix('x')?)?;
        unit = unit.checked_mul(1000)?;
        index = index.checked_add(value.checked_mul(unit)?)?;
        leading = Some(value);
    }
    // x000/001 would be a second name of 001.
    (leading != Some(0)).then_some(index)
}

fn group(text: &str) -> Option<u64> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// A decimal number without sign or leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits && (text == "0" || !text.starts_with('0'));
    canonical.then(|| text.parse().ok())?
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        for wrong in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/00/001",
            "tile/64/001",
            "tile/256/001",
            "tile/-1/001",
            "tile/0/1",
            "tile/0/0001",
            "tile/0/x001",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001/x002",
            "tile/0/x001/+02",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/012",
            "tile/0/001.p/",
            "tile/0/001.p/1/",
            "tile/0/001 ",
            "/tile/0/001",
            "tile/0/x099/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(TileId::parse_path(wrong), Err(Error::TilePath), "{wrong}");
        }
    }

    #[test]
    fn partial_and_full_paths_read_back() {
        let id = TileId {
            level: 1,
            index: 1_234_067,
        };
        assert_eq!(id.path(256), "tile/1/x001/x234/067");
        assert_eq!(id.path(8), "tile/1/x001/x234/067.p/8");
        assert_eq!(TileId::parse_path(&id.path(8)).unwrap(), (id, 8));
        assert_eq!(TileId::parse_path(&id.path(256)).unwrap(), (id, 256));
        assert_eq!(id.path(8).parse::<TileId>().unwrap(), id);
    }

    #[test]
    fn the_largest_index_reads_back() {
        let id = TileId {
            level: 63,
            index: u64::MAX,
        };
        assert_eq!(TileId::parse_path(&id.path(255)).unwrap(), (id, 255));
    }
}
