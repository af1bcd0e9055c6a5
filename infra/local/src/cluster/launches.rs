//! How each program of the control plane is started.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use super::{Options, identity::Identity, process::Launch};

/// What the command lines depend on.
pub(super) struct Setting<'a> {
    pub(super) options: &'a Options,
    pub(super) identity: &'a Identity,
    pub(super) ports: Ports,
    pub(super) kubeconfig: &'a Path,
    pub(super) stages: &'a Path,
}

/// The ports that programs listen on, all on loopback.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) api: u16,
    pub(super) etcd: u16,
    pub(super) etcd_peer: u16,
}

impl Setting<'_> {
    /// Only who holds the identity's certificate may speak to etcd: there lies all that the API server guards.
    pub(super) fn etcd(&self) -> Launch {
        let client = format!("https://127.0.0.1:{}", self.ports.etcd);
        let peer = format!("https://127.0.0.1:{}", self.ports.etcd_peer);
        let Self { identity, options, .. } = self;
        let mut arguments = vec![
            flag("--name", "development"),
            flag("--data-dir", options.data.join("etcd")),
            flag("--listen-client-urls", &client),
            flag("--advertise-client-urls", &client),
            flag("--listen-peer-urls", &peer),
            flag("--initial-advertise-peer-urls", &peer),
            flag("--initial-cluster", format!("development={peer}")),
            flag("--log-level", "warn"),
            // A cluster of one need not wait long to elect itself.
            flag("--heartbeat-interval", "10"),
            flag("--election-timeout", "100"),
        ];
        for role in ["", "peer-"] {
            arguments.extend([
                flag(&format!("--{role}cert-file"), identity.certificate()),
                flag(&format!("--{role}key-file"), identity.key()),
                flag(&format!("--{role}trusted-ca-file"), identity.authority()),
                flag(&format!("--{role}client-cert-auth"), "true"),
            ]);
        }
        if options.ephemeral {
            arguments.push("--unsafe-no-fsync".into());
        }
        self.launch("etcd", arguments)
    }

    pub(super) fn api_server(&self) -> Launch {
        let identity = self.identity;
        let arguments = vec![
            flag("--bind-address", "127.0.0.1"),
            // Without it the server looks for a public address, which a machine without network has not.
            flag("--advertise-address", "127.0.0.1"),
            flag("--endpoint-reconciler-type", "none"),
            flag("--secure-port", self.ports.api.to_string()),
            flag("--tls-cert-file", identity.certificate()),
            flag("--tls-private-key-file", identity.key()),
            flag("--etcd-servers", format!("https://127.0.0.1:{}", self.ports.etcd)),
            flag("--etcd-cafile", identity.authority()),
            flag("--etcd-certfile", identity.certificate()),
            flag("--etcd-keyfile", identity.key()),
            flag("--token-auth-file", identity.tokens()),
            flag("--authorization-mode", "RBAC"),
            flag("--service-account-issuer", "https://kubernetes.default.svc"),
            flag("--service-account-key-file", identity.service_account_public_key()),
            flag("--service-account-signing-key-file", identity.service_account_key()),
            flag("--service-cluster-ip-range", "10.96.0.0/16"),
            flag("--profiling", "false"),
        ];
        self.launch("kube-apiserver", arguments)
    }

    pub(super) fn controller_manager(&self) -> Launch {
        let arguments = vec![
            flag("--kubeconfig", self.kubeconfig),
            flag("--leader-elect", "false"),
            flag("--secure-port", "0"),
            flag("--root-ca-file", self.identity.authority()),
            flag("--service-account-private-key-file", self.identity.service_account_key()),
            flag("--controllers", "*,-node-ipam-controller,-node-route-controller,-service-lb-controller"),
            flag("--enable-hostpath-provisioner", "true"),
            // The node is as alive as kwok is. Were it given up during an outage of the API server, its pods would
            // be marked unready, which kwok never takes back.
            flag("--node-monitor-grace-period", "24h"),
            flag("--kube-api-qps", "500"),
            flag("--kube-api-burst", "1000"),
            flag("--profiling", "false"),
        ];
        self.launch("kube-controller-manager", arguments)
    }

    pub(super) fn scheduler(&self) -> Launch {
        let arguments = vec![
            flag("--kubeconfig", self.kubeconfig),
            flag("--leader-elect", "false"),
            flag("--secure-port", "0"),
            flag("--kube-api-qps", "500"),
            flag("--kube-api-burst", "1000"),
            flag("--profiling", "false"),
        ];
        self.launch("kube-scheduler", arguments)
    }

    pub(super) fn kwok(&self) -> Launch {
        let arguments = vec![
            flag("--kubeconfig", self.kubeconfig),
            flag("--config", self.stages),
            flag("--manage-all-nodes", "true"),
            flag("--cidr", "10.244.0.0/16"),
            flag("--node-ip", "10.240.0.1"),
            // A lease would outlive a kwok that was killed, and its successor wait for that lease to end.
            flag("--node-lease-duration-seconds", "0"),
        ];
        self.launch("kwok", arguments)
    }

    fn launch(&self, name: &'static str, arguments: Vec<OsString>) -> Launch {
        let Options { data, logs, programs, .. } = self.options;
        let log = logs.join(format!("{name}.log"));
        Launch { name, program: programs.path(name), arguments, folder: data.clone(), log }
    }
}

fn flag(name: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut flag = OsString::from(name);
    flag.push("=");
    flag.push(value);
    flag
}
