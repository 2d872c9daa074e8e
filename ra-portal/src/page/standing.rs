//! The state of a certificate as the public sees it.

/// What a certificate is worth now. What is not understood is unknown, never good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Expired,
    Good,
    Held,
    Revoked,
    Unknown,
}

impl Standing {
    /// Of the word that the authority uses.
    pub(crate) fn of(state: &str) -> Self {
        match state {
            "expired" => Self::Expired,
            "good" => Self::Good,
            "held" => Self::Held,
            "revoked" => Self::Revoked,
            _ => Self::Unknown,
        }
    }

    /// Of a certificate at `now`: what is good or held has expired when its validity is over. UTC seconds.
    pub(crate) fn at(state: &str, not_after: i64, now: i64) -> Self {
        match Self::of(state) {
            Self::Good | Self::Held if not_after <= now => Self::Expired,
            standing => standing,
        }
    }

    /// Class in the stylesheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Good => "good",
            Self::Held => "held",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
        }
    }

    /// Key of the word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Expired => "state.expired",
            Self::Good => "state.good",
            Self::Held => "state.held",
            Self::Revoked => "state.revoked",
            Self::Unknown => "state.unknown",
        }
    }

    /// Key of the sentence that says what it means.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Expired => "state.expired_meaning",
            Self::Good => "state.good_meaning",
            Self::Held => "state.held_meaning",
            Self::Revoked => "state.revoked_meaning",
            Self::Unknown => "state.unknown_meaning",
        }
    }

    /// Key of the sentence that says what to do.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Expired => "state.expired_advice",
            Self::Good => "state.good_advice",
            Self::Held => "state.held_advice",
            Self::Revoked => "state.revoked_advice",
            Self::Unknown => "state.unknown_advice",
        }
    }

    /// All of them, as the help page explains them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Good,
        Self::Held,
        Self::Revoked,
        Self::Expired,
        Self::Unknown,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_good_is_good() {
        for standing in Standing::ALL {
            assert_eq!(Standing::of(standing.class()), standing);
        }
        assert_eq!(Standing::at("good", 10, 9), Standing::Good);
        for (state, not_after, standing) in [
            ("good", 9, Standing::Expired),
            ("good", 8, Standing::Expired),
            ("held", 8, Standing::Expired),
            ("revoked", 8, Standing::Revoked),
            ("intended", 0, Standing::Unknown),
        ] {
            assert_eq!(Standing::at(state, not_after, 9), standing, "{state}");
        }
        for state in ["", "Good", "good ", "intended", "abandoned"] {
            assert_eq!(Standing::of(state), Standing::Unknown, "{state}");
        }
    }
}
