//! Who has taken which case to work on, so that two officers do not begin the same one. It gives no right: what may
//! be done with a case is decided when the act is committed.

use super::Desk;
use crate::error::Error;
use crate::query::Compare;
use crate::table::{Column, Record, Table};
use crate::value::Value;
use crate::views::row::{Field, view};

/// Most claims of one list.
const PAGE: u32 = 1_000;

view! {
    /// A claim as it lies in the database.
    pub(super) ClaimRow in "claims", key ["case_id"], indexes [["officer"]] {
        /// Case.
        case_id: String,
        /// Officer.
        officer: String,
        /// UTC seconds.
        claimed_at: i64,
    }
}

/// A case that an officer has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Case number.
    pub case: String,
    /// Officer number.
    pub officer: String,
    /// UTC seconds.
    pub claimed_at: i64,
}

impl Desk {
    /// Takes a case for an officer, unless another has taken it after `since`; gives whoever has it now.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`].
    pub async fn claim(&self, claim: Claim, since: i64) -> Result<Claim, Error> {
        let lock = self.lock.lock().await;
        let standing = self.claims_of(std::slice::from_ref(&claim.case)).await?;
        if let Some(standing) = standing.into_iter().next()
            && standing.officer != claim.officer
            && standing.claimed_at > since
        {
            return Ok(standing);
        }
        let row = ClaimRow {
            case_id: claim.case.clone(),
            officer: claim.officer.clone(),
            claimed_at: claim.claimed_at,
        };
        let mut tx = self.store.begin(&lock).await?;
        tx.upsert([&row]).await?;
        tx.commit().await?;
        Ok(claim)
    }

    /// Gives a case back, if it is this officer's.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`].
    pub async fn give_back(&self, case: &str, officer: &str) -> Result<(), Error> {
        let standing = self.claims_of(&[case.to_owned()]).await?;
        if standing.iter().any(|claim| claim.officer == officer) {
            self.remove::<ClaimRow>(&[vec![case.into()]]).await?;
        }
        Ok(())
    }

    /// The claims on these cases, at most 1,000.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn claims_of(&self, cases: &[String]) -> Result<Vec<Claim>, Error> {
        let choices = cases.iter().map(|case| Value::from(case.as_str()));
        let filter = [("case_id", Compare::In(choices.collect()))];
        let rows = self
            .store
            .scan::<ClaimRow>(&filter, &[], None, PAGE)
            .await?;
        Ok(rows.into_iter().map(claim).collect())
    }
}

fn claim(row: ClaimRow) -> Claim {
    Claim {
        case: row.case_id,
        officer: row.officer,
        claimed_at: row.claimed_at,
    }
}
