//! `gmpki bench`: issuance, the status index and OCSP on this machine, as ratios beside others where they are there.

mod index;
mod issue;
mod load;
mod ocsp;
mod peer;
mod questions;
mod report;
mod service;

use crate::cli::BenchCommand;
use crate::output::{Failure, Output};

/// Runs one of them.
pub async fn run(command: BenchCommand, output: Output) -> Result<(), Failure> {
    match command {
        BenchCommand::Index { certificates } => index::run(certificates, output).await,
        BenchCommand::Issue(options) => issue::run(&options, output).await,
        BenchCommand::Ocsp(options) => ocsp::run(&options, output).await,
    }
}
