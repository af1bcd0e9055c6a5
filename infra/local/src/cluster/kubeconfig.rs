//! The text of a kubeconfig file.

use base64::{Engine, prelude::BASE64_STANDARD};

/// Who asks, and where.
pub(super) struct Kubeconfig<'a> {
    /// The port of the API server on loopback.
    pub(super) port: u16,
    /// The authority that signed its certificate, in PEM.
    pub(super) authority: &'a str,
    pub(super) user: &'a str,
    pub(super) token: &'a str,
}

impl Kubeconfig<'_> {
    /// A file that needs no other: authority and token are inside.
    pub(super) fn text(&self) -> String {
        let Self { port, authority, user, token } = self;
        let authority = BASE64_STANDARD.encode(authority);
        format!(
            "apiVersion: v1
kind: Config
clusters:
- name: slipway
  cluster:
    server: https://127.0.0.1:{port}
    certificate-authority-data: {authority}
users:
- name: {user}
  user:
    token: {token}
contexts:
- name: slipway
  context:
    cluster: slipway
    user: {user}
current-context: slipway
"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_names_server_authority_user_and_token() {
        let text =
            Kubeconfig { port: 6443, authority: "PEM", user: "slipway-worker", token: "secret" }.text();
        let config = kube::config::Kubeconfig::from_yaml(&text).unwrap();
        let cluster = config.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("https://127.0.0.1:6443"));
        assert_eq!(cluster.certificate_authority_data.as_deref(), Some("UEVN"));
        assert_eq!(config.auth_infos[0].name, "slipway-worker");
        assert_eq!(config.current_context.as_deref(), Some("slipway"));
        assert!(text.contains("token: secret\n"));
    }
}
