//! A PostgreSQL server of the test's own: a fresh cluster in a temporary folder, on a Unix socket, no port.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::process::{Finished, finish, run};

/// A running server; stopped and removed when dropped.
pub(crate) struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    as_root: bool,
}

impl Postgres {
    /// A fresh cluster with an empty database.
    pub(crate) fn start() -> Self {
        // Not below the build folder: the server runs as another user, who has to reach it, and a socket's path is short.
        let folder = tempfile::Builder::new()
            .prefix("gmpki-pg")
            .tempdir_in("/tmp")
            .unwrap();
        let as_root = run("id", ["-u"]).success() == "0";
        let postgres = Self {
            folder,
            programs: programs(),
            as_root,
        };
        fs::set_permissions(postgres.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        if as_root {
            run(
                "chown",
                ["postgres", postgres.folder.path().to_str().unwrap()],
            )
            .success();
        }
        let cluster = postgres.cluster();
        let how = [
            "-A",
            "trust",
            "-U",
            "gmpki",
            "-E",
            "UTF8",
            "--locale=C",
            "-D",
        ];
        postgres
            .program("initdb", &[&how[..], &[&cluster]].concat())
            .success();
        postgres.resume();
        let socket = postgres.folder.path().to_str().unwrap();
        postgres
            .program(
                "createdb",
                &[
                    "-h",
                    socket,
                    "-U",
                    "gmpki",
                    "-E",
                    "UTF8",
                    "-T",
                    "template0",
                    "gmpki",
                ],
            )
            .success();
        postgres
    }

    /// Where the program finds it.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://gmpki@localhost/gmpki?host={}",
            self.folder.path().display()
        )
    }

    /// Starts the server.
    pub(crate) fn resume(&self) {
        let log = self.folder.path().join("log");
        let options = format!("-k {} -c listen_addresses=", self.folder.path().display());
        let how = [
            "-w",
            "-D",
            &self.cluster(),
            "-l",
            log.to_str().unwrap(),
            "-o",
            &options,
            "start",
        ];
        let started = self.program("pg_ctl", &how);
        assert_eq!(
            started.code,
            Some(0),
            "{}\n{}",
            started.text(),
            fs::read_to_string(log).unwrap_or_default()
        );
    }

    /// Runs SQL as the database's owner.
    pub(crate) fn sql(&self, text: &str) {
        let socket = self.folder.path().to_str().unwrap();
        let how = [
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            socket,
            "-U",
            "gmpki",
            "-c",
            text,
            "gmpki",
        ];
        self.program("psql", &how).success();
    }

    /// Takes the server away under its clients, as a power cut does.
    pub(crate) fn cut(&self) -> Finished {
        self.program(
            "pg_ctl",
            &["-m", "immediate", "-w", "-D", &self.cluster(), "stop"],
        )
    }

    fn cluster(&self) -> String {
        self.folder.path().join("cluster").display().to_string()
    }

    /// The server refuses to run as root.
    fn program(&self, name: &str, arguments: &[&str]) -> Finished {
        let program = self.programs.join(name);
        let mut command = if self.as_root {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=postgres", "--regid=postgres", "--init-groups"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        finish(command.args(arguments).current_dir(self.folder.path()))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.cut();
    }
}

/// The newest installed server's programs.
fn programs() -> PathBuf {
    let versions =
        fs::read_dir("/usr/lib/postgresql").expect("no PostgreSQL server: run tests/run judges");
    let folders = versions.map(|entry| entry.unwrap().path().join("bin"));
    let installed = folders.filter(|folder| Path::new(folder).join("initdb").exists());
    installed
        .max()
        .expect("no PostgreSQL server: run tests/run judges")
}
