//! What auditors ask of the record; nobody else may.

use policy::Verb;
use store::status::NeverIssued;
use store::views::ProposalRow;
use store::{
    ActRow, Answer, Compare, Direction, Issued, IssuedRow, Page, PairRow, RevokedRow, Span,
    WorkingHours,
};

use crate::error::Error;
use crate::service::Authority;
use crate::view::Officer;

/// Certificates from which on a pair of officers tells anything.
const PAIR_FEWEST: u64 = 10;
/// Share of a reviewer's certificates, in percent, beyond which a pair is concentrated.
const PAIR_SHARE: u64 = 80;

/// Two officers, how many certificates rest on both, and how many on the reviewer in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concentrated {
    /// The pair.
    pub pair: PairRow,
    /// Certificates of the reviewer.
    pub reviewed: u64,
}

impl Authority {
    /// Certificates produced in a span, with everybody who had a hand in them.
    ///
    /// # Errors
    /// A refusal where the role may not; a fault where the database fails.
    pub async fn audit_issued(
        &self,
        officer: &Officer,
        span: Span,
        which: Issued,
        page: Page,
    ) -> Result<Answer<IssuedRow>, Error> {
        self.reader(officer, Verb::AuditRead).await?;
        Ok(self.core.store.issued(span, which, page).await?)
    }

    /// Reviewers more than 80 % of whose certificates of a span were entered by one officer, where those are ten or
    /// more.
    ///
    /// # Errors
    /// As [`Self::audit_issued`].
    pub async fn audit_pairs(
        &self,
        officer: &Officer,
        span: Span,
    ) -> Result<Vec<Concentrated>, Error> {
        self.reader(officer, Verb::AuditRead).await?;
        Ok(concentrated(self.core.store.issued_pairs(span).await?))
    }

    /// Certificates revoked in a span, at most `within` seconds after they were issued.
    ///
    /// # Errors
    /// As [`Self::audit_issued`].
    pub async fn audit_revoked_soon(
        &self,
        officer: &Officer,
        span: Span,
        within: i64,
        page: Page,
    ) -> Result<Answer<RevokedRow>, Error> {
        self.reader(officer, Verb::AuditRead).await?;
        Ok(self.core.store.revoked_soon(span, within, page).await?)
    }

    /// What officers signed in a span; of one officer, and outside of some hours, where they are given.
    ///
    /// # Errors
    /// As [`Self::audit_issued`].
    pub async fn audit_acts(
        &self,
        officer: &Officer,
        span: Span,
        of: Option<&str>,
        outside: Option<&WorkingHours>,
        page: Page,
    ) -> Result<Answer<ActRow>, Error> {
        self.reader(officer, Verb::AuditRead).await?;
        Ok(self.core.store.acts(span, of, outside, page).await?)
    }

    /// Proposals about officers that were made in a span, the latest first.
    ///
    /// # Errors
    /// As [`Self::audit_issued`].
    pub async fn audit_proposals(
        &self,
        officer: &Officer,
        span: Span,
        page: Page,
    ) -> Result<Answer<ProposalRow>, Error> {
        self.reader(officer, Verb::AuditRead).await?;
        let store = &self.core.store;
        let mut filter = vec![
            ("proposed_at", Compare::Ge(span.from.into())),
            ("proposed_at", Compare::Lt(span.until.into())),
        ];
        let count = store.count::<ProposalRow>(&filter).await?;
        if let Some(before) = page.before {
            filter.push(("proposal", Compare::Lt(before.into())));
        }
        let order = [("proposal", Direction::Descending)];
        let rows = store.scan(&filter, &order, None, page.limit).await?;
        Ok(Answer { rows, count })
    }

    /// Questions about serials that were never issued, the latest first, and how many there were since the start.
    /// The latest hundred are kept.
    ///
    /// # Errors
    /// A refusal where the role may not.
    pub async fn audit_never_issued(
        &self,
        officer: &Officer,
    ) -> Result<(u64, Vec<NeverIssued>), Error> {
        self.reader(officer, Verb::AuditRead).await?;
        let (count, mut recent) = self.core.index.never_issued();
        recent.reverse();
        Ok((count, recent))
    }
}

fn concentrated(pairs: Vec<PairRow>) -> Vec<Concentrated> {
    let total = |reviewer: &str| -> u64 {
        let of_reviewer = pairs.iter().filter(|pair| pair.reviewed_by == reviewer);
        of_reviewer.map(|pair| pair.count).sum()
    };
    let judged = pairs.iter().map(|pair| Concentrated {
        reviewed: total(&pair.reviewed_by),
        pair: pair.clone(),
    });
    judged
        .filter(|one| {
            one.pair.count >= PAIR_FEWEST
                && one.pair.count * 100 > one.reviewed.saturating_mul(PAIR_SHARE)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(entered_by: &str, reviewed_by: &str, count: u64) -> PairRow {
        PairRow {
            entered_by: entered_by.into(),
            reviewed_by: reviewed_by.into(),
            count,
        }
    }

    #[test]
    fn a_pair_is_concentrated_by_number_and_share() {
        // 9 are too few, 80 % is not more than 80 %.
        let pairs = vec![
            pair("OP-0001", "OP-0002", 81),
            pair("OP-0003", "OP-0002", 19),
            pair("OP-0001", "OP-0004", 80),
            pair("OP-0003", "OP-0004", 20),
            pair("OP-0001", "OP-0005", 9),
        ];
        let found = concentrated(pairs);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].pair.count, found[0].reviewed), (81, 100));
        assert!(concentrated(Vec::new()).is_empty());
    }
}
