//! Finds the programs of the control plane, or builds them once into a cache.

use std::{
    env,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use common::domain::digest::sha256_hex;
use tokio::{
    process::Command,
    time::{Instant, MissedTickBehavior, interval_at, sleep},
};

use super::error::{Doing, Error, Result, tail};

/// The Go module of the programs.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cluster");
/// The file that all programs are: it does the work of the name it is called by.
const BINARY: &str = "slipway-cluster";
const NAMES: [&str; 8] = [
    "etcd",
    "keypair",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
    "registry",
];
/// Time between two words about a build that goes on.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(15);

/// Where the programs of the control plane lie.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Finds the programs in the cache of this user, or builds them there with Go, which takes minutes and is told to `progress`.
    pub async fn prepare(progress: &(dyn Fn(&str) + Sync)) -> Result<Self> {
        let sources = Sources::read(Path::new(SOURCE))?;
        let folder = cache_root()?.join("slipway").join(format!("cluster-{}", sources.key()));
        let programs = Self { folder };
        if !programs.binary().exists() {
            programs.build(&sources, progress).await?;
        }
        Ok(programs)
    }

    /// The path of kubectl.
    pub fn kubectl(&self) -> PathBuf {
        self.path("kubectl")
    }

    pub(super) fn path(&self, name: &'static str) -> PathBuf {
        self.folder.join(name)
    }

    fn binary(&self) -> PathBuf {
        self.folder.join(BINARY)
    }

    async fn build(&self, sources: &Sources, progress: &(dyn Fn(&str) + Sync)) -> Result<()> {
        find_go().await?;
        fs::create_dir_all(&self.folder).doing(|| format!("make the folder {}", self.folder.display()))?;
        let started = Instant::now();
        let mut ticks = interval_at(started + PROGRESS_INTERVAL, PROGRESS_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);

        progress("building the development control plane, once: this takes some minutes");
        let mut work = std::pin::pin!(self.build_alone(sources));
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = ticks.tick() => progress(&format!("still building the development control plane, for {} s", started.elapsed().as_secs())),
            }
        }
    }

    /// Builds unless another process did so while this one waited for it.
    async fn build_alone(&self, sources: &Sources) -> Result<()> {
        let _lock = lock(&self.folder.join("lock")).await?;
        if self.binary().exists() {
            return Ok(());
        }
        // Apart from what another process, killed since, may have left running.
        let unfinished =
            tempfile::tempdir_in(&self.folder).doing(|| format!("write in {}", self.folder.display()))?;
        let output = unfinished.path().join(BINARY);
        go_build(sources, &output).await?;
        for name in NAMES {
            match std::os::unix::fs::symlink(BINARY, self.path(name)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(error).doing(|| format!("link {}", self.path(name).display()));
                }
                _ => {}
            }
        }
        // Last, since its presence says that the folder is complete.
        fs::rename(&output, self.binary()).doing(|| format!("rename {}", output.display()))
    }
}

/// Tries again and again, rather than block a thread that could not be cancelled.
async fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).doing(|| format!("create {}", path.display()))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(500)).await,
            Err(TryLockError::Error(source)) => {
                return Err(source).doing(|| format!("lock {}", path.display()));
            }
        }
    }
}

async fn go_build(sources: &Sources, output: &Path) -> Result<()> {
    let built = Command::new("go")
        .args(["build", "-trimpath", "-ldflags", &sources.link_flags(), "-o"])
        .arg(output)
        .arg(".")
        .current_dir(SOURCE)
        .env("CGO_ENABLED", "0")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let built = built.doing(|| "run Go".to_owned())?;
    if built.status.success() { Ok(()) } else { Err(Error::Build { tail: tail(&built.stderr) }) }
}

async fn find_go() -> Result<()> {
    match Command::new("go").arg("version").output().await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::GoMissing),
        Err(error) => Err(error).doing(|| "run Go".to_owned()),
    }
}

/// The user's cache folder, as the XDG base directory specification has it.
fn cache_root() -> Result<PathBuf> {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .ok_or_else(|| io::Error::other("neither XDG_CACHE_HOME nor HOME names a folder"))
        .doing(|| "find the user's cache folder".to_owned())
}

/// The files that decide what is built, by name.
struct Sources(Vec<(String, String)>);

impl Sources {
    fn read(folder: &Path) -> Result<Self> {
        let read = || -> io::Result<Vec<(String, String)>> {
            let mut files = Vec::new();
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let is_source = path.extension().is_some_and(|extension| extension == "go");
                if is_source || name == "go.mod" || name == "go.sum" {
                    files.push((name, fs::read_to_string(&path)?));
                }
            }
            files.sort();
            Ok(files)
        };
        read().map(Self).doing(|| format!("read the Go module in {}", folder.display()))
    }

    /// 16 hex digits that change with any of the files.
    fn key(&self) -> String {
        // With the lengths, no two sets of files are the same text.
        let files = self.0.iter().map(|(name, text)| format!("{name} {}\n{text}", text.len()));
        sha256_hex(files.collect::<String>(), 8)
    }

    /// Has the programs say the version of Kubernetes in go.mod; without it they say v0.0.0 and refuse some objects.
    fn link_flags(&self) -> String {
        let go_mod = self.0.iter().find(|(name, _)| name == "go.mod").map_or("", |(_, text)| text);
        let version = go_mod
            .lines()
            .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v"))
            .unwrap_or("0.0.0");
        let mut parts = version.split('.');
        let (major, minor) = (parts.next().unwrap_or("0"), parts.next().unwrap_or("0"));
        let set = "-X k8s.io/component-base/version";
        format!("-s -w {set}.gitVersion=v{version} {set}.gitMajor={major} {set}.gitMinor={minor}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Sources {
        Sources(files.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect())
    }

    #[test]
    fn the_key_changes_with_every_byte_and_name() {
        let key = sources(&[("go.mod", "a"), ("main.go", "b")]).key();
        assert_eq!(key.len(), 16);
        assert!(key.bytes().all(|byte| byte.is_ascii_hexdigit()));
        for other in [
            sources(&[("go.mod", "a"), ("main.go", "c")]),
            sources(&[("go.mod", "a"), ("more.go", "b")]),
            sources(&[("go.mod", "ab"), ("main.go", "")]),
            sources(&[("go.mod", "a")]),
        ] {
            assert_ne!(other.key(), key);
        }
        assert_eq!(sources(&[("go.mod", "a"), ("main.go", "b")]).key(), key);
    }

    #[test]
    fn the_programs_say_the_version_that_go_mod_pins() {
        let flags = sources(&[("go.mod", "require (\n\tk8s.io/kubernetes v1.36.3\n)\n")]).link_flags();
        assert!(flags.contains("version.gitVersion=v1.36.3 "), "{flags}");
        assert!(flags.contains("version.gitMajor=1 "), "{flags}");
        assert!(flags.ends_with("version.gitMinor=36"), "{flags}");
    }

    #[test]
    fn the_source_of_the_programs_is_where_it_is_looked_for() {
        let names: Vec<String> =
            Sources::read(Path::new(SOURCE)).unwrap().0.into_iter().map(|(name, _)| name).collect();
        for name in ["go.mod", "go.sum", "main.go"] {
            assert!(names.iter().any(|found| found == name), "{name} in {names:?}");
        }
    }
}
