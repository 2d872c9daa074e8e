//! Running programs: what they printed, how they ended, and waiting for them with a deadline instead of a nap.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What a finished program said.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Finished {
    /// Standard output as text without the last newline.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end().to_owned()
    }

    /// The text, if the program ended well; the test fails otherwise.
    #[track_caller]
    pub(crate) fn success(&self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.text(), self.stderr);
        self.text()
    }
}

/// Runs a program to its end.
#[track_caller]
pub(crate) fn run<S: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = S>,
) -> Finished {
    finish(Command::new(program.as_ref()).args(arguments))
}

/// Runs a prepared command to its end.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Finished {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Finished {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        },
        Err(error) => panic!(
            "{:?}: {error}; tests/run installs what the tests need",
            command.get_program()
        ),
    }
}

/// A moment after which a test stops waiting.
pub(crate) struct Deadline(Instant);

impl Deadline {
    #[allow(
        clippy::disallowed_methods,
        reason = "a test waits for real processes in real time"
    )]
    pub(crate) fn after(seconds: u64) -> Self {
        Self(Instant::now() + Duration::from_secs(seconds))
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "a test waits for real processes in real time"
    )]
    pub(crate) fn passed(&self) -> bool {
        Instant::now() >= self.0
    }
}

/// A program that keeps running; killed when dropped.
pub(crate) struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
    news: Receiver<()>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (tell, news) = channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for output in outputs {
            let (said, tell) = (Arc::clone(&said), tell.clone());
            thread::spawn(move || {
                let mut lines = BufReader::new(output);
                let mut line = Vec::new();
                while lines
                    .read_until(b'\n', &mut line)
                    .is_ok_and(|read| read > 0)
                {
                    said.lock()
                        .unwrap()
                        .push_str(&String::from_utf8_lossy(&line));
                    line.clear();
                    // The test may have stopped listening; the pipe is drained all the same.
                    let _ = tell.send(());
                }
            });
        }
        Self { child, said, news }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything printed so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until `ready` gives something. Wakes up at each printed line; fails when the program ends or the
    /// deadline passes.
    #[track_caller]
    pub(crate) fn until<T>(
        &mut self,
        deadline: &Deadline,
        mut ready: impl FnMut() -> Option<T>,
    ) -> T {
        loop {
            if let Some(value) = ready() {
                return value;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the program ended with {status}:\n{}", self.said());
            }
            assert!(
                !deadline.passed(),
                "the deadline has passed:\n{}",
                self.said()
            );
            let _ = self.news.recv_timeout(Duration::from_millis(20));
        }
    }

    /// Waits for the end: both outputs are closed then.
    #[track_caller]
    pub(crate) fn ended(&mut self, deadline: &Deadline) -> ExitStatus {
        while !deadline.passed() {
            if let Err(RecvTimeoutError::Disconnected) =
                self.news.recv_timeout(Duration::from_millis(50))
            {
                return self.child.wait().unwrap();
            }
        }
        panic!("the program does not end:\n{}", self.said());
    }

    /// Asks it to stop, as an operator's Ctrl-C or a service manager does.
    #[track_caller]
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        run("kill", ["-TERM", &self.id().to_string()]).success();
        self.ended(&Deadline::after(30))
    }

    /// `kill -9`: no destructor, no last write.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the program said:\n{}", self.said());
        }
    }
}
