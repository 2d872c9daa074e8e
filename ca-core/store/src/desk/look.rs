//! Who has looked at whose papers, and when: for the auditor.

use super::Desk;
use crate::error::Error;
use crate::query::{Compare, Direction};
use crate::table::{Column, Record, Table};
use crate::value::Value;
use crate::views::row::{Field, view};

view! {
    /// A look as it lies in the database.
    pub(super) LookRow in "looks", key ["looked_at", "nonce"], indexes [["subject"], ["officer"]] {
        /// UTC seconds.
        looked_at: i64,
        /// Tells looks of one second apart.
        nonce: String,
        /// Officer.
        officer: String,
        /// What it belongs to, `case:C-…`.
        subject: String,
        /// What was looked at, `evidence:…`, `field:…`.
        object: String,
    }
}

/// An officer has looked at something personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// UTC seconds.
    pub at: i64,
    /// Officer number.
    pub officer: String,
    /// What it belongs to, `case:C-…`.
    pub subject: String,
    /// What was looked at: `evidence:` and its digest, `field:` and its name.
    pub object: String,
}

impl Desk {
    /// Records a look. It is on record before anything is shown.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub async fn record_look(&self, look: &Look) -> Result<(), Error> {
        let row = LookRow {
            looked_at: look.at,
            nonce: u64::from_be_bytes(sm_engine::random::array::<8>()).to_string(),
            officer: look.officer.clone(),
            subject: look.subject.clone(),
            object: look.object.clone(),
        };
        self.put(&[row]).await
    }

    /// Looks, latest first, at most `limit`; of one subject where one is given.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub async fn looks(&self, subject: Option<&str>, limit: u32) -> Result<Vec<Look>, Error> {
        let filter: Vec<_> = subject
            .map(|subject| ("subject", Compare::Eq(Value::from(subject))))
            .into_iter()
            .collect();
        let order = [("looked_at", Direction::Descending)];
        let rows = self
            .store
            .scan::<LookRow>(&filter, &order, None, limit)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Look {
                at: row.looked_at,
                officer: row.officer,
                subject: row.subject,
                object: row.object,
            })
            .collect())
    }
}
