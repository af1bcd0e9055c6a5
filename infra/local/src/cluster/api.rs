//! What the control plane itself asks of the API server: whether all is ready, and the objects that each cluster has.

use std::{path::Path, process::Stdio, time::Duration};

use k8s_openapi::api::core::v1::Node;
use kube::{
    Api, Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use tokio::{io::AsyncWriteExt, process::Command, time::sleep};

use super::error::{Doing, Error, Result, tail};

/// Time between two looks at something that is not ready yet.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The worker's rights, then what the development cluster has of its own.
const OBJECTS: &str =
    concat!(include_str!("../../../kubernetes/rbac.yaml"), "---\n", include_str!("objects.yaml"));
/// The node in `objects.yaml`.
const NODE: &str = "development";

/// A client with the rights of a kubeconfig.
pub(super) async fn client(kubeconfig: &Path) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).map_err(|error| Error::Client(error.into()))?;
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .map_err(|error| Error::Client(error.into()))?;
    // The server is on loopback, whatever the environment says of proxies.
    config.proxy_url = None;
    Client::try_from(config).map_err(|error| Error::Client(error.into()))
}

/// Waits until the API server says that it is ready.
pub(super) async fn server_ready(client: &Client) {
    let is_ready = async || {
        let request = http::Request::get("/readyz").body(Vec::new()).ok()?;
        client.request_text(request).await.ok()
    };
    while is_ready().await.is_none() {
        sleep(POLL_INTERVAL).await;
    }
}

/// Waits until kwok has made the node ready, and until the controller manager has let pods onto it.
pub(super) async fn node_ready(client: &Client) {
    let nodes = Api::<Node>::all(client.clone());
    while !nodes.get(NODE).await.is_ok_and(|node| takes_pods(&node)) {
        sleep(POLL_INTERVAL).await;
    }
}

fn takes_pods(node: &Node) -> bool {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    taints.is_empty()
        && conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Applies the objects that each development cluster has; what is there already stays.
pub(super) async fn set_up(kubectl: &Path, kubeconfig: &Path, folder: &Path) -> Result<()> {
    let run = async {
        let mut child = Command::new(kubectl)
            .args(["apply", "--server-side", "--force-conflicts", "--field-manager=slipway-local"])
            .args(["--validate=false", "--filename=-", "--kubeconfig"])
            .arg(kubeconfig)
            // For its cache, and so that no preferences of the user's own change what it does.
            .env("HOME", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(OBJECTS.as_bytes()).await?;
        }
        child.wait_with_output().await
    };
    let output = run.await.doing(|| format!("run {}", kubectl.display()))?;
    if output.status.success() { Ok(()) } else { Err(Error::SetUp { tail: tail(&output.stderr) }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_pods_when_it_is_ready_and_without_taints() {
        let ready = r#"{"metadata":{},"spec":{},"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#;
        let taint = r#""spec":{"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]}"#;
        for (node, expected) in [
            (ready.to_owned(), true),
            (ready.replace("True", "False"), false),
            (ready.replace(r#""spec":{}"#, taint), false),
            (r#"{"metadata":{}}"#.to_owned(), false),
        ] {
            assert_eq!(takes_pods(&serde_json::from_str(&node).unwrap()), expected, "{node}");
        }
    }
}
