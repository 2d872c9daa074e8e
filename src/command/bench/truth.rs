//! What officers changed, and what an answer may therefore say: never an older state than that of the last change whose
//! commit was answered before the question was sent.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What a certificate may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Neither held nor revoked.
    Good,
    /// Frozen.
    Held,
    /// Ended.
    Revoked,
}

impl State {
    /// As an OCSP client calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Held => "held",
            Self::Revoked => "revoked",
        }
    }
}

/// A change as officers saw it.
struct Change {
    state: State,
    asked: Instant,
    answered: Option<Instant>,
}

/// Every change of every certificate, in order; all were good before.
pub struct Truth(Mutex<Vec<Vec<Change>>>);

impl Truth {
    /// Of so many certificates.
    pub fn of(certificates: usize) -> Self {
        Self(Mutex::new((0..certificates).map(|_| Vec::new()).collect()))
    }

    fn changes(&self) -> MutexGuard<'_, Vec<Vec<Change>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was asked for last.
    pub fn latest(&self, at: usize) -> State {
        let all = self.changes();
        let last = all.get(at).and_then(|changes| changes.last());
        last.map_or(State::Good, |change| change.state)
    }

    /// A change is about to be asked for.
    #[allow(clippy::disallowed_methods)] // a bench measures time
    pub fn ask(&self, at: usize, state: State) {
        if let Some(changes) = self.changes().get_mut(at) {
            changes.push(Change {
                state,
                asked: Instant::now(),
                answered: None,
            });
        }
    }

    /// The last change was committed: its answer came then.
    pub fn answered(&self, at: usize, answered: Instant) {
        let mut all = self.changes();
        if let Some(last) = all.get_mut(at).and_then(|changes| changes.last_mut()) {
            last.answered = Some(answered);
        }
    }

    /// What an answer to a question of that time may say: the state of the last change that was answered before the
    /// question, or of any change that was asked for since and before the answer.
    pub fn allowed(&self, at: usize, (sent, received): (Instant, Instant)) -> Vec<State> {
        let all = self.changes();
        let changes = all.get(at).map(Vec::as_slice).unwrap_or_default();
        let mut allowed = vec![State::Good];
        for change in changes.iter().filter(|change| change.asked <= received) {
            if change.answered.is_some_and(|answered| answered <= sent) {
                allowed.clear();
            }
            allowed.push(change.state);
        }
        allowed
    }

    /// The states of each, in order.
    pub fn all(&self) -> Vec<Vec<State>> {
        let all = self.changes();
        let states = |changes: &Vec<Change>| changes.iter().map(|change| change.state).collect();
        all.iter().map(states).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods)] // instants are told apart, not waited for
    fn an_answer_is_held_against_what_was_known_when_it_was_asked_for() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let truth = Truth::of(1);
        let change = |state, asked, answered: Option<u64>| Change {
            state,
            asked: at(asked),
            answered: answered.map(at),
        };
        truth.changes()[0] = vec![
            change(State::Held, 10, Some(20)),
            change(State::Revoked, 30, None),
        ];
        for (sent, received, allowed) in [
            (0, 5, vec![State::Good]),
            (0, 15, vec![State::Good, State::Held]),
            (19, 25, vec![State::Good, State::Held]),
            (20, 25, vec![State::Held]),
            (25, 35, vec![State::Held, State::Revoked]),
            (40, 50, vec![State::Held, State::Revoked]),
        ] {
            let between = (at(sent), at(received));
            assert_eq!(truth.allowed(0, between), allowed, "{sent} to {received}");
        }
        assert_eq!(truth.latest(0), State::Revoked);
    }
}
