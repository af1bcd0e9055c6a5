//! Where the stack's images are: in a registry of its own, or in the one that is named.

use common::registry::token::Signer;

use crate::cluster::{Programs, Registry, Tokens};
use crate::error::{Error, Result};
use crate::flags::Flags;
use crate::folder::Folder;

/// The registry.
pub(super) struct Images {
    /// Host and port.
    pub(super) address: Option<String>,
    /// Who signs the tokens that it demands.
    pub(super) tokens: Option<Tokens>,
    own: Option<Registry>,
}

impl Images {
    /// Starts a registry, unless another one is named, or there is neither Go to build it with nor a program built. `api`
    /// is where its tokens will be had.
    pub(super) async fn start(
        flags: &Flags,
        folder: &Folder,
        api: &str,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Self> {
        let named = Self { address: flags.registry.clone(), tokens: None, own: None };
        if named.address.is_some() {
            return Ok(named);
        }
        let programs = match Programs::prepare(progress).await {
            Ok(programs) => programs,
            // Without a registry the rest works all the same.
            Err(error) if flags.kubeconfig.is_some() => {
                progress(&format!("no registry of images: {error}; --registry names another one"));
                return Ok(named);
            }
            Err(error) => return Err(error.into()),
        };
        let data = folder.path().join("registry");
        let tokens = if flags.registry_auth {
            let realm = format!("{api}/api/v1/authorize/registry/");
            let jwks = |pem: &[u8]| {
                let signer = Signer::from_pem(pem).map_err(|error| error.chain().to_string())?;
                Ok(signer.jwks().to_string())
            };
            Some(Tokens::prepare(&data, &programs, realm, jwks).await?)
        } else {
            None
        };
        let own = Registry::start(&data, &folder.path().join("logs"), &programs, tokens.as_ref()).await?;
        Ok(Self { address: Some(own.address().to_string()), tokens, own: Some(own) })
    }

    /// Waits until the registry ends by itself; for ever if there is none of our own.
    pub(super) async fn died(&mut self) -> Error {
        match &mut self.own {
            Some(registry) => Error::Cluster(registry.died().await),
            None => std::future::pending().await,
        }
    }

    /// Stops the registry.
    pub(super) async fn stop(self) {
        if let Some(registry) = self.own {
            registry.stop().await;
        }
    }
}
