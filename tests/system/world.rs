//! A world of its own for each test: a data folder, a configuration with free ports, the service running on it,
//! and the officers' command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::process::{Deadline, Finished, Running, finish};

/// The program under test.
pub(crate) const GMPKI: &str = env!("CARGO_BIN_EXE_gmpki");

/// A founded demonstration on a temporary folder.
pub(crate) struct World {
    folder: TempDir,
    service: Option<Running>,
    /// What the first start founds.
    founding: &'static [&'static str],
    pub(crate) portal: String,
    pub(crate) machines: String,
}

impl World {
    /// Founds a demonstration on SQLite and serves it.
    pub(crate) fn found() -> Self {
        Self::found_on(None)
    }

    /// Founds a demonstration whose pages are where they are served, as a browser needs it, with an agent at `agent`.
    pub(crate) fn found_here(agent: &str) -> Self {
        Self::founded(&format!("[urls]\nagent = \"{agent}\"\n"))
    }

    /// Founds a demonstration on the database at `url` and serves it.
    pub(crate) fn found_on(url: Option<&str>) -> Self {
        let store = url.map_or(String::new(), |url| format!("[store]\nurl = \"{url}\"\n"));
        Self::found_with(&store)
    }

    /// Founds a demonstration with `more` in its configuration and serves it.
    pub(crate) fn found_with(more: &str) -> Self {
        // Ports change from start to start here; what is written into certificates does not.
        let fixed = "[urls]\nportal = \"http://portal.example.cn\"\nmachines = \"http://status.example.cn\"\n";
        Self::founded(&format!("{fixed}{more}"))
    }

    /// Founds what the options of `gmpki serve` say and serves it.
    pub(crate) fn found_of(founding: &'static [&'static str]) -> Self {
        let mut world = Self::prepared("");
        world.founding = founding;
        world.start(None);
        world
    }

    fn founded(more: &str) -> Self {
        let mut world = Self::prepared(more);
        world.start(None);
        world
    }

    fn prepared(more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let listen = "[listen]\nportal = \"127.0.0.1:0\"\nmachines = \"127.0.0.1:0\"\n";
        fs::write(folder.path().join("gmpki.toml"), format!("{listen}{more}")).unwrap();
        Self {
            folder,
            service: None,
            founding: &["--demo", "small"],
            portal: String::new(),
            machines: String::new(),
        }
    }

    /// Starts the service; with a crash point it aborts there (debug builds).
    pub(crate) fn start(&mut self, crash_at: Option<&str>) {
        let mut command = self.command();
        command.arg("serve").args(self.founding);
        if let Some(point) = crash_at {
            command.env("GMPKI_CRASH_AT", point);
        }
        let file = self.data().join("serve.json");
        let mut service = Running::start(&mut command);
        let id = service.id();
        let addresses = service.until(&Deadline::after(60), || {
            let addresses: Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
            (addresses["ready"] == true && addresses["pid"] == id).then_some(addresses)
        });
        self.portal = addresses["portal"].as_str().unwrap().to_owned();
        self.machines = addresses["machines"].as_str().unwrap().to_owned();
        self.service = Some(service);
    }

    /// Starts the service, which is not expected to get ready.
    pub(crate) fn serving(&self) -> Running {
        Running::start(self.command().arg("serve").args(self.founding))
    }

    /// The running service.
    pub(crate) fn service(&mut self) -> &mut Running {
        self.service.as_mut().unwrap()
    }

    /// Stops the service the polite way.
    pub(crate) fn stop(&mut self) {
        let status = self.service().terminate();
        assert!(status.success(), "{status}: {}", self.service().said());
        assert!(
            !self.data().join("serve.json").exists(),
            "serve.json is left after a clean stop"
        );
        self.service = None;
    }

    /// The verifier key line of the log, as its keeper handed it out when the log was founded.
    pub(crate) fn log_key(&self) -> String {
        fs::read_to_string(self.data().join("log-key.txt"))
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file of the test itself.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the test itself.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn command(&self) -> Command {
        let mut command = Command::new(GMPKI);
        command
            .current_dir(self.folder.path())
            .env_remove("GMPKI_CRASH_AT");
        command
            .arg("--config")
            .arg(self.path("gmpki.toml"))
            .arg("--data")
            .arg(self.data());
        command
    }

    /// Runs a command; its standard output is one JSON value.
    #[track_caller]
    pub(crate) fn gmpki(&self, arguments: &[&str]) -> Answer {
        let finished = finish(self.command().arg("--json").args(arguments));
        let json = serde_json::from_slice(&finished.stdout).unwrap_or(Value::Null);
        Answer {
            finished,
            json,
            arguments: arguments.join(" "),
        }
    }

    /// Runs a command as the officer of a role.
    #[track_caller]
    pub(crate) fn act(&self, role: &str, arguments: &[&str]) -> Answer {
        self.gmpki(&[arguments, &["--as", role]].concat())
    }

    /// Begins a command as the officer of a role, and does not wait for its end.
    pub(crate) fn acting(&self, role: &str, arguments: &[&str]) -> Running {
        Running::start(
            self.command()
                .arg("--json")
                .args(arguments)
                .args(["--as", role]),
        )
    }

    /// Opens a case and gives its number.
    #[track_caller]
    pub(crate) fn submit(&self, profile: &str, request: &Path, form: &[(&str, String)]) -> String {
        let outcome = self.try_submit(profile, request, form).ok();
        assert_eq!(outcome["outcome"], "case-submitted", "{outcome}");
        text(&outcome["case"])
    }

    /// Tries to open a case.
    #[track_caller]
    pub(crate) fn try_submit(
        &self,
        profile: &str,
        request: &Path,
        form: &[(&str, String)],
    ) -> Answer {
        self.try_submit_with(profile, request, form, &[])
    }

    /// The same; `more` goes to the command as it is.
    #[track_caller]
    pub(crate) fn try_submit_with(
        &self,
        profile: &str,
        request: &Path,
        form: &[(&str, String)],
        more: &[&str],
    ) -> Answer {
        let request = request.to_str().unwrap();
        let mut arguments = vec![
            "case",
            "submit",
            "--profile",
            profile,
            "--authority",
            "jinan",
            "--csr",
            request,
        ];
        let fields: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        for field in &fields {
            arguments.extend(["--field", field]);
        }
        arguments.extend(more);
        self.act("entry", &arguments)
    }

    /// Entered, approved, issued: the certificate of a new case.
    #[track_caller]
    pub(crate) fn issue(&self, profile: &str, request: &Path, form: &[(&str, String)]) -> Issued {
        let case = self.submit(profile, request, form);
        self.act("review", &["case", "approve", &case]).ok();
        self.produce(&case)
    }

    /// Produces the certificate of an approved case.
    #[track_caller]
    pub(crate) fn produce(&self, case: &str) -> Issued {
        let outcome = self.act("production", &["cert", "issue", case]).ok();
        assert_eq!(outcome["outcome"], "certificates-issued", "{outcome}");
        let issued = &outcome["certificates"][0];
        let serial = text(&issued["serial"]);
        let file = self.write(&format!("{serial}.pem"), text(&issued["pem"]));
        Issued {
            serial,
            file,
            entry: issued["entry"].as_u64().unwrap(),
        }
    }

    /// What our own OCSP client says about a serial: `good`, `held`, `revoked`; `unknown` where no authority knows it.
    #[track_caller]
    pub(crate) fn state(&self, serial: &str) -> String {
        let status = self.gmpki(&["cert", "status", serial]).ok();
        let all = status["statuses"].as_array().unwrap();
        let known = all
            .iter()
            .map(|one| text(&one["state"]))
            .find(|state| state != "unknown");
        assert!(!all.is_empty(), "no authority answered");
        known.unwrap_or_else(|| "unknown".into())
    }

    /// The audit finds nothing.
    #[track_caller]
    pub(crate) fn audited(&self) -> Value {
        let report = self.gmpki(&["audit", "verify"]).ok();
        assert_eq!(
            report["findings"].as_array().map(Vec::len),
            Some(0),
            "{report}"
        );
        report
    }
}

/// A certificate that was issued.
pub(crate) struct Issued {
    pub(crate) serial: String,
    pub(crate) file: PathBuf,
    pub(crate) entry: u64,
}

/// What a command answered.
pub(crate) struct Answer {
    pub(crate) finished: Finished,
    pub(crate) json: Value,
    arguments: String,
}

impl Answer {
    /// The answer of a command that did what it was asked.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        self.ended(0);
        assert!(
            !self.json.is_null(),
            "{}: no JSON: {}",
            self.arguments,
            self.finished.text()
        );
        self.json
    }

    /// The stable code of a command that a rule refused.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        self.ended(1);
        let refusal = &self.json["refused"];
        let code = text(&refusal["code"]);
        let stable = code.len() == 4 && code.starts_with(|c: char| c.is_ascii_uppercase());
        assert!(
            stable && code[1..].bytes().all(|b| b.is_ascii_digit()),
            "{}: {}",
            self.arguments,
            self.json
        );
        assert_ne!(
            text(&refusal["zh"]),
            "",
            "{}: the refusal has no Chinese text",
            self.arguments
        );
        code
    }

    #[track_caller]
    pub(crate) fn ended(&self, code: i32) {
        let Finished {
            code: was, stderr, ..
        } = &self.finished;
        assert_eq!(
            *was,
            Some(code),
            "gmpki {}\n{}\n{stderr}",
            self.arguments,
            self.finished.text()
        );
    }
}

/// A string of a JSON answer; empty where there is none.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
