//! `gmpki doctor`: looks at a running service from outside and says what is wrong and what to do.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::Method;
use ledger::checkpoint::{Checkpoint, VerifierKey, open_note};
use ledger::event::{Entry, Event, Status};
use serde_json::{Value, json};
use store::clock::{Clock as _, SystemClock};
use x509::certificate::{Certificate, Serial};
use x509::path::{Purpose, validate};
use x509::time::Time;

use super::crl::{fetch, machines};
use crate::config::Config;
use crate::data::DataDirectory;
use crate::http::Connection;
use crate::output::{Failure, Output};
use crate::status;

/// How many of the latest entries are searched for certificates to ask about.
const RECENT: u64 = 500;

/// One thing that was looked at.
struct Check {
    what: String,
    result: Result<String, String>,
}

/// Looks at everything.
pub async fn run(config: &Config, data: &DataDirectory, output: Output) -> Result<(), Failure> {
    let url = machines(data, None)?;
    let (mut connection, base) = status::connect(&url).await?;
    let mut checks = vec![ready(&mut connection, &base).await];
    let mut certificates: Vec<(String, Certificate)> = Vec::new();
    for authority in status::authorities(&mut connection, &base).await? {
        let certificate = status::authority_certificate(&mut connection, &base, &authority).await?;
        certificates.push((authority, certificate));
    }
    let is_root = |c: &&Certificate| c.issuer().der() == c.subject().der();
    let all = certificates.iter().map(|(_, c)| c);
    let roots: Vec<Certificate> = all.filter(is_root).cloned().collect();
    for (authority, certificate) in &certificates {
        checks.push(Check {
            what: format!("证书链 chain {authority}"),
            result: chain(certificate, &roots),
        });
        let crl = fetch(&mut connection, &base, authority).await;
        checks.push(Check {
            what: format!("CRL {authority}"),
            result: crl.map_err(text).and_then(|(_, crl)| fresh(&crl)),
        });
    }
    // Serials that the ledger knows: a question about any other would raise the alarm of a forged certificate.
    let issued = latest_issued(&mut connection, &base).await?;
    for (authority, certificate) in &certificates {
        let Some(life) = issued.get(authority) else {
            continue;
        };
        let answer = status::ask(
            &mut connection,
            &format!("{base}/ocsp"),
            certificate,
            &life.serial,
        )
        .await;
        checks.push(Check {
            what: format!("OCSP {authority}"),
            result: answer.map_err(text).and_then(|a| agrees(&a, life)),
        });
    }
    checks.push(Check {
        what: "检查点 checkpoint".into(),
        result: checkpoint(&mut connection, &base, data).await,
    });

    checks.push(Check {
        what: "时钟 clock".into(),
        result: clock(&mut connection, &base, config).await,
    });

    let failed = checks.iter().filter(|check| check.result.is_err()).count();
    let list: Vec<Value> = checks
        .iter()
        .map(|check| {
            let (ok, detail) = match &check.result {
                Ok(detail) => (true, detail),
                Err(detail) => (false, detail),
            };
            json!({"check": check.what, "ok": ok, "detail": detail})
        })
        .collect();
    if failed > 0 && output.json {
        return Err(Failure::NotVerified(json!({"checks": list})));
    }
    output.result(&json!({"checks": list}), || {
        checks
            .iter()
            .map(|check| match &check.result {
                Ok(detail) => format!("✓ {}: {detail}\n", check.what),
                Err(detail) => format!("✗ {}: {detail}\n", check.what),
            })
            .collect()
    });
    if failed > 0 {
        return Err(Failure::NotVerified(
            json!({"error": format!("{failed} of {} checks failed", checks.len())}),
        ));
    }
    Ok(())
}

async fn ready(connection: &mut Connection, base: &str) -> Check {
    let answer = connection
        .send(
            Method::GET,
            &format!("{base}/ready"),
            "",
            None,
            Bytes::new(),
        )
        .await;
    let result = match answer {
        Ok(answer) if answer.status.is_success() => {
            Ok("状态视图与台账同步 index and ledger agree".into())
        }
        Ok(answer) => Err(format!(
            "{}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body).trim()
        )),
        Err(error) => Err(text(error)),
    };
    Check {
        what: "就绪 ready".into(),
        result,
    }
}

fn chain(certificate: &Certificate, roots: &[Certificate]) -> Result<String, String> {
    let root = roots
        .iter()
        .find(|root| root.subject().der() == certificate.issuer().der())
        .ok_or("its root is not among the published certificates")?;
    let now = SystemClock.now();
    validate(certificate, &[], root, now, Purpose::Any).map_err(|e| e.to_string())?;
    Ok(format!("有效至 valid until {}", certificate.not_after()))
}

fn fresh(crl: &x509::crl::Crl) -> Result<String, String> {
    let left = crl.next_update().0 - SystemClock.now().0;
    if left <= 0 {
        return Err(format!(
            "CRL {} 已过期 expired at {}; gmpki crl publish",
            crl.number(),
            crl.next_update()
        ));
    }
    Ok(format!(
        "{} 号 number，{} 项 entries，{} 小时内有效 hours left",
        crl.number(),
        crl.len(),
        left / 3600
    ))
}

/// The latest certificate of an authority and what the ledger says of it.
struct Life {
    serial: Serial,
    state: &'static str,
}

/// Reads the public ledger to its end.
async fn latest_issued(
    connection: &mut Connection,
    base: &str,
) -> anyhow::Result<BTreeMap<String, Life>> {
    let mut latest: BTreeMap<String, Life> = BTreeMap::new();
    let size = read_checkpoint(connection, base).await?.size;
    for index in size.saturating_sub(RECENT)..size {
        let path = format!("{base}/log/entry/{index}");
        let body = connection.get(&path).await?;
        match Entry::decode(&body)?.event {
            Event::CertificateIssued {
                authority, serial, ..
            } => {
                latest.insert(
                    authority,
                    Life {
                        serial: serial.parse()?,
                        state: "good",
                    },
                );
            }
            Event::CertificateSuperseded {
                authority, serial, ..
            } => {
                latest.insert(
                    authority,
                    Life {
                        serial: serial.parse()?,
                        state: "revoked",
                    },
                );
            }
            Event::CertificateStatus {
                authority,
                serial,
                status,
                ..
            } => {
                let state = match status {
                    Status::Good => "good",
                    Status::Held => "held",
                    Status::Revoked => "revoked",
                };
                latest.insert(
                    authority,
                    Life {
                        serial: serial.parse()?,
                        state,
                    },
                );
            }
            _ => {}
        }
    }
    Ok(latest)
}

fn agrees(answer: &status::Verified, life: &Life) -> Result<String, String> {
    if answer.state() == life.state {
        let until = answer.responder.not_after();
        Ok(format!(
            "{} {}，与台账一致 as on the ledger；响应证书至 responder until {until}",
            life.serial, life.state
        ))
    } else {
        Err(format!(
            "{} is {} on the ledger and {} at OCSP",
            life.serial,
            life.state,
            answer.state()
        ))
    }
}

async fn checkpoint(
    connection: &mut Connection,
    base: &str,
    data: &DataDirectory,
) -> Result<String, String> {
    let note = fetch_checkpoint(connection, base).await.map_err(text)?;
    let key = std::fs::read_to_string(data.log_key_file())
        .map_err(|e| format!("{}: {e}", data.log_key_file().display()))?;
    let key = key
        .trim()
        .parse::<VerifierKey>()
        .map_err(|_| "log-key.txt is not a verifier key")?;
    let checkpoint = open_note(&note, &key).map_err(|e| e.to_string())?;
    Ok(format!(
        "规模 size {}，{}",
        checkpoint.size,
        Time(SystemClock.now().0)
    ))
}

/// The ledger's time against this machine's clock.
async fn clock(connection: &mut Connection, base: &str, config: &Config) -> Result<String, String> {
    let size = read_checkpoint(connection, base).await.map_err(text)?.size;
    let path = format!("{base}/log/entry/{}", size.saturating_sub(1));
    let body = connection.get(&path).await.map_err(text)?;
    let last = Entry::decode(&body).map_err(|e| e.to_string())?.time;
    pace(SystemClock.now().0 - last, config)
}

/// What it means that the clock is `ahead` seconds after the last entry.
fn pace(ahead: i64, config: &Config) -> Result<String, String> {
    let limit = i64::from(config.clock.longest_gap_hours) * 3600;
    if ahead < -60 {
        return Err(format!(
            "台账时间比系统时钟快 {0} 秒，在此之前操作被拒绝 / the ledger is {0} seconds ahead of the clock; until then officers' acts are refused as stale",
            -ahead
        ));
    }
    if ahead > limit {
        return Err(format!(
            "系统时钟比最后一条记录晚 {0} 小时：时钟跳变或服务不能写入 / the clock is {0} hours after the last entry: it has jumped, or the service cannot write",
            ahead / 3600
        ));
    }
    Ok(format!(
        "最后一条记录在 {ahead} 秒前 seconds since the last entry"
    ))
}

async fn fetch_checkpoint(connection: &mut Connection, base: &str) -> anyhow::Result<String> {
    let path = format!("{base}/log/checkpoint");
    let body = connection.get(&path).await?;
    Ok(String::from_utf8(body.to_vec())?)
}

async fn read_checkpoint(connection: &mut Connection, base: &str) -> anyhow::Result<Checkpoint> {
    Ok(Checkpoint::from_note_unverified(
        &fetch_checkpoint(connection, base).await?,
    )?)
}

fn text(error: anyhow::Error) -> String {
    format!("{error:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_found_either_way() {
        let config = Config::default();
        assert!(pace(0, &config).is_ok());
        assert!(pace(168 * 3600, &config).is_ok());
        assert!(pace(168 * 3600 + 1, &config).is_err());
        assert!(pace(-60, &config).is_ok());
        assert!(pace(-61, &config).is_err());
    }
}
