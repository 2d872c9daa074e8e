//! `gmpki doctor`: looks at a running service from outside and says what is wrong and what to do.

use bytes::Bytes;
use hyper::Method;
use ledger::checkpoint::open_note;
use serde_json::{Value, json};
use store::clock::{Clock as _, SystemClock};
use x509::certificate::{Certificate, Serial};
use x509::path::{Purpose, validate};
use x509::time::Time;

use super::crl::{fetch, machines};
use crate::data::DataDirectory;
use crate::http::Connection;
use crate::output::{Failure, Output};
use crate::status;

/// One thing that was looked at.
struct Check {
    what: String,
    result: Result<String, String>,
}

/// Looks at everything.
pub async fn run(data: &DataDirectory, output: Output) -> Result<(), Failure> {
    let url = machines(data, None)?;
    let (mut connection, base) = status::connect(&url).await?;
    let mut checks = vec![ready(&mut connection, &base).await];
    let mut certificates: Vec<(String, Certificate)> = Vec::new();
    for authority in status::authorities(&mut connection, &base).await? {
        let certificate = status::authority_certificate(&mut connection, &base, &authority).await?;
        certificates.push((authority, certificate));
    }
    let root = certificates.iter().find(|(_, c)| c.issuer().der() == c.subject().der()).map(|(_, c)| c.clone());
    for (authority, certificate) in &certificates {
        checks.push(Check { what: format!("证书链 chain {authority}"), result: chain(certificate, root.as_ref()) });
        let crl = fetch(&mut connection, &base, authority).await;
        checks.push(Check { what: format!("CRL {authority}"), result: crl.map_err(text).and_then(|(_, crl)| fresh(&crl)) });
        // A random serial was never issued; a responder that says anything but unknown is broken.
        let answer = status::ask(&mut connection, &format!("{base}/ocsp"), certificate, &Serial::random()).await;
        checks.push(Check { what: format!("OCSP {authority}"), result: answer.map_err(text).and_then(|a| unknown(&a)) });
    }
    checks.push(Check { what: "检查点 checkpoint".into(), result: checkpoint(&mut connection, &base, data).await });

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
        return Err(Failure::NotVerified(json!({"error": format!("{failed} of {} checks failed", checks.len())})));
    }
    Ok(())
}

async fn ready(connection: &mut Connection, base: &str) -> Check {
    let answer = connection.send(Method::GET, &format!("{base}/ready"), "", None, Bytes::new()).await;
    let result = match answer {
        Ok(answer) if answer.status.is_success() => Ok("状态视图与台账同步 index and ledger agree".into()),
        Ok(answer) => Err(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body).trim())),
        Err(error) => Err(text(error)),
    };
    Check { what: "就绪 ready".into(), result }
}

fn chain(certificate: &Certificate, root: Option<&Certificate>) -> Result<String, String> {
    let root = root.ok_or("there is no root among the published certificates")?;
    let now = SystemClock.now();
    validate(certificate, &[], root, now, Purpose::Any).map_err(|e| e.to_string())?;
    Ok(format!("有效至 valid until {}", certificate.not_after()))
}

fn fresh(crl: &x509::crl::Crl) -> Result<String, String> {
    let left = crl.next_update().0 - SystemClock.now().0;
    if left <= 0 {
        return Err(format!("CRL {} 已过期 expired at {}; gmpki crl publish", crl.number(), crl.next_update()));
    }
    Ok(format!("{} 号 number，{} 项 entries，{} 小时内有效 hours left", crl.number(), crl.entries().len(), left / 3600))
}

fn unknown(answer: &status::Verified) -> Result<String, String> {
    if answer.state() == "unknown" {
        Ok(format!("未签发的序列号答 unknown；响应证书至 responder until {}", answer.responder.not_after()))
    } else {
        Err(format!("a serial that was never issued is answered {}", answer.state()))
    }
}

async fn checkpoint(connection: &mut Connection, base: &str, data: &DataDirectory) -> Result<String, String> {
    let answer = connection
        .send(Method::GET, &format!("{base}/log/checkpoint"), "", None, Bytes::new())
        .await
        .map_err(text)?;
    let note = std::str::from_utf8(&answer.body).map_err(|_| "the checkpoint is not text")?;
    let key = std::fs::read_to_string(data.log_key_file()).map_err(|e| format!("{}: {e}", data.log_key_file().display()))?;
    let key = key.trim().parse().map_err(|_| "log-key.txt is not a verifier key")?;
    let checkpoint = open_note(note, &key).map_err(|e| e.to_string())?;
    Ok(format!("规模 size {}，{}", checkpoint.size, Time(SystemClock.now().0)))
}

fn text(error: anyhow::Error) -> String {
    format!("{error:#}")
}
