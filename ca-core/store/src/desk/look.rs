//! Who has looked at whose papers, and when: for the auditor.

use super::Desk;
use crate::error::Error;
use crate::query::{Compare, Direction};
use crate::question::{Answer, Span};
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

/// A look with its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where the next page goes on.
    pub place: (i64, String),
    /// The look.
    pub look: Look,
}

impl From<LookRow> for Look {
    fn from(row: LookRow) -> Self {
        Self {
            at: row.looked_at,
            officer: row.officer,
            subject: row.subject,
            object: row.object,
        }
    }
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

    /// Looks of a span, latest first, and how many there were; of one officer where one is given. `before` is the
    /// [`Seen::place`] of the last look of the page before.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Query`] for more than [`crate::MAX_ROWS`].
    pub async fn looks_in(
        &self,
        span: Span,
        officer: Option<&str>,
        before: Option<&(i64, String)>,
        limit: u32,
    ) -> Result<Answer<Seen>, Error> {
        let mut filter = vec![
            ("looked_at", Compare::Ge(span.from.into())),
            ("looked_at", Compare::Lt(span.until.into())),
        ];
        filter.extend(officer.map(|officer| ("officer", Compare::Eq(officer.into()))));
        let order = [
            ("looked_at", Direction::Descending),
            ("nonce", Direction::Descending),
        ];
        let after = before.map(|(at, nonce)| vec![(*at).into(), nonce.as_str().into()]);
        let count = self.store.count::<LookRow>(&filter).await?;
        let rows = self
            .store
            .scan::<LookRow>(&filter, &order, after.as_deref(), limit)
            .await?;
        let rows = rows.into_iter().map(|row| Seen {
            place: (row.looked_at, row.nonce.clone()),
            look: row.into(),
        });
        Ok(Answer {
            rows: rows.collect(),
            count,
        })
    }
}
