//! The OCI registry of the stack: CNCF distribution, with its images in a folder.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{net::TcpStream, process::Command, time::sleep};

use super::{
    Programs,
    error::{Doing, Error, Result},
    identity::create_private_folder,
    ports,
    process::{Launch, Process},
    within_time, write_private,
};

/// How often it is looked whether it listens.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// A registry that runs. Dropping it asks its program to stop.
pub struct Registry {
    process: [Process; 1],
    address: SocketAddr,
}

/// Tokens that a registry demands, and who signs them.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Where its clients get them.
    pub realm: String,
    /// The private key that signs them, PEM.
    pub private_key: PathBuf,
    /// The public key that it checks them by, PEM.
    pub public_key: PathBuf,
    /// The same as a JSON Web Key Set.
    pub jwks: PathBuf,
}

impl Tokens {
    /// Keys in this folder, which a later start finds again; `jwks` makes the set of the private key's PEM.
    pub async fn prepare(
        folder: &Path,
        programs: &Programs,
        realm: String,
        jwks: impl FnOnce(&[u8]) -> std::result::Result<String, String>,
    ) -> Result<Self> {
        create_private_folder(folder)?;
        let tokens = Self {
            realm,
            private_key: folder.join("token.key"),
            public_key: folder.join("token.pub.pem"),
            jwks: folder.join("jwks.json"),
        };
        if !tokens.private_key.exists() || !tokens.public_key.exists() {
            let doing = || "make the key pair of the registry's tokens".to_owned();
            let made = Command::new(programs.path("keypair"))
                .arg(&tokens.private_key)
                .arg(&tokens.public_key)
                .output()
                .await
                .doing(doing)?;
            if !made.status.success() {
                let why = String::from_utf8_lossy(&made.stderr).into_owned();
                return Err(std::io::Error::other(why)).doing(doing);
            }
        }
        let read = |path: &Path| fs::read(path).doing(|| format!("read {}", path.display()));
        let set = jwks(&read(&tokens.private_key)?).map_err(std::io::Error::other);
        let set = set.doing(|| "read the key of the registry's tokens".to_owned())?;
        write_private(folder, "jwks.json", &set)?;
        Ok(tokens)
    }
}

impl Registry {
    /// Starts a registry in the folder `data`, with its log in `logs`, at the port that it had before if that is free.
    pub async fn start(
        data: &Path,
        logs: &Path,
        programs: &Programs,
        tokens: Option<&Tokens>,
    ) -> Result<Self> {
        create_private_folder(data)?;
        create_private_folder(logs)?;
        let port = port(data)?;
        let config = write_private(data, "config.json", &config(data, port, tokens))?;
        let launch = Launch {
            name: "registry",
            program: programs.path("registry"),
            arguments: vec!["serve".into(), config.into()],
            folder: data.to_owned(),
            log: logs.join("registry.log"),
        };
        let mut process = [Process::new(launch)?];
        process[0].start()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                sleep(LOOK_INTERVAL).await;
            }
            Ok(())
        };
        within_time(&mut process, "the registry", logs, listens).await?;
        Ok(Self { process, address })
    }

    /// Host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until its program ends by itself.
    pub async fn died(&mut self) -> Error {
        self.process[0].died().await
    }

    /// Stops it.
    pub async fn stop(mut self) {
        self.process[0].stop().await;
    }
}

/// The names of images hold the port: a stack that starts again is to find its images under the same names.
fn port(data: &Path) -> Result<u16> {
    let file = data.join("port");
    let before = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let port = if let Some(port) = before.filter(is_free) {
        port
    } else {
        let [port] = ports::free()?;
        port
    };
    fs::write(&file, port.to_string()).doing(|| format!("write {}", file.display()))?;
    Ok(port)
}

/// JSON, which is YAML too.
fn config(data: &Path, port: u16, tokens: Option<&Tokens>) -> String {
    let mut config = serde_json::json!({
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": true}},
        "storage": {"filesystem": {"rootdirectory": data.join("images")}, "delete": {"enabled": true}},
        "http": {"addr": format!("127.0.0.1:{port}"), "secret": uuid::Uuid::new_v4().to_string()},
    });
    if let Some(tokens) = tokens {
        config["auth"] = serde_json::json!({"token": {
            "realm": tokens.realm, "service": "registry", "issuer": "auth server", "jwks": tokens.jwks,
        }});
    }
    config.to_string()
}
