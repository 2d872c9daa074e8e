//! A service that knows as many certificates as a province issues beside one that knows few: answers per second,
//! memory, start, and how soon a revocation is seen while both processors are busy answering.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use x509::certificate::{Certificate, Serial};

use super::issue::{Temporary, resident_kilobytes};
use super::ocsp::{Target, name, plan};
use super::officers::Officers;
use super::populace::{AUTHORITY, Invented, Populace};
use super::questions::Manner;
use super::service::{Service, processor_seconds};
use crate::cli::OcspBench;
use crate::output::{Failure, Output};
use crate::status;

/// Certificates of the other service.
const FEW: usize = 10_000;
/// Serials asked for with a nonce: more than any processor's cache holds.
const ASKED: usize = 100_000;
/// Serials asked for without one: as many as the smaller service has, so that both keep all answers.
const KEPT: usize = 10_000;
/// Turns of each service.
const ROUNDS: usize = 3;
/// Certificates that are revoked under load.
const REVOKED: usize = 40;

/// One of the two.
struct Side {
    certificates: usize,
    service: Service,
    issuer: Certificate,
    asked: Vec<Serial>,
    issued: Vec<Serial>,
    /// Seconds: from the whole record, and from the kept index.
    starts: (f64, f64),
    /// By manner: answers, seconds, processor seconds of the service.
    done: [(u64, f64, f64); 2],
}

/// Runs it.
pub async fn run(certificates: usize, options: &OcspBench, output: Output) -> Result<(), Failure> {
    let certificates = certificates.clamp(FEW, 50_000_000);
    let mut few = Side::start(FEW).await?;
    let mut many = Side::start(certificates).await?;
    for _ in 0..ROUNDS {
        for side in [&mut few, &mut many] {
            side.load(options).await?;
        }
    }
    let seen = many.revoke_under_load(options).await?;
    let ratio = |manner: usize| many.rate(manner) / few.rate(manner);
    let by_processor = |manner: usize| many.by_processor(manner) / few.by_processor(manner);
    let value = json!({
        "bench": "ocsp", "few": few.json(), "many": many.json(),
        "ratio_nonce": ratio(0), "ratio_nonce_by_server_second": by_processor(0),
        "ratio_no_nonce": ratio(1), "ratio_no_nonce_by_server_second": by_processor(1),
        "revocations_under_load": seen.count,
        "revocation_ms_worst": seen.commit.as_secs_f64() * 1e3,
        "visible_after_commit_ms_worst": seen.late.as_secs_f64() * 1e3,
        "answers_per_second_meanwhile": seen.rate,
    });
    output.result(&value, || {
        format!(
            "{}{}{} beside {}: {:.2} x with a nonce ({:.2} by processor time), {:.2} x without ({:.2})\n\
             {} revocations at {:.0} answers/s: each committed within {:.0} ms, seen at the latest {:.0} ms after its commit was answered",
            few.lines(),
            many.lines(),
            many.certificates,
            few.certificates,
            ratio(0),
            by_processor(0),
            ratio(1),
            by_processor(1),
            seen.count,
            seen.rate,
            seen.commit.as_secs_f64() * 1e3,
            seen.late.as_secs_f64() * 1e3,
        )
    });
    Ok(())
}

/// The manners that are measured.
const MANNERS: [Manner; 2] = [
    Manner {
        get: false,
        nonce: true,
    },
    Manner {
        get: true,
        nonce: false,
    },
];

impl Side {
    #[allow(clippy::disallowed_methods)] // a bench measures time
    async fn start(certificates: usize) -> Result<Self, Failure> {
        let temporary = Temporary::new();
        std::fs::create_dir_all(&temporary.0)?;
        let populace = Populace::found(Service::data(&temporary), 128, REVOKED).await?;
        let invented = Invented {
            certificates,
            revoked_every: 10,
            shard: None,
            sample: ASKED.min(certificates),
        };
        let asked = populace.invent(&invented).await?;
        let issued = populace.issued;
        let started = Instant::now();
        let service = Service::over(temporary).await?;
        let whole = started.elapsed().as_secs_f64();
        let temporary = service.stop().await?;
        let started = Instant::now();
        let service = Service::over(temporary).await?;
        let starts = (whole, started.elapsed().as_secs_f64());
        let (mut connection, base) = status::connect(service.machines()).await?;
        let issuer = status::authority_certificate(&mut connection, &base, AUTHORITY).await?;
        Ok(Self {
            certificates,
            service,
            issuer,
            asked,
            issued,
            starts,
            done: [(0, 0.0, 0.0); 2],
        })
    }

    fn target(&self, manner: Manner) -> anyhow::Result<Target> {
        let asked = if manner.nonce { ASKED } else { KEPT };
        let serials = &self.asked[..self.asked.len().min(asked)];
        Target::of(self.service.machines(), self.issuer.clone(), serials)
    }

    /// One turn in each manner.
    async fn load(&mut self, options: &OcspBench) -> anyhow::Result<()> {
        for (at, manner) in MANNERS.into_iter().enumerate() {
            let target = self.target(manner)?;
            let pid = self.service.running.pid;
            let before = processor_seconds(pid).unwrap_or(0.0);
            let load = target.load(manner, plan(options)).await?;
            let processor = processor_seconds(pid).unwrap_or(0.0) - before;
            anyhow::ensure!(load.errors == 0, "{} errors", load.errors);
            let (answers, seconds, processors) = &mut self.done[at];
            *answers += load.answers;
            *seconds += load.seconds;
            *processors += processor;
        }
        Ok(())
    }

    /// Revokes certificates while it answers as fast as it can.
    async fn revoke_under_load(&self, options: &OcspBench) -> Result<Seen, Failure> {
        let mut officers = Officers::sign_in(&self.service.data).await?;
        let target = self.target(MANNERS[0])?;
        let mut plan = plan(options);
        plan.seconds = plan.seconds.max(20);
        let pause = Duration::from_millis(plan.seconds * 800 / REVOKED as u64);
        let loading = target.load(MANNERS[0], plan);
        let revoking = async {
            let (mut commit, mut late, mut count) = (Duration::ZERO, Duration::ZERO, 0);
            let (mut connection, base) = status::connect(self.service.machines()).await?;
            let path = format!("{base}/ocsp");
            for serial in &self.issued {
                tokio::time::sleep(pause / 2).await;
                let looking = async {
                    loop {
                        let asked =
                            status::ask(&mut connection, &path, &self.issuer, serial).await?;
                        if asked.state() == "revoked" {
                            #[allow(clippy::disallowed_methods)] // a bench measures time
                            return anyhow::Ok(Instant::now());
                        }
                    }
                };
                let (changed, seen) = tokio::join!(officers.revoke(serial), looking);
                let (sent, answered) = changed?;
                commit = commit.max(answered.duration_since(sent));
                late = late.max(seen?.saturating_duration_since(answered));
                count += 1;
            }
            Ok::<_, Failure>((commit, late, count))
        };
        let (load, seen) = tokio::join!(loading, revoking);
        let (load, (commit, late, count)) = (load?, seen?);
        Ok(Seen {
            commit,
            late,
            count,
            rate: load.rate(),
        })
    }

    fn rate(&self, manner: usize) -> f64 {
        let (answers, seconds, _) = self.done[manner];
        answers as f64 / seconds
    }

    /// Answers per second of the service's processor.
    fn by_processor(&self, manner: usize) -> f64 {
        let (answers, _, processor) = self.done[manner];
        answers as f64 / processor.max(0.01)
    }

    fn json(&self) -> Value {
        json!({
            "certificates": self.certificates, "resident_kilobytes": self.resident(),
            "start_seconds_whole_record": self.starts.0, "start_seconds_kept_index": self.starts.1,
            "nonce_per_second": self.rate(0), "nonce_by_server_second": self.by_processor(0),
            "no_nonce_per_second": self.rate(1), "no_nonce_by_server_second": self.by_processor(1),
        })
    }

    fn resident(&self) -> u64 {
        resident_kilobytes(self.service.running.pid)
    }

    fn lines(&self) -> String {
        let mut text = format!(
            "{} certificates: {} MB resident, started in {:.1} s from the whole record, {:.1} s from the kept index\n",
            self.certificates,
            self.resident() / 1024,
            self.starts.0,
            self.starts.1
        );
        for (at, manner) in MANNERS.into_iter().enumerate() {
            text.push_str(&format!(
                "  {:30} {:>8.0}/s, {:.0} by server second\n",
                name("gmpki", manner),
                self.rate(at),
                self.by_processor(at)
            ));
        }
        text
    }
}

/// How soon revocations were seen.
struct Seen {
    count: usize,
    /// From sending a signed statement to the answer; the worst.
    commit: Duration,
    /// From that answer to the first OCSP answer that says so; the worst.
    late: Duration,
    /// Answers per second meanwhile.
    rate: f64,
}
