//! The keys, certificates and tokens of the control plane: made once, kept in a folder that only its user may read.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use uuid::Uuid;

use super::error::{Doing, Result};

/// The user name of the worker, as `infra/kubernetes/rbac.yaml` binds it.
pub(super) const WORKER: &str = "slipway-worker";
/// The user name of the administrator.
pub(super) const ADMIN: &str = "admin";
/// The addresses of the API server: loopback, and what a pod would use.
const SERVER_NAMES: [&str; 5] =
    ["127.0.0.1", "localhost", "10.96.0.1", "kubernetes.default", "kubernetes.default.svc"];

/// The folder with what proves who is who.
pub(super) struct Identity {
    folder: PathBuf,
}

impl Identity {
    /// Opens the folder `identity` in `data`, or makes it, all or nothing.
    pub(super) fn open(data: &Path) -> Result<Self> {
        let identity = Self { folder: data.join("identity") };
        if !identity.folder.exists() {
            let files = new_files()?;
            identity
                .create(data, &files)
                .doing(|| format!("make the folder {}", identity.folder.display()))?;
        }
        Ok(identity)
    }

    fn create(&self, data: &Path, files: &[(&str, String)]) -> io::Result<()> {
        let unfinished = tempfile::Builder::new()
            .prefix("identity-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(data)?;
        for (name, text) in files {
            write_private(&unfinished.path().join(name), text)?;
        }
        fs::rename(unfinished.keep(), &self.folder)
    }

    /// The authority that signed [`Self::certificate`].
    pub(super) fn authority(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// The certificate of the API server and of etcd, and by which the one proves itself to the other.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join("server.crt")
    }

    /// The key of [`Self::certificate`].
    pub(super) fn key(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    /// The key that signs the tokens of service accounts.
    pub(super) fn service_account_key(&self) -> PathBuf {
        self.folder.join("service-accounts.key")
    }

    /// The key that checks the tokens of service accounts.
    pub(super) fn service_account_public_key(&self) -> PathBuf {
        self.folder.join("service-accounts.pub")
    }

    /// The tokens that the API server accepts, as lines of `token,user,uid,"groups"`.
    pub(super) fn tokens(&self) -> PathBuf {
        self.folder.join("tokens.csv")
    }

    /// The token of a user.
    pub(super) fn token(&self, user: &str) -> Result<String> {
        let read = || {
            let tokens = fs::read_to_string(self.tokens())?;
            find_token(&tokens, user).ok_or_else(|| io::Error::other(format!("it has no token of {user}")))
        };
        read().doing(|| {
            format!("read {}; remove {} to have it made anew", self.tokens().display(), self.folder.display())
        })
    }
}

fn find_token(tokens: &str, user: &str) -> Option<String> {
    tokens.lines().find_map(|line| {
        let mut fields = line.split(',');
        let token = fields.next()?;
        (fields.next()? == user).then(|| token.to_owned())
    })
}

/// Makes a folder that only its user may read.
pub(super) fn create_private_folder(path: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .doing(|| format!("make the folder {}", path.display()))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

/// All files of an identity. The authority's key is dropped here, so that nothing more is ever signed with it.
fn new_files() -> Result<[(&'static str, String); 6]> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.distinguished_name.push(DnType::CommonName, "Slipway development control plane");
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let server_key = KeyPair::generate()?;
    let mut server = CertificateParams::new(SERVER_NAMES.map(str::to_owned))?;
    server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let server_certificate = server.signed_by(&server_key, &issuer)?;

    let service_accounts = KeyPair::generate()?;
    let tokens =
        format!("{},{ADMIN},{ADMIN},\"system:masters\"\n{},{WORKER},{WORKER}\n", new_token(), new_token());
    Ok([
        ("ca.crt", authority_certificate.pem()),
        ("server.crt", server_certificate.pem()),
        ("server.key", server_key.serialize_pem()),
        ("service-accounts.key", service_accounts.serialize_pem()),
        ("service-accounts.pub", service_accounts.public_key_pem()),
        ("tokens.csv", tokens),
    ])
}

/// 244 random bits.
fn new_token() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_made_once_and_is_private() {
        let data = tempfile::tempdir().unwrap();
        let first = Identity::open(data.path()).unwrap();
        let admin = first.token(ADMIN).unwrap();
        assert_eq!(admin.len(), 64);
        assert_ne!(admin, first.token(WORKER).unwrap());
        assert_eq!(Identity::open(data.path()).unwrap().token(ADMIN).unwrap(), admin);

        assert_eq!(fs::metadata(&first.folder).unwrap().permissions().mode() & 0o777, 0o700);
        for entry in fs::read_dir(&first.folder).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn a_token_is_found_by_its_whole_user_name() {
        let tokens = "a,admin,admin,\"system:masters\"\nb,slipway-worker,slipway-worker\n";
        assert_eq!(find_token(tokens, "slipway-worker").as_deref(), Some("b"));
        assert_eq!(find_token(tokens, "slipway"), None);
    }
}
