//! `gmpki officer`: who acts, and the proposals that two RA administrators decide on.

use std::path::Path;

use anyhow::Context as _;
use keys::Signer as _;
use keys::officer_file::OfficerKey;
use serde_json::{Value, json};
use x509::certificate::Certificate;
use x509::name::NameBuilder;
use x509::request::Request;

use crate::cli::{Acting, OfficerCommand, Terms};
use crate::client::{Session, encode, text_of};
use crate::data::{DataDirectory, read_passphrase};
use crate::output::{Failure, Output, cell, listing, rows_of, table};

/// Runs one of them.
pub async fn run(
    command: OfficerCommand,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    match command {
        OfficerCommand::List { acting } => list(&acting, data, output).await,
        OfficerCommand::Key {
            out,
            passphrase_file,
        } => key(&out, &passphrase_file, output),
        OfficerCommand::Proposals { state, acting } => {
            proposals(state.as_deref(), &acting, data, output).await
        }
        OfficerCommand::Appoint { certificate, terms } => {
            let change = change("appoint", Some(&certificate), &terms)?;
            propose(None, change, &terms.note, &terms.acting, data, output).await
        }
        OfficerCommand::Change {
            number,
            certificate,
            terms,
        } => {
            let change = change("change", certificate.as_deref(), &terms)?;
            propose(
                Some(&number),
                change,
                &terms.note,
                &terms.acting,
                data,
                output,
            )
            .await
        }
        OfficerCommand::End {
            number,
            note,
            acting,
        } => {
            let change = json!({"kind": "end"});
            propose(Some(&number), change, &note, &acting, data, output).await
        }
        OfficerCommand::Confirm { proposal, acting } => {
            let act = json!({"act": "confirm-officer", "proposal": proposal});
            decide(
                act,
                &acting,
                data,
                output,
                "已确认，即时生效 / confirmed and in force",
            )
            .await
        }
        OfficerCommand::Refuse {
            proposal,
            reasons,
            acting,
        } => {
            let act = json!({"act": "refuse-officer", "proposal": proposal, "reasons": reasons});
            decide(act, &acting, data, output, "已驳回 / refused").await
        }
    }
}

/// Makes an officer's key and a request for its certificate; the names come from the vetted form.
fn key(out: &Path, passphrase_file: &Path, output: Output) -> Result<(), Failure> {
    let passphrase = read_passphrase(passphrase_file)?;
    let key = OfficerKey::create(out, passphrase.as_bytes())
        .with_context(|| out.display().to_string())?;
    let subject = NameBuilder {
        common_name: Some("officer".into()),
        ..NameBuilder::default()
    };
    let request = Request::build(
        |tbs| key.sign(tbs),
        key.sm2_public_key().clone(),
        &subject.build()?,
    )?;
    let file = out.with_extension("csr");
    let request = Request::from_pem_or_der(&request)?;
    std::fs::write(&file, request.to_pem()).with_context(|| file.display().to_string())?;
    let result = json!({"key": out, "request": file});
    output.result(&result, || {
        format!(
            "✓ {}\n  下一步 next: 把 {} 交给录入员申请操作员证书 / hand it to an entry officer, profile officer",
            out.display(),
            file.display()
        )
    });
    Ok(())
}

async fn list(acting: &Acting, data: &DataDirectory, output: Output) -> Result<(), Failure> {
    let mut session = Session::sign_in(data, acting).await?;
    let mut officers = Vec::new();
    loop {
        let last = officers.last().map(|row| cell(row, "number"));
        let after = last.map(|last| format!("&after={}", encode(&last)));
        let path = format!("/api/v1/officers?limit=200{}", after.unwrap_or_default());
        let page = session.get(&path).await?;
        let before = officers.len();
        officers.extend(rows_of(&page, "officers").cloned());
        if officers.len() < before + 200 {
            break;
        }
    }
    let list = json!({"officers": officers});
    output.result(&list, || {
        let rows: Vec<_> = rows_of(&list, "officers").map(line).collect();
        let heads = [
            "编号",
            "岗位",
            "姓名",
            "单位",
            "状态",
            "管辖城市",
            "到期",
            "证书",
            "证书至",
        ];
        table(&heads, &rows)
    });
    Ok(())
}

fn line(row: &Value) -> Vec<String> {
    let cities: Vec<String> = rows_of(row, "cities")
        .filter_map(|code| code.as_str().map(str::to_owned))
        .collect();
    let cities = if cities.is_empty() {
        "全省".to_owned()
    } else {
        cities.join(",")
    };
    let time = |key| {
        let seconds = row.get(key).and_then(Value::as_i64);
        seconds.map_or_else(String::new, |at| x509::time::Time(at).to_string())
    };
    vec![
        cell(row, "number"),
        cell(row, "role"),
        cell(row, "name"),
        cell(row, "department"),
        cell(row, "state"),
        cities,
        time("until"),
        cell(row, "certificate_state"),
        time("certificate_until"),
    ]
}

async fn proposals(
    state: Option<&str>,
    acting: &Acting,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let mut session = Session::sign_in(data, acting).await?;
    let list = session.list("/api/v1/proposals", state).await?;
    output.result(&list, || {
        let columns = [
            ("提议", "proposal"),
            ("操作员", "officer"),
            ("变更", "change"),
            ("状态", "state"),
            ("提议人", "proposed_by"),
            ("决定人", "decided_by"),
            ("内容", "sentence"),
        ];
        listing(rows_of(&list, "proposals"), &columns)
    });
    Ok(())
}

/// The proposed change with its terms.
fn change(kind: &str, certificate: Option<&str>, terms: &Terms) -> anyhow::Result<Value> {
    let certificate = certificate.map(fingerprint).transpose()?;
    let seconds = |time: Option<jiff::Timestamp>| time.map(|time| time.as_second());
    Ok(json!({"kind": kind, "terms": {
        "role": terms.role, "cities": terms.cities, "units": terms.units,
        "from": seconds(terms.from), "until": seconds(terms.until), "certificate": certificate,
    }}))
}

/// SM3 of a certificate file, or the fingerprint itself.
fn fingerprint(what: &str) -> anyhow::Result<String> {
    if what.len() == 64 && what.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(what.to_ascii_lowercase());
    }
    let text = std::fs::read_to_string(what).with_context(|| what.to_owned())?;
    Ok(Certificate::from_pem(&text)?.fingerprint().to_string())
}

async fn propose(
    officer: Option<&str>,
    change: Value,
    note: &str,
    acting: &Acting,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    let mut act = json!({"act": "propose-officer", "change": change, "note": note});
    if let (Some(officer), Some(act)) = (officer, act.as_object_mut()) {
        act.insert("officer".into(), officer.into());
    }
    let mut session = Session::sign_in(data, acting).await?;
    let outcome = session.act(act).await?;
    let (officer, proposal) = (text_of(&outcome, "officer")?, cell(&outcome, "proposal"));
    output.result(&outcome, || {
        format!(
            "✓ {officer} 的提议 {proposal} 已登记，待另一位 RA 管理员确认 / proposed\n  \
             下一步 next: gmpki officer confirm {proposal} --as ra-administrator-2"
        )
    });
    Ok(())
}

async fn decide(
    act: Value,
    acting: &Acting,
    data: &DataDirectory,
    output: Output,
    done: &str,
) -> Result<(), Failure> {
    let mut session = Session::sign_in(data, acting).await?;
    let outcome = session.act(act).await?;
    let officer = text_of(&outcome, "officer")?;
    output.result(&outcome, || format!("✓ {officer} {done}"));
    Ok(())
}
