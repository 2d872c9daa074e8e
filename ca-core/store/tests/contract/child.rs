//! This test program again, as another process that can be killed or kept from writing.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdout, Command, Stdio};

use super::{bed, faults, writer};

/// Says which part the child plays and with which database.
const PART: &str = "STORE_CONTRACT_PART";

/// A running child.
pub struct Child {
    process: std::process::Child,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts the child; it can write files of at most `file_limit` blocks of 512 bytes.
    pub fn start(part: &str, url: &str, file_limit: Option<u32>) -> Self {
        let limit = file_limit.map_or("unlimited".into(), |blocks| blocks.to_string());
        // Writing beyond the limit is an error then, not a signal.
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
        let mut process = Command::new("sh")
            .args(["-c", &script, "sh"])
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "contract::child::part",
                "--ignored",
                "--nocapture",
            ])
            .env(PART, format!("{part} {url}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The next line that the child told.
    pub fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.output.read_line(&mut line).unwrap(),
                0,
                "the child ended"
            );
            // The test harness prints too, and does not end its lines.
            if let Some((_, told)) = line.split_once("TOLD ") {
                return told.trim_end().to_owned();
            }
        }
    }

    /// In the child: a line for the parent.
    pub fn tell(line: &str) {
        let mut output = std::io::stdout().lock();
        writeln!(output, "TOLD {line}").unwrap();
        output.flush().unwrap();
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
#[ignore = "the child process of other tests"]
#[allow(clippy::disallowed_methods)] // the one way to hand a part to a test
fn part() {
    // Somebody runs all ignored tests: there is no part to play.
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    let (part, url) = part.split_once(' ').unwrap();
    match part {
        "hold_the_lock" => bed::run(url.to_owned(), writer::hold_the_lock),
        "fill_the_disk" => bed::run(url.to_owned(), faults::fill_the_disk),
        other => panic!("no part {other}"),
    }
}
