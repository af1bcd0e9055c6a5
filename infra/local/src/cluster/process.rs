//! One program of the control plane as a child process.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    process::{Child, ChildStdin, Command},
    time::timeout,
};

use super::error::{Doing, Error, Result, tail};

/// Has a program of `infra/cluster` end when its standard input does.
const EXIT_WITH_STDIN: &str = "SLIPWAY_EXIT_WITH_STDIN";
/// A program ends itself by force after 5 s; what is left then is killed.
const STOP_WITHIN: Duration = Duration::from_secs(7);
/// How much of a log is read for its last lines.
const TAIL_BYTES_MAX: i64 = 16 * 1024;

/// How a program is started.
pub(super) struct Launch {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) folder: PathBuf,
    pub(super) log: PathBuf,
}

/// A program that may be started and stopped, again and again.
pub(super) struct Process {
    launch: Launch,
    running: Option<Running>,
}

/// The pipe is held only to be closed: that asks the child to stop, and the kernel does it when this process dies.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Process {
    /// A program that does not run yet, with an empty log.
    pub(super) fn new(launch: Launch) -> Result<Self> {
        File::create(&launch.log).doing(|| format!("create {}", launch.log.display()))?;
        Ok(Self { launch, running: None })
    }

    /// Starts the program unless it runs.
    pub(super) fn start(&mut self) -> Result<()> {
        if self.running.is_none() {
            let launch = &self.launch;
            self.running = Some(spawn(launch).doing(|| format!("start {}", launch.program.display()))?);
        }
        Ok(())
    }

    /// Stops the program, politely at first.
    pub(super) async fn stop(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        drop(running.stdin.take());
        if timeout(STOP_WITHIN, running.child.wait()).await.is_err() {
            tracing::warn!("{} did not stop in time and is killed", self.launch.name);
            // It fails only where the child has ended meanwhile.
            let _ = running.child.kill().await;
        }
    }

    /// Waits until the program ends by itself, and says how; for ever while it is stopped on purpose.
    pub(super) async fn died(&mut self) -> Error {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        // That it ended is what matters; its log says why.
        let _ = running.child.wait().await;
        let log = self.launch.log.clone();
        let tail = last_lines(&log).unwrap_or_else(|error| format!("(its log cannot be read: {error})"));
        Error::Stopped { name: self.launch.name, tail, log }
    }
}

fn spawn(launch: &Launch) -> io::Result<Running> {
    let log = OpenOptions::new().append(true).open(&launch.log)?;
    let mut child = Command::new(&launch.program)
        .args(&launch.arguments)
        .current_dir(&launch.folder)
        .env(EXIT_WITH_STDIN, "1")
        // No setting of the user's own reaches the programs.
        .env("HOME", &launch.folder)
        // The registry would look for somebody to tell what it does.
        .env("OTEL_TRACES_EXPORTER", "none")
        // Ctrl-C in a terminal reaches the parent alone, which then stops its children in order.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    // Taken out of the child, whose `wait` would close it.
    let stdin = child.stdin.take();
    Ok(Running { child, stdin })
}

fn last_lines(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
    file.seek(SeekFrom::End(-length.min(TAIL_BYTES_MAX)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(tail(&end))
}
