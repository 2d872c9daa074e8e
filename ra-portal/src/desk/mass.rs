//! Acts on many certificates: everything of a unit, of whoever produced it, of a time, or all results of a search is
//! looked over as a list, signed once, and carried out in parts.
//!
//! What is signed is the digest of the list; each certificate is decided on by itself, and its ledger entry names the
//! list. The list and its result lie sealed in `store::desk`, so that a start carries on with what was begun.

pub(super) mod run;
pub(super) mod select;
pub(super) mod show;

use authority::{Act, ListedCertificate, RefusedCertificate, StatusChange};
use serde::{Deserialize, Serialize};
use store::desk::MassAct;
use x509::crl::RevocationReason;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::portal::Portal;
use crate::session::SignedIn;

/// It can be looked over and signed.
const PLANNED: &str = "planned";
/// It was signed and is being carried out.
const OPEN: &str = "open";
/// It is over.
const DONE: &str = "done";

/// What is kept of an act.
#[derive(Clone, Serialize, Deserialize)]
struct Content {
    change: StatusChange,
    reason: Option<RevocationReason>,
    /// By what the certificates were chosen, in Chinese: it goes into the statement.
    selection: String,
    #[serde(default)]
    note: String,
    certificates: Vec<ListedCertificate>,
    left_out: Vec<RefusedCertificate>,
    /// The statement and its signature in hex, once it was signed.
    #[serde(default)]
    signed: Option<(String, String)>,
    #[serde(default)]
    done: u64,
    #[serde(default)]
    refused: Vec<RefusedCertificate>,
    /// Code and sentences of the rule that stopped it as a whole.
    #[serde(default)]
    stopped: Option<[String; 3]>,
}

impl Content {
    /// What the officer signs.
    fn act(&self) -> Act {
        Act::ChangeStatuses {
            change: self.change,
            reason: self.reason,
            selection: self.selection.clone(),
            note: self.note.clone(),
            certificates: self.certificates.clone(),
        }
    }
}

/// An act that is being worked on.
struct Work {
    act: MassAct,
    content: Content,
}

impl Work {
    fn of(act: MassAct) -> Result<Self, Failure> {
        let content = serde_json::from_slice(&act.content);
        let content = content.map_err(|fault| Failure::fault(&fault))?;
        Ok(Self { act, content })
    }

    /// Opens an act of this officer's. Of another's, it is told only that it may not be seen, and the log keeps it.
    async fn open(portal: &Portal, signed_in: &SignedIn, act: &str) -> Result<Self, Failure> {
        let found = portal.desk.mass_act(act).await?;
        let act = found.ok_or_else(Failure::not_found)?;
        signed_in.must_own(&act.officer)?;
        Self::of(act)
    }

    /// Keeps it; whether nobody had changed it meanwhile.
    async fn keep(&mut self, portal: &Portal, state: &str) -> Result<bool, Failure> {
        let bytes = serde_json::to_vec(&self.content).map_err(|fault| Failure::fault(&fault))?;
        self.act.content = Zeroizing::new(bytes);
        self.act.changed_at = portal.now();
        state.clone_into(&mut self.act.state);
        Ok(portal.desk.put_mass_act(&self.act).await?)
    }

    /// Where it is.
    fn address(&self) -> String {
        format!("/mass/{}", self.act.act)
    }
}
