//! `gmpki bench`: what is measured, and how much of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `gmpki bench`
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// CRLs of a hierarchy of its own, made anew after a revocation: time and memory, with few and with many revoked
    Crl {
        /// Certificates revoked
        #[arg(long, default_value_t = 1_000_000)]
        revoked: usize,
    },
    /// The officers' desk over a demonstration of given size: time to first byte of its pages and searches, one by one and
    /// with many officers at once
    Desk(DeskBench),
    /// The status index: memory, look-ups, start from a snapshot, how soon a revocation is seen
    Index {
        /// Certificates in all, a tenth of them revoked
        #[arg(long, default_value_t = 10_000_000)]
        certificates: usize,
    },
    /// Certificates per second, durable, approvals checked, in a temporary hierarchy
    Issue(IssueBench),
    /// OCSP answers per second and their latencies: of any responder at --url, or of a service of its own beside nginx
    /// and openssl ocsp where they are installed
    Ocsp(OcspBench),
}

/// `gmpki bench desk`
#[derive(Clone, Debug, Args)]
pub struct DeskBench {
    /// Holders of the demonstration
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub holders: u32,
    /// Requests of each page and of each search, one after the other
    #[arg(long, default_value_t = 50)]
    pub requests: usize,
    /// Officers at once, 1,000 at most
    #[arg(long, default_value_t = 500)]
    pub officers: usize,
    /// Seconds between two pages of an officer, on average
    #[arg(long, default_value_t = 5.0)]
    pub pause: f64,
    /// Seconds that they work
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// Found the demonstration in this directory and leave it there, or measure the one that is there
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// `gmpki bench issue`
#[derive(Debug, Args)]
pub struct IssueBench {
    /// Callers at once
    #[arg(long, default_value_t = 64)]
    pub callers: usize,
    /// Certificates in all
    #[arg(long, default_value_t = 5000)]
    pub certificates: usize,
    /// URL of an empty PostgreSQL database; default: an SQLite file in the hierarchy's directory
    #[arg(long)]
    pub url: Option<String>,
    /// Found the hierarchy in this new directory and leave it there, to be served
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// `gmpki bench ocsp`
#[derive(Clone, Debug, Args)]
pub struct OcspBench {
    /// Connections at once
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Seconds
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// Requests per second, sent when they are due however late the answers are (open loop); default: each connection
    /// asks as soon as it has its answer (closed loop)
    #[arg(long, value_name = "PER_SECOND")]
    pub rate: Option<f64>,
    /// Base URL of a status port, or of any responder with --request; default: a service of its own
    #[arg(long)]
    pub url: Option<String>,
    /// Authority to ask about
    #[arg(long, default_value = "jinan")]
    pub authority: String,
    /// Serials to ask for, hex, one a line; default: what the ledger at --url says was issued
    #[arg(long, value_name = "FILE", requires = "url")]
    pub serials: Option<PathBuf>,
    /// Certificate of the issuer (PEM or DER); default: that of --authority at --url
    #[arg(long, value_name = "FILE", requires = "url")]
    pub issuer: Option<PathBuf>,
    /// Ask by GET, with the request in the path
    #[arg(long)]
    pub get: bool,
    /// Leave the nonce out
    #[arg(long)]
    pub no_nonce: bool,
    /// Verify every so many answers; 0 for none
    #[arg(long, value_name = "EVERY", default_value_t = 1000)]
    pub sample: u64,
    /// Send this request (DER) to any responder at --url, as it is
    #[arg(long, value_name = "FILE", requires = "url", conflicts_with_all = ["serials", "issuer", "no_nonce"])]
    pub request: Option<PathBuf>,
    /// A new connection for every request
    #[arg(long)]
    pub reconnect: bool,
    /// Write the latency distribution here, as CSV
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Compare a service that knows so many certificates, a tenth of them revoked, with one that knows 10,000, and time
    /// how soon revocations are seen under full load: needs 400 bytes of disk for each
    #[arg(long, value_name = "CERTIFICATES", conflicts_with_all = ["url", "soak", "rate", "csv"])]
    pub index: Option<usize>,
    /// For so many minutes at 70 % of what a service of its own does at most, while certificates are held, released and
    /// revoked; every sampled answer is checked against what was committed when it was asked for
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["url", "rate", "csv"])]
    pub soak: Option<u64>,
}
