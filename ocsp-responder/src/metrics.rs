//! Counters of the port and their Prometheus text form. Nothing here decides anything.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use store::status::Counts;
use x509::ocsp::ResponseStatus;
use x509::time::Time;

use crate::responder::Responder;
use crate::standing::Tally;

/// Upper bounds of the signing histogram, microseconds.
const SIGNING: [u64; 8] = [100, 250, 500, 1_000, 2_500, 10_000, 50_000, 250_000];
/// Upper bounds of the histogram of batches, answers.
const BATCHES: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Counting an index walks all of it, so that it is done at most this often, seconds.
const COUNT_EVERY: i64 = 10;
/// OCSP statuses by name, in the order of `answers`.
const ANSWERS: [&str; 6] = [
    "successful",
    "malformedRequest",
    "internalError",
    "tryLater",
    "sigRequired",
    "unauthorized",
];
/// Certificate statuses by name, in the order of `statuses`.
const STATUSES: [&str; 3] = ["good", "revoked", "unknown"];

/// Counts of each authority and the second in which they were made.
type CountsAt = (Time, Vec<(String, Counts)>);

/// What happened since start.
pub(crate) struct Metrics {
    answers: [AtomicU64; ANSWERS.len()],
    statuses: [AtomicU64; STATUSES.len()],
    confirmed: AtomicU64,
    http_refusals: AtomicU64,
    http_failures: AtomicU64,
    clock_steps: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    /// Microseconds.
    signing: Histogram<{ SIGNING.len() }>,
    /// Answers.
    batches: Histogram<{ BATCHES.len() }>,
    counts: Mutex<Option<CountsAt>>,
}

/// Counts by upper bound, and the sum.
struct Histogram<const N: usize> {
    bounds: [u64; N],
    buckets: [AtomicU64; N],
    count: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    fn new(bounds: [u64; N]) -> Self {
        Self {
            bounds,
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            count: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    fn count(&self, value: u64) {
        let first = self.bounds.partition_point(|bound| *bound < value);
        increment(self.buckets.get(first));
        increment(Some(&self.count));
        self.sum.fetch_add(value, Ordering::Relaxed);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            answers: Default::default(),
            statuses: Default::default(),
            confirmed: AtomicU64::new(0),
            http_refusals: AtomicU64::new(0),
            http_failures: AtomicU64::new(0),
            clock_steps: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            signing: Histogram::new(SIGNING),
            batches: Histogram::new(BATCHES),
            counts: Mutex::default(),
        }
    }
}

impl Metrics {
    /// One OCSP answer left.
    pub(crate) fn count_answer(&self, error: Option<ResponseStatus>, told: Tally) {
        let slot = match error {
            None => 0,
            Some(ResponseStatus::MalformedRequest) => 1,
            Some(ResponseStatus::InternalError) => 2,
            Some(ResponseStatus::TryLater) => 3,
            Some(ResponseStatus::SigRequired) => 4,
            Some(ResponseStatus::Unauthorized) => 5,
        };
        increment(self.answers.get(slot));
        let counts = [told.good, told.revoked, told.unknown];
        for (counter, count) in self.statuses.iter().zip(counts) {
            if count > 0 {
                counter.fetch_add(u64::from(count), Ordering::Relaxed);
            }
        }
    }

    /// An answer without a nonce was asked for, and was at hand or not.
    pub(crate) fn count_kept(&self, at_hand: bool) {
        increment(Some(if at_hand { &self.hits } else { &self.misses }));
    }

    /// A cache's copy of an OCSP answer was confirmed without signing again.
    pub(crate) fn count_confirmed(&self) {
        increment(Some(&self.confirmed));
    }

    /// An HTTP answer with an error status left.
    pub(crate) fn count_http_error(&self, server_side: bool) {
        increment(Some(if server_side {
            &self.http_failures
        } else {
            &self.http_refusals
        }));
    }

    /// One answer was signed this long after it was ready to be.
    pub(crate) fn count_signature(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.signing.count(micros);
    }

    /// An answer was made at an earlier time than one before.
    pub(crate) fn count_clock_step(&self) {
        increment(Some(&self.clock_steps));
    }

    /// So many answers were signed in one call.
    pub(crate) fn count_batch(&self, size: usize) {
        self.batches.count(u64::try_from(size).unwrap_or(u64::MAX));
    }

    /// Certificates of each authority by state, at most ten seconds old.
    fn counts(&self, responder: &Responder) -> Vec<(String, Counts)> {
        let now = responder.clock.now();
        let mut kept = self.counts.lock();
        if let Some((at, counts)) = kept.as_ref()
            && (0..COUNT_EVERY).contains(&now.0.saturating_sub(at.0))
        {
            return counts.clone();
        }
        let installed = responder.issuers().installed();
        let names = installed
            .into_iter()
            .map(|issuer| issuer.issuer.authority.clone());
        let counts: Vec<_> = names
            .map(|name| (name.clone(), responder.index.counts(&name)))
            .collect();
        *kept = Some((now, counts.clone()));
        counts
    }
}

fn increment(counter: Option<&AtomicU64>) {
    if let Some(counter) = counter {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the record says, as far as it could be read: it is asked when the page is made.
#[derive(Default)]
pub(crate) struct Record {
    /// Entries by which the index is behind the ledger.
    pub(crate) lag: Option<u64>,
    /// Entries of the ledger that no checkpoint covers yet.
    pub(crate) beyond_checkpoint: Option<u64>,
    /// Age of each authority's latest CRL, seconds.
    pub(crate) crl_ages: Vec<(String, i64)>,
}

/// Prometheus text exposition format 0.0.4.
pub(crate) fn render(responder: &Responder, record: &Record) -> String {
    let metrics = &responder.metrics;
    let mut page = Page(String::with_capacity(4096));
    page.family(
        "gmpki_ocsp_answers_total",
        "counter",
        "OCSP answers by response status.",
    );
    for (name, counter) in ANSWERS.iter().zip(&metrics.answers) {
        page.sample(
            "gmpki_ocsp_answers_total",
            &format!("{{status=\"{name}\"}}"),
            read(counter),
        );
    }
    page.family(
        "gmpki_ocsp_statuses_total",
        "counter",
        "Certificate statuses told.",
    );
    for (name, counter) in STATUSES.iter().zip(&metrics.statuses) {
        page.sample(
            "gmpki_ocsp_statuses_total",
            &format!("{{status=\"{name}\"}}"),
            read(counter),
        );
    }
    page.family(
        "gmpki_ocsp_confirmed_total",
        "counter",
        "Cached answers confirmed with HTTP 304.",
    );
    page.sample("gmpki_ocsp_confirmed_total", "", read(&metrics.confirmed));
    page.family(
        "gmpki_ocsp_never_issued_total",
        "counter",
        "Questions for serials that were never issued.",
    );
    page.sample(
        "gmpki_ocsp_never_issued_total",
        "",
        responder.index.never_issued().0,
    );
    page.family(
        "gmpki_http_errors_total",
        "counter",
        "HTTP answers with an error status.",
    );
    page.sample(
        "gmpki_http_errors_total",
        "{side=\"client\"}",
        read(&metrics.http_refusals),
    );
    page.sample(
        "gmpki_http_errors_total",
        "{side=\"server\"}",
        read(&metrics.http_failures),
    );
    kept(&mut page, responder);
    let signing = (
        "gmpki_ocsp_sign_seconds",
        "Time until an OCSP answer was signed.",
    );
    histogram(&mut page, signing, &metrics.signing, seconds);
    page.family(
        "gmpki_ocsp_waiting",
        "gauge",
        "Answers that wait for a signature.",
    );
    page.sample("gmpki_ocsp_waiting", "", responder.waiting());
    let batches = (
        "gmpki_ocsp_batch_answers",
        "OCSP answers signed in one call.",
    );
    histogram(&mut page, batches, &metrics.batches, |answers| {
        answers.to_string()
    });
    page.family(
        "gmpki_index_entries",
        "gauge",
        "Ledger entries that the status index stands for.",
    );
    page.sample("gmpki_index_entries", "", responder.index.applied());
    page.family(
        "gmpki_index_certificates",
        "gauge",
        "Certificates in the status index.",
    );
    for (authority, counts) in metrics.counts(responder) {
        for (state, n) in [
            ("good", counts.good),
            ("held", counts.held),
            ("revoked", counts.revoked),
        ] {
            let labels = format!("{{authority=\"{authority}\",state=\"{state}\"}}");
            page.sample("gmpki_index_certificates", &labels, n);
        }
    }
    page.family(
        "gmpki_clock_steps_back_total",
        "counter",
        "Answers made at an earlier time than one before.",
    );
    page.sample(
        "gmpki_clock_steps_back_total",
        "",
        read(&metrics.clock_steps),
    );
    for (name, help, value) in [
        (
            "gmpki_index_lag_entries",
            "Entries by which the status index is behind the ledger.",
            record.lag,
        ),
        (
            "gmpki_checkpoint_lag_entries",
            "Entries of the ledger that no checkpoint covers yet.",
            record.beyond_checkpoint,
        ),
    ] {
        page.family(name, "gauge", help);
        if let Some(value) = value {
            page.sample(name, "", value);
        }
    }
    page.family("gmpki_crl_age_seconds", "gauge", "Age of the latest CRL.");
    for (authority, age) in &record.crl_ages {
        page.sample(
            "gmpki_crl_age_seconds",
            &format!("{{authority=\"{authority}\"}}"),
            age,
        );
    }
    page.0
}

/// Answers without a nonce: how many were at hand, and what is kept.
fn kept(page: &mut Page, responder: &Responder) {
    const LOOKUPS: &str = "gmpki_ocsp_cache_lookups_total";
    let metrics = &responder.metrics;
    page.family(
        LOOKUPS,
        "counter",
        "Answers without a nonce that were at hand or not.",
    );
    page.sample(LOOKUPS, "{result=\"hit\"}", read(&metrics.hits));
    page.sample(LOOKUPS, "{result=\"miss\"}", read(&metrics.misses));
    let size = responder.cache.size();
    for (name, kind, help, value) in [
        (
            "gmpki_ocsp_cache_entries",
            "gauge",
            "Signed answers that are kept.",
            size.entries,
        ),
        (
            "gmpki_ocsp_cache_bytes",
            "gauge",
            "Memory of the kept answers.",
            size.bytes,
        ),
        (
            "gmpki_ocsp_cache_evictions_total",
            "counter",
            "Kept answers that made room for others.",
            responder.cache.evicted(),
        ),
    ] {
        page.family(name, kind, help);
        page.sample(name, "", value);
    }
}

/// Cumulative buckets; `unit` writes a value.
fn histogram<const N: usize>(
    page: &mut Page,
    (name, help): (&str, &str),
    histogram: &Histogram<N>,
    unit: impl Fn(u64) -> String,
) {
    page.family(name, "histogram", help);
    let mut below = 0;
    for (bound, counter) in histogram.bounds.iter().zip(&histogram.buckets) {
        below += read(counter);
        let labels = format!("{{le=\"{}\"}}", unit(*bound));
        page.sample(&format!("{name}_bucket"), &labels, below);
    }
    // Counters are read one by one while others write them; the total is never below the last bucket.
    let total = read(&histogram.count).max(below);
    page.sample(&format!("{name}_bucket"), "{le=\"+Inf\"}", total);
    page.sample(&format!("{name}_sum"), "", unit(read(&histogram.sum)));
    page.sample(&format!("{name}_count"), "", total);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// Microseconds as decimal seconds, exactly.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The text being written. Writing to a `String` cannot fail.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}
