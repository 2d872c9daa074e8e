//! `gmpki officer`: appointments, which two RA administrators decide on.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Acting;

/// `gmpki officer`
#[derive(Debug, Subcommand)]
pub enum OfficerCommand {
    /// List officers with role, scope, term and certificate (RA administrator, auditor)
    List {
        #[command(flatten)]
        acting: Acting,
    },
    /// On the officer's own machine: make a key, and the request for its certificate
    Key {
        /// New key file, encrypted with the passphrase; the request is written beside it, ending in .csr
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// File whose first line will open the key
        #[arg(long, value_name = "FILE")]
        passphrase_file: PathBuf,
    },
    /// List the proposals about officers
    Proposals {
        /// Only this state: waiting, confirmed, refused
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Propose to appoint the holder of an officer certificate (RA administrator); another one confirms it
    Appoint {
        /// The officer certificate of this service: PEM file, or SM3 fingerprint in hex
        #[arg(long, value_name = "FILE_OR_FINGERPRINT")]
        certificate: String,
        #[command(flatten)]
        terms: Terms,
    },
    /// Propose other terms for an officer; they replace the former ones whole
    Change {
        /// Officer number
        #[arg(value_name = "OFFICER")]
        number: String,
        /// A new officer certificate of the same person
        #[arg(long, value_name = "FILE_OR_FINGERPRINT")]
        certificate: Option<String>,
        #[command(flatten)]
        terms: Terms,
    },
    /// Propose to end an appointment, for ever
    End {
        /// Officer number
        #[arg(value_name = "OFFICER")]
        number: String,
        /// Why, 1 to 500 characters
        #[arg(long)]
        note: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Confirm what another RA administrator proposed; it is in force at once
    Confirm {
        /// Ledger entry of the proposal
        proposal: u64,
        #[command(flatten)]
        acting: Acting,
    },
    /// Turn a proposal down, or take back one's own
    Refuse {
        /// Ledger entry of the proposal
        proposal: u64,
        /// Why, 1 to 500 characters
        #[arg(long)]
        reasons: String,
        #[command(flatten)]
        acting: Acting,
    },
}

/// Under which terms an officer is to act.
#[derive(Debug, Args)]
pub struct Terms {
    /// entry, review, production, ra-administrator, auditor
    #[arg(long)]
    pub role: String,
    /// Division code of a city of the scope, such as 370100; repeat; without one the whole province
    #[arg(long = "city", value_name = "CODE")]
    pub cities: Vec<String>,
    /// Full name of a unit of the scope; repeat; without one all units of the cities
    #[arg(long = "unit", value_name = "NAME")]
    pub units: Vec<String>,
    /// When it begins, RFC 3339 such as 2026-12-01T00:00:00+08:00; default: at once
    #[arg(long, value_name = "TIME")]
    pub from: Option<jiff::Timestamp>,
    /// When it ends, RFC 3339; default: when it is ended
    #[arg(long, value_name = "TIME")]
    pub until: Option<jiff::Timestamp>,
    /// Why, 1 to 500 characters
    #[arg(long)]
    pub note: String,
    #[command(flatten)]
    pub acting: Acting,
}
