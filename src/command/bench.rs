//! `gmpki bench`: issuance, the officers' desk, the status index, CRLs and OCSP on this machine, as ratios beside others where they are there.

mod crl;
mod desk;
mod index;
mod issue;
mod load;
mod ocsp;
mod officers;
mod peer;
mod populace;
mod questions;
mod report;
mod scale;
mod service;
mod soak;
mod truth;

use crate::cli::BenchCommand;
use crate::output::{Failure, Output};

/// Runs one of them.
pub async fn run(command: BenchCommand, output: Output) -> Result<(), Failure> {
    match command {
        BenchCommand::Crl { revoked } => crl::run(revoked, output).await,
        BenchCommand::Desk(options) => desk::run(&options, output).await,
        BenchCommand::Index { certificates } => index::run(certificates, output).await,
        BenchCommand::Issue(options) => issue::run(&options, output).await,
        BenchCommand::Ocsp(options) => ocsp::run(&options, output).await,
    }
}
