//! Bytes of acts that are being received or worked on: evidence is large, so their sum has a limit, and so has the sum
//! of one officer. What finds no room is refused before its body is read.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use parking_lot::Mutex;

/// All together, and of one officer.
const TOTAL: usize = 192 * 1024 * 1024;
const PER_OFFICER: usize = 48 * 1024 * 1024;

/// What is under way.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashMap<String, usize>>>);

/// Room for one request; given back when it is dropped.
pub(crate) struct Room {
    under_way: InFlight,
    officer: String,
    bytes: usize,
}

impl InFlight {
    /// Room for `bytes` of that officer, if there is any.
    pub(crate) fn enter(&self, officer: &str, bytes: usize) -> Option<Room> {
        let mut sums = self.0.lock();
        let total: usize = sums.values().sum();
        let own = sums.get(officer).copied().unwrap_or(0);
        if total.saturating_add(bytes) > TOTAL || own.saturating_add(bytes) > PER_OFFICER {
            return None;
        }
        sums.insert(officer.to_owned(), own + bytes);
        Some(Room {
            under_way: self.clone(),
            officer: officer.to_owned(),
            bytes,
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut sums = self.under_way.0.lock();
        if let Some(sum) = sums.get_mut(&self.officer) {
            *sum = sum.saturating_sub(self.bytes);
            if *sum == 0 {
                sums.remove(&self.officer);
            }
        }
    }
}

/// How much a request may bring: what it announces, or all that its address takes.
pub(crate) fn announced(headers: &HeaderMap, most: usize) -> usize {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or(most).min(most)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_officer_leaves_room_for_the_others_and_all_together_have_a_limit() {
        let under_way = InFlight::default();
        let half = PER_OFFICER / 2;
        let first = under_way.enter("OP-0001", half).unwrap();
        let _second = under_way.enter("OP-0001", half).unwrap();
        assert!(under_way.enter("OP-0001", 1).is_none());
        let others: Vec<_> = (2..)
            .map_while(|number| under_way.enter(&format!("OP-{number:04}"), PER_OFFICER))
            .collect();
        assert_eq!(others.len(), TOTAL / PER_OFFICER - 1);
        assert!(under_way.enter("OP-0099", 1).is_none());
        drop(first);
        assert!(under_way.enter("OP-0099", half).is_some());
        assert!(under_way.enter("OP-0001", half).is_some());
    }

    #[test]
    fn nothing_is_remembered_of_what_is_over() {
        let under_way = InFlight::default();
        drop(under_way.enter("OP-0001", 5));
        assert!(under_way.0.lock().is_empty());
    }

    #[test]
    fn a_request_without_a_length_counts_as_the_longest() {
        let mut headers = HeaderMap::new();
        assert_eq!(announced(&headers, 100), 100);
        for (length, counted) in [("7", 7), ("1000", 100), ("x", 100)] {
            headers.insert(header::CONTENT_LENGTH, length.parse().unwrap());
            assert_eq!(announced(&headers, 100), counted);
        }
    }
}
