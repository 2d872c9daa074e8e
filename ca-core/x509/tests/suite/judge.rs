//! The `openssl` command line (3.0) as an outside judge, each time in a directory of its own.
//!
//! It must be there: a judge that is absent fails the test.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// The identifier that GM signatures use; OpenSSL before 4.0 assumes an empty one.
pub(crate) const DISTID: &str = "distid:1234567812345678";

/// A directory, and commands that run in it.
pub(crate) struct Judge(TempDir);

impl Judge {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, content: &[u8]) {
        std::fs::write(self.path(file), content).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.path(file)).unwrap()
    }

    /// Runs `openssl` with the words of `arguments`; whether it succeeded, and all that it printed.
    pub(crate) fn run(&self, arguments: &str) -> (bool, String) {
        let mut command = Command::new("openssl");
        command
            .current_dir(self.0.path())
            .env("OPENSSL_CONF", "/dev/null")
            .env_remove("LANG");
        let output = command
            .args(arguments.split_ascii_whitespace())
            .output()
            .expect("openssl is installed");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    /// As `run`, of a command that must succeed.
    pub(crate) fn ok(&self, arguments: &str) -> String {
        let (success, text) = self.run(arguments);
        assert!(success, "openssl {arguments}\n{text}");
        text
    }

    /// As `run`, of a command that must fail.
    pub(crate) fn refuses(&self, arguments: &str) -> String {
        let (success, text) = self.run(arguments);
        assert!(!success, "openssl {arguments}\n{text}");
        text
    }
}
