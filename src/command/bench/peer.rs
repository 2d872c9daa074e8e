//! Others beside us in the same run: nginx with a static answer, `openssl ocsp` with P-256.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use tokio::process::Command;

use hdrhistogram::Histogram;

use super::issue::Temporary;
use super::load::{self, Load, Plan};
use super::questions::{self, Questions};
use super::report::Row;
use super::service::processor_seconds;
use crate::cli::OcspBench;

/// nginx, as many workers as processors, one open file of the size of our answers: what HTTP alone costs on this
/// machine.
pub async fn nginx(options: &OcspBench) -> anyhow::Result<Row> {
    let temporary = Temporary::new();
    std::fs::create_dir_all(temporary.0.join("files"))?;
    readable(&temporary.0)?;
    readable(&temporary.0.join("files"))?;
    std::fs::write(temporary.0.join("files/answer"), [0x30; 900])?;
    let port = free_port()?;
    let configuration = format!(
        "worker_processes auto; daemon off; pid {0}/nginx.pid; error_log {0}/error.log crit; events {{ worker_connections 2048; }}\n\
         http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {0}/b; proxy_temp_path {0}/p; \
         fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; \
         server {{ listen 127.0.0.1:{port}; location / {{ root {0}/files; open_file_cache max=10 inactive=600s; open_file_cache_valid 600s; }} }} }}\n",
        temporary.0.display()
    );
    let path = temporary.0.join("nginx.conf");
    std::fs::write(&path, configuration)?;
    let mut server = Command::new("nginx")
        .arg("-c")
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("is it installed?")?;
    let host = format!("127.0.0.1:{port}");
    wait_for(&host).await?;
    let questions = Questions::fixed(questions::get(&host, "/answer"));
    let plan = Plan {
        connections: options.connections,
        seconds: options.seconds,
        rate: None,
        reconnect: false,
        sample: 0,
    };
    let before = server.id().and_then(processor_seconds);
    let load = load::run(&host, Arc::new(questions), plan).await;
    let after = server.id().and_then(processor_seconds);
    // A clean end takes its worker with it.
    if let Some(pid) = server.id() {
        let _ = Command::new("kill").arg(pid.to_string()).status().await;
    }
    let _ = tokio::time::timeout(Duration::from_secs(3), server.wait()).await;
    let load = load?;
    anyhow::ensure!(load.errors == 0, "{} requests failed", load.errors);
    Ok(Row {
        name: "nginx, static file".into(),
        load,
        server_seconds: before.zip(after).map(|(before, after)| after - before),
    })
}

/// `openssl ocsp` as a server, in a network namespace of its own because it binds every interface; the generator
/// runs in there with it.
pub async fn openssl(options: &OcspBench) -> anyhow::Result<Row> {
    let temporary = Temporary::new();
    std::fs::create_dir_all(&temporary.0)?;
    let port = free_port()?;
    let script = format!(
        r#"set -e
cd '{directory}'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 4097 -days 1 -out leaf.pem
printf 'V\t351231235959Z\t\t1001\tunknown\t/CN=leaf\n' > index.txt
openssl ocsp -issuer ca.pem -cert leaf.pem -no_nonce -reqout request.der
ip link set lo up
timeout {limit} openssl ocsp -port {port} -index index.txt -CA ca.pem -rkey ca.key -rsigner ca.pem -nmin 60 > server.log 2>&1 &
server=$!
trap 'kill $server' EXIT
# A connection without a request would hang it: wait for its own word that it listens.
for _ in $(seq 100); do grep -qiE 'accept|waiting' server.log && break; sleep 0.1; done
'{program}' --json bench ocsp --url http://127.0.0.1:{port}/ --request request.der --reconnect --connections 4 --seconds {seconds} > result.json
"#,
        directory = temporary.0.display(),
        program = std::env::current_exe()?.display(),
        seconds = options.seconds,
        limit = options.seconds + 20,
    );
    let run = Command::new("unshare")
        .args(["-n", "bash", "-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let limit = Duration::from_secs(options.seconds + 30);
    let done = tokio::time::timeout(limit, run)
        .await
        .context("took too long")?
        .context("unshare")?;
    anyhow::ensure!(done.status.success(), "{}", last_line(&done.stderr));
    read_result(&temporary.0.join("result.json"))
}

fn read_result(path: &Path) -> anyhow::Result<Row> {
    let value: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let number = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_f64)
            .with_context(|| key.to_owned())
    };
    let (answers, rate) = (number("answers")?, number("answers_per_second")?);
    anyhow::ensure!(rate > 0.0, "no answers");
    let mut latencies = Histogram::new(3)?;
    for (key, share) in [("p50_ms", 99), ("p99_ms", 1)] {
        // What the other process measured, at the two places where it is shown.
        latencies.record_n(((number(key)? * 1000.0) as u64).max(1), share)?;
    }
    Ok(Row {
        name: "openssl ocsp, P-256, no nonce".into(),
        load: Load {
            answers: answers as u64,
            errors: number("errors")? as u64,
            seconds: answers / rate,
            latencies,
            sample: Vec::new(),
        },
        server_seconds: None,
    })
}

/// Waits until something listens.
async fn wait_for(host: &str) -> anyhow::Result<()> {
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(host).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("does not listen on {host}")
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn readable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(
        path,
        std::fs::Permissions::from_mode(0o755),
    )?)
}

fn last_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .lines()
        .last()
        .unwrap_or("failed")
        .to_owned()
}
