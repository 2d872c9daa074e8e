//! What may be issued, to whom, and by whom: certificate profiles, forms, the role matrix and lint.
//!
//! The rules are data (`policies/*.toml`, embedded or handed over as bytes); this crate reads them strictly and
//! turns them into checks. Entry points: [`PolicySet`], [`Profile::check_form`], [`Rules::authorize`], [`lint::run`].
//! Not here: files, clocks, keys, the state of a case. Time is a parameter wherever a rule depends on it.

pub mod calendar;
pub mod checklist;
pub mod error;
pub mod field;
pub mod form;
pub mod identity;
pub mod lint;
pub mod profile;
pub mod rules;
pub mod scope;
pub mod set;
pub mod spelling;

pub use calendar::Calendar;
pub use checklist::Checklists;
pub use error::Error;
pub use field::{Field, FieldKind, Target};
pub use form::{Form, Problem};
pub use profile::{Class, Issuer, Profile, Purpose, Title};
pub use rules::{Refusal, Role, Rules, Verb};
pub use scope::{Place, Scope};
pub use set::{Document, PolicySet};
