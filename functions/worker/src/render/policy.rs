//! Who may reach the pods of a namespace, and how many of them an eviction may take.

use common::domain::workload::{Group, Labels, Peer, Reach, Workload, label};
use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Kind, Object, metadata};

/// The label that every namespace has of its own name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
/// The name of the policy.
const NAME: &str = "slipway";

/// The policy of the namespace: nobody, but those who are named. None for a workload that anyone may reach or that is
/// to go.
pub(super) fn network(workload: &Workload) -> Option<Object> {
    let Reach::Only { peers, ports } = &workload.reach else { return None };
    if workload.groups.is_empty() {
        return None;
    }
    let here =
        NetworkPolicyPeer { pod_selector: Some(LabelSelector::default()), ..NetworkPolicyPeer::default() };
    let from = [here].into_iter().chain(peers.iter().map(peer)).collect();
    let mut rules = vec![NetworkPolicyIngressRule { from: Some(from), ports: None }];
    if !ports.is_empty() {
        let port = |(port, protocol): &(std::num::NonZeroU16, common::domain::service::Protocol)| {
            NetworkPolicyPort {
                end_port: None,
                port: Some(IntOrString::Int(i32::from(port.get()))),
                protocol: Some(protocol.as_str().to_owned()),
            }
        };
        let ports = ports.iter().map(port).collect();
        rules.push(NetworkPolicyIngressRule { from: None, ports: Some(ports) });
    }
    let manifest = NetworkPolicy {
        metadata: metadata::of_subject(workload, NAME),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector::default()),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ingress: Some(rules),
            egress: None,
        }),
    };
    Some(Object::new(Kind::NetworkPolicy, NAME, &manifest))
}

fn peer(peer: &Peer) -> NetworkPolicyPeer {
    match peer {
        Peer::Namespace(name) => NetworkPolicyPeer {
            namespace_selector: Some(one(NAMESPACE_NAME, name)),
            ..NetworkPolicyPeer::default()
        },
        // A namespace that is not ours cannot pretend to have such pods.
        Peer::Pods(labels) => NetworkPolicyPeer {
            namespace_selector: Some(one(label::MANAGED_BY, label::SLIPWAY)),
            pod_selector: Some(metadata::selector(labels)),
            ip_block: None,
        },
    }
}

fn one(key: &str, value: &str) -> LabelSelector {
    metadata::selector(&Labels::from([(key.to_owned(), value.to_owned())]))
}

/// One pod at a time, where the group has it so.
pub(super) fn disruption_budget(workload: &Workload, group: &Group) -> Option<Object> {
    group.has_disruption_budget.then(|| {
        let manifest = PodDisruptionBudget {
            metadata: metadata::of_group(workload, group, &group.name),
            spec: Some(PodDisruptionBudgetSpec {
                max_unavailable: Some(IntOrString::Int(1)),
                selector: Some(metadata::selector(&group.selector)),
                ..PodDisruptionBudgetSpec::default()
            }),
            status: None,
        };
        Object::new(Kind::PodDisruptionBudget, &group.name, &manifest)
    })
}
