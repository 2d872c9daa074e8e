//! A PostgreSQL server of the test run's own: in a temporary directory, on a unix socket, durable as in
//! production, gone with the process that started it.
//!
//! The server hangs on a pipe to this process. However this process ends, the pipe closes, and a shell at its
//! other end stops the server and removes the directory.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Starts the server and reports it, then waits for the pipe to close.
const SUPERVISOR: &str = r#"
set -eu
trap '' INT TERM HUP
bin=$1; dir=$2; shift 2
cd "$dir"
quietly() { "$@" >"$dir/log" 2>&1 || { cat "$dir/log" "$dir/server.log"; exit 1; }; }
quietly "$@" "$bin/initdb" -D "$dir/data" -U gmpki --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --locale-provider=icu --icu-locale=zh-Hans-CN --no-sync
quietly "$@" "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w start \
    -o "-k '$dir' -c listen_addresses= -c fsync=on -c max_connections=200 -c shared_buffers=32MB"
echo READY
read -r _ || true
"$@" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
cd /
rm -rf "$dir"
"#;

/// A running server.
pub struct PostgresServer {
    directory: PathBuf,
    programs: PathBuf,
    databases: AtomicU32,
    supervisor: Child,
    pipe: Option<ChildStdin>,
}

impl PostgresServer {
    /// Initialises and starts a server.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start: a test without its judge has failed.
    pub fn start() -> Self {
        let programs = programs().expect("PostgreSQL is not installed; tests/run installs it");
        let directory = tempfile::Builder::new()
            .prefix("gmpki-pg-")
            .tempdir()
            .expect("a temporary directory");
        let mut command = Command::new("sh");
        command
            .args(["-c", SUPERVISOR, "postgres-supervisor"])
            .arg(&programs)
            .arg(directory.path());
        if let Some(user) = other_user(directory.path()) {
            // PostgreSQL refuses to run as root.
            command.args([
                "setpriv",
                &format!("--reuid={user}"),
                &format!("--regid={user}"),
                "--clear-groups",
            ]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut supervisor = command.spawn().expect("sh starts");
        let pipe = supervisor.stdin.take();
        let mut output = String::new();
        for line in BufReader::new(supervisor.stdout.take().expect("piped")).lines() {
            let line = line.expect("the supervisor writes text");
            if line == "READY" {
                // From here on the supervisor removes the directory.
                let directory = directory.keep();
                return Self {
                    directory,
                    programs,
                    databases: AtomicU32::new(0),
                    supervisor,
                    pipe,
                };
            }
            output.push_str(&line);
            output.push('\n');
        }
        supervisor.wait().ok();
        panic!("PostgreSQL did not start (tests/run prepares the machine):\n{output}");
    }

    /// The URL of a new, empty database.
    pub fn new_database(&self) -> String {
        let name = format!("db{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        format!(
            "postgres://gmpki@localhost/{name}?host={}",
            self.directory.display()
        )
    }

    /// Runs SQL through `psql`, past everything that we wrote; what it printed, unaligned, without headings.
    pub fn sql(&self, database: &str, text: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"))
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "gmpki",
                "-d",
                database,
                "-h",
            ])
            .arg(&self.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql starts");
        psql.stdin
            .take()
            .expect("piped")
            .write_all(text.as_bytes())
            .expect("psql reads");
        let output = psql.wait_with_output().expect("psql ends");
        assert!(output.status.success(), "psql failed: {text}");
        String::from_utf8(output.stdout)
            .expect("psql prints UTF-8")
            .trim_end()
            .to_owned()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.pipe.take();
        self.supervisor.wait().ok();
    }
}

/// The newest installed server's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |entry: std::fs::DirEntry| {
        Some((
            entry.file_name().to_str()?.parse::<u32>().ok()?,
            entry.path(),
        ))
    };
    let mut found: Vec<_> = versions.flatten().filter_map(version).collect();
    found.sort();
    found
        .pop()
        .map(|(_, path)| path.join("bin"))
        .filter(|path| path.join("initdb").exists())
}

/// As root: the user `postgres`, who is given the directory.
fn other_user(directory: &Path) -> Option<u32> {
    use std::os::unix::fs::{MetadataExt, chown};
    if std::fs::metadata(directory).ok()?.uid() != 0 {
        return None;
    }
    let id = Command::new("id").args(["-u", "postgres"]).output().ok()?;
    let user = String::from_utf8(id.stdout)
        .ok()?
        .trim()
        .parse()
        .expect("there is a user postgres");
    chown(directory, Some(user), Some(user)).expect("root may give a directory away");
    Some(user)
}
