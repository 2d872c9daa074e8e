//! Canonical JSON (RFC 8785) for a subset: objects, arrays, strings, booleans and integers |n| < 2^53.
//!
//! Floats and null are refused, so that a value has one text and number formatting never matters.
//! Error texts carry positions, never content.

use std::cmp::Ordering;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

/// Deepest nesting of objects and arrays.
pub const MAX_DEPTH: usize = 32;
/// Numbers at and beyond this are not exact for every reader (RFC 8785 §3.2.2.3, I-JSON).
const NUMBER_LIMIT: u64 = 1 << 53;

/// The canonical bytes of `value`.
///
/// # Errors
/// [`Error::Unencodable`] for a float, null, an integer at or beyond ±2^53, or more than [`MAX_DEPTH`] levels.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let value = serde_json::to_value(value).map_err(|_| Error::Unencodable {
        what: "not a JSON value",
    })?;
    let mut out = Vec::new();
    write_value(&value, 0, &mut out)?;
    Ok(out)
}

/// Reads exactly what [`to_canonical`] writes; anything that would encode differently is refused.
///
/// # Errors
/// [`Error::TooLong`] beyond `limit` bytes, [`Error::NotCanonical`] otherwise.
pub fn from_canonical<T>(bytes: &[u8], limit: usize) -> Result<T, Error>
where
    T: DeserializeOwned + Serialize,
{
    if bytes.len() > limit {
        return Err(Error::TooLong {
            what: "canonical JSON",
            limit,
        });
    }
    check_depth(bytes)?;
    let value: T = serde_json::from_slice(bytes).map_err(|error| Error::NotCanonical {
        at: position(bytes, error.line(), error.column()),
        what: match error.classify() {
            serde_json::error::Category::Data => "a value that does not belong here",
            serde_json::error::Category::Eof => "it ends too early",
            _ => "not JSON",
        },
    })?;
    let again = to_canonical(&value).map_err(|error| Error::NotCanonical {
        at: 0,
        what: match error {
            Error::Unencodable { what } => what,
            _ => "it has no canonical form",
        },
    })?;
    if again != bytes {
        let same = bytes.iter().zip(&again).take_while(|(a, b)| a == b);
        return Err(Error::NotCanonical {
            at: same.count(),
            what: "the canonical text is another",
        });
    }
    Ok(value)
}

fn write_value(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::Unencodable {
            what: "nested too deeply",
        });
    }
    match value {
        Value::Null => return Err(Error::Unencodable { what: "null" }),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => out.extend_from_slice(integer(number)?.to_string().as_bytes()),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write_value(item, depth + 1, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| utf16_order(a, b));
            out.push(b'{');
            for (position, (name, member)) in members.into_iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write_string(name, out);
                out.push(b':');
                write_value(member, depth + 1, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// RFC 8785 §3.2.3: names are ordered by UTF-16 code units, which differs from UTF-8 beyond U+FFFF.
fn utf16_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

fn integer(number: &serde_json::Number) -> Result<i64, Error> {
    let value = number.as_i64().ok_or(Error::Unencodable {
        what: "a number that is not a small integer",
    })?;
    if value.unsigned_abs() >= NUMBER_LIMIT {
        return Err(Error::Unencodable {
            what: "an integer beyond 2^53",
        });
    }
    Ok(value)
}

/// RFC 8785 §3.2.2.2: the short escapes, \u00xx in lower case for other controls, everything else as it is.
fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0a => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            0x0d => out.extend_from_slice(b"\\r"),
            0x00..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Counts brackets outside strings, so that no parser recurses deeper than we allow.
fn check_depth(bytes: &[u8]) -> Result<(), Error> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Error::NotCanonical {
                at,
                what: "nested too deeply",
            });
        }
    }
    Ok(())
}

/// Byte offset of a line and column, both from 1.
fn position(bytes: &[u8], line: usize, column: usize) -> usize {
    let before: usize = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    (before + column.saturating_sub(1)).min(bytes.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
