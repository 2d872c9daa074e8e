//! The command line.

mod bench;
mod officer;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use bench::{BenchCommand, DeskBench, IssueBench, OcspBench};
pub use officer::{OfficerCommand, Terms};

/// gmpki: SM2/SM3/SM4 certificate authority and network trust service.
///
/// Without a command it serves: the first start founds a demonstration hierarchy, the next ones go on with it.
/// 国密（SM2/SM3/SM4）证书认证与网络信任服务。不带命令即启动服务；首次启动建立演示体系。
///
/// Exit status: 0 done, 1 refused by a rule, 2 usage, 3 fault, 4 verification failed.
#[derive(Debug, Parser)]
#[command(name = "gmpki", version, max_term_width = 100)]
pub struct Cli {
    /// Configuration file (TOML); without one the defaults serve
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory: keys, database, officers' files
    #[arg(long, global = true, value_name = "DIR", default_value = "gmpki-data")]
    pub data: PathBuf,
    /// Results as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service (the default): authority, responder, site, officers' API
    Serve(Serving),
    /// Found a hierarchy without serving it
    Init(Founding),
    /// Cases: enter, look at, decide (officers)
    #[command(subcommand)]
    Case(CaseCommand),
    /// Certificates: issue, freeze, release, revoke, search (officers), status (everybody)
    #[command(subcommand)]
    Cert(CertCommand),
    /// Officers: list, appoint, change, end; two RA administrators decide
    #[command(subcommand)]
    Officer(OfficerCommand),
    /// CRLs: list, make, fetch
    #[command(subcommand)]
    Crl(CrlCommand),
    /// Responders on other machines
    #[command(subcommand)]
    Responder(ResponderCommand),
    /// Audit: verify the whole record, make and check proofs
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Sign on an officer's own machine what the portal asks for
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Measure issuance and OCSP on this machine
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Check a running service: chain, CRLs, OCSP, ledger, clock
    Doctor,
}

/// How the service starts.
#[derive(Debug, Clone, Default, Args)]
pub struct Serving {
    /// Which part runs in this process
    #[arg(long, value_enum, default_value_t)]
    pub role: Role,
    /// What the first start founds
    #[command(flatten)]
    pub founding: Founding,
    /// The system clock is right, however long after the last ledger entry it is
    #[arg(long)]
    pub accept_clock: bool,
}

/// A part of the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Everything
    #[default]
    All,
    /// Authority, site and officers' API, without the status port
    Ca,
    /// OCSP, CRLs, CA certificates and ledger, on a machine of its own that only reads the database
    Status,
}

/// `gmpki agent`
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Listen on loopback for one portal; each signature is agreed to in the browser
    Serve {
        /// Whose key
        #[command(flatten)]
        acting: Acting,
        /// The portal's address, as officers open it; default: the service that runs on the data directory
        #[arg(long, value_name = "URL")]
        portal: Option<String>,
        /// Where to listen
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8765")]
        listen: std::net::SocketAddr,
    },
    /// Sign a downloaded sign-in or statement; prints the signature
    Sign {
        /// The downloaded file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Whose key
        #[command(flatten)]
        acting: Acting,
    },
}

/// `gmpki responder`
#[derive(Debug, Subcommand)]
pub enum ResponderCommand {
    /// On the authority's machine: certify the key of a responder on another machine, now and whenever it is time
    Enrol {
        /// The responder's request: responder.csr of its data directory
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
    },
}

/// What the first start founds.
#[derive(Debug, Clone, Default, Args)]
pub struct Founding {
    /// Found a hierarchy that is not marked as a demonstration, with officers but no invented people
    #[arg(long)]
    pub no_demo: bool,
    /// How many invented holders the demonstration has; `serve` enters those of a province while it serves
    #[arg(long, value_enum, default_value_t, conflicts_with = "no_demo")]
    pub demo: DemoSize,
    /// So many instead, 2,000,000 at most
    #[arg(long, value_name = "NUMBER", conflicts_with = "no_demo", value_parser = clap::value_parser!(u32).range(..=2_000_000))]
    pub demo_holders: Option<u32>,
}

impl Founding {
    /// A hierarchy that is no demonstration.
    pub fn without_demo() -> Self {
        Self {
            no_demo: true,
            ..Self::default()
        }
    }

    /// Invented holders beside the cast of a demonstration.
    pub fn holders(&self) -> u32 {
        self.demo_holders.unwrap_or(match self.demo {
            DemoSize::Default => 400,
            DemoSize::Province => 700_000,
            DemoSize::Small => 0,
        })
    }
}

/// Sizes of a demonstration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DemoSize {
    /// Some hundred holders in all cities, ready in seconds
    #[default]
    Default,
    /// 700,000 holders
    Province,
    /// The cast alone
    Small,
}

/// Who acts, and where the service is.
#[derive(Debug, Clone, Args)]
pub struct Acting {
    /// Officer whose files lie in DATA/officers: entry, review, production, auditor, ra-administrator, …
    #[arg(long = "as", value_name = "OFFICER", conflicts_with_all = ["key", "cert"])]
    pub officer: Option<String>,
    /// Officer's key file
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Officer's certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// File whose first line opens the key
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// The service, where it is not the one that runs on the data directory
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Sign without asking
    #[arg(long, short)]
    pub yes: bool,
}

/// `gmpki case`
#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// Enter a case, or complete one that was returned (entry officer)
    Submit(Submit),
    /// List cases
    List {
        /// Only this state: submitted, returned, approved, refused, withdrawn, producing, issued
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Show a case as its reviewer sees it
    Show {
        /// Case number
        case: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Approve what was submitted (review officer, never the one who entered it)
    Approve {
        /// Case number
        case: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Send back to be completed (review officer)
    Return(Reasoned),
    /// Refuse for good (review officer)
    Refuse(Reasoned),
    /// Take back (the entry officer of the case)
    Withdraw(Reasoned),
    /// List the profiles that can be asked for, with their fields
    Profiles,
    /// What can follow on a certificate now: renewal, a new key, a replacement, a change (entry officer)
    Successions {
        /// Serial, hex
        serial: String,
        /// Authority that issued it
        #[arg(long, default_value = "jinan")]
        authority: String,
        #[command(flatten)]
        acting: Acting,
    },
}

/// A case and why.
#[derive(Debug, Args)]
pub struct Reasoned {
    /// Case number
    pub case: String,
    /// Why, 1 to 500 characters
    #[arg(long)]
    pub reasons: String,
    #[command(flatten)]
    pub acting: Acting,
}

/// `gmpki case submit`
#[derive(Debug, Args)]
pub struct Submit {
    /// Profile: staff-signing, department-signing, device, …
    #[arg(long)]
    pub profile: String,
    /// Authority that is to issue
    #[arg(long, default_value = "jinan")]
    pub authority: String,
    /// PKCS#10 request, PEM or DER
    #[arg(long, value_name = "FILE")]
    pub csr: PathBuf,
    /// A field of the profile; repeat
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
    /// Fields from a TOML or JSON file
    #[arg(long = "fields", value_name = "FILE")]
    pub fields_file: Option<PathBuf>,
    /// Supporting file: PDF, JPEG or PNG, at most 10 MB; repeat
    #[arg(long, value_name = "FILE")]
    pub evidence: Vec<PathBuf>,
    /// Number of a case that was returned
    #[arg(long)]
    pub case: Option<String>,
    /// Serial of the certificate, by the same authority, that the new one follows on
    #[arg(long, value_name = "SERIAL", requires = "because")]
    pub succeeds: Option<String>,
    /// Why: renewal, re-key, damaged, lost, change
    #[arg(long, value_name = "WHY", requires = "succeeds")]
    pub because: Option<ledger::event::Succession>,
    #[command(flatten)]
    pub acting: Acting,
}

/// `gmpki cert`
#[derive(Debug, Subcommand)]
pub enum CertCommand {
    /// Produce the certificates of approved cases, all or none (production officer)
    Issue {
        /// Case numbers
        #[arg(required = true)]
        cases: Vec<String>,
        /// Write each certificate to DIR/SERIAL.pem
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Freeze (certificateHold)
    Hold(Change),
    /// Release from hold
    Release(Change),
    /// Revoke, for ever
    Revoke {
        /// keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn, unspecified
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        change: Change,
    },
    /// Search by name, department, host, serial, fingerprint, case number
    Search {
        /// What to look for
        text: Option<String>,
        /// Only this state: good, held, revoked, abandoned
        #[arg(long)]
        state: Option<String>,
        /// Only this profile
        #[arg(long)]
        profile: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Show a certificate with its whole history
    Show(Named),
    /// Write a certificate as PEM
    Export {
        #[command(flatten)]
        named: Named,
        /// File; default: standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Status of a serial or of a certificate file by OCSP, without signing in
    Status {
        /// Serial, or a file in PEM or DER
        what: String,
        /// Authority that issued the serial; the service on the data directory is asked where it is left out
        #[arg(long)]
        authority: Option<String>,
        /// The status port, where it is not the one of the data directory
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
}

/// A certificate by serial.
#[derive(Debug, Args)]
pub struct Named {
    /// Serial, hex
    pub serial: String,
    /// Issuing authority, where the serial alone is not enough
    #[arg(long)]
    pub authority: Option<String>,
    #[command(flatten)]
    pub acting: Acting,
}

/// A change of status.
#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    pub named: Named,
    /// Why, in words
    #[arg(long, default_value = "")]
    pub note: String,
}

/// `gmpki crl`
#[derive(Debug, Subcommand)]
pub enum CrlCommand {
    /// List the CRLs of every authority, full, delta and by shard, with their ages
    List {
        /// The status port, where it is not the one of the data directory
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
    /// Make a CRL at once (RA administrator, production officer)
    Publish {
        /// Authority
        authority: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Fetch the latest full CRL, DER
    Fetch {
        /// Authority
        authority: String,
        /// File
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The status port, where it is not the one of the data directory
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
}

/// `gmpki audit`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Re-read everything: entries, tree, checkpoints, statements, certificates, CRLs, every row
    Verify {
        /// Verifier key line of the log; default: DATA/log-key.txt. Keep your own copy
        #[arg(long, value_name = "LINE")]
        key: Option<String>,
        /// A checkpoint that you kept: the record must still begin with what it covers; repeat
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
    },
    /// Write a proof of everything on record about a certificate
    Prove {
        /// Serial, hex
        serial: String,
        /// Issuing authority, where the serial alone is not enough
        #[arg(long)]
        authority: Option<String>,
        /// File; default: standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The service, where it is not the one that runs on the data directory
        #[arg(long, value_name = "URL")]
        server: Option<String>,
    },
    /// Check a proof, offline, with nothing but the log's public key
    Check {
        /// Proof file
        file: PathBuf,
        /// Verifier key line of the log
        #[arg(long, value_name = "LINE", conflicts_with = "key_file")]
        key: Option<String>,
        /// File with the verifier key line; default: DATA/log-key.txt
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
}
