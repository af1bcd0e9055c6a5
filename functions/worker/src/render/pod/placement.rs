//! Where pods may and should run.

use common::domain::workload::{Labels, Placement, PlacementTarget};
use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinity,
    PodAffinityTerm, PodAntiAffinity, PreferredSchedulingTerm, TopologySpreadConstraint,
    WeightedPodAffinityTerm,
};

use crate::render::metadata::{selector, some};

const HOST: &str = "kubernetes.io/hostname";
/// Wishes all weigh the same.
const WEIGHT: i32 = 50;

/// Pods of the selector on different hosts, as far as that goes.
pub(super) fn spread(labels: &Labels) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        label_selector: Some(selector(labels)),
        max_skew: 1,
        topology_key: HOST.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        ..TopologySpreadConstraint::default()
    }
}

/// The placements as affinities; none for none.
pub(super) fn affinity(placement: &[Placement]) -> Option<Affinity> {
    let of = |target: PlacementTarget| placement.iter().filter(move |each| each.target == target);
    let pods = |wanted: bool| of(PlacementTarget::Pod).filter(move |each| each.is_wanted == wanted);
    let affinity = Affinity {
        node_affinity: node_affinity(of(PlacementTarget::Node)),
        pod_affinity: pod_terms(pods(true)).map(|(required, preferred)| PodAffinity {
            preferred_during_scheduling_ignored_during_execution: some(preferred),
            required_during_scheduling_ignored_during_execution: some(required),
        }),
        pod_anti_affinity: pod_terms(pods(false)).map(|(required, preferred)| PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: some(preferred),
            required_during_scheduling_ignored_during_execution: some(required),
        }),
    };
    (affinity != Affinity::default()).then_some(affinity)
}

fn node_affinity<'a>(placement: impl Iterator<Item = &'a Placement>) -> Option<NodeAffinity> {
    let (soft, hard): (Vec<_>, Vec<_>) = placement.partition(|each| each.is_soft);
    let requirement = |each: &&Placement| NodeSelectorRequirement {
        key: each.key.clone(),
        operator: if each.is_wanted { "In" } else { "NotIn" }.to_owned(),
        values: Some(vec![each.value.clone()]),
    };
    let term = |requirements| NodeSelectorTerm { match_expressions: Some(requirements), match_fields: None };
    let wish = |each: &&Placement| PreferredSchedulingTerm {
        preference: term(vec![requirement(each)]),
        weight: WEIGHT,
    };
    let required = some(hard.iter().map(requirement).collect());
    let affinity = NodeAffinity {
        preferred_during_scheduling_ignored_during_execution: some(soft.iter().map(wish).collect()),
        required_during_scheduling_ignored_during_execution: required
            .map(|requirements| NodeSelector { node_selector_terms: vec![term(requirements)] }),
    };
    (affinity != NodeAffinity::default()).then_some(affinity)
}

/// The required and the preferred terms; none for none.
fn pod_terms<'a>(
    placement: impl Iterator<Item = &'a Placement>,
) -> Option<(Vec<PodAffinityTerm>, Vec<WeightedPodAffinityTerm>)> {
    let (soft, hard): (Vec<_>, Vec<_>) = placement.partition(|each| each.is_soft);
    let term = |each: &&Placement| PodAffinityTerm {
        label_selector: Some(selector(&Labels::from([(each.key.clone(), each.value.clone())]))),
        topology_key: HOST.to_owned(),
        ..PodAffinityTerm::default()
    };
    let wish = |each: &&Placement| WeightedPodAffinityTerm { pod_affinity_term: term(each), weight: WEIGHT };
    let (required, preferred): (Vec<_>, Vec<_>) =
        (hard.iter().map(term).collect(), soft.iter().map(wish).collect());
    (!required.is_empty() || !preferred.is_empty()).then_some((required, preferred))
}
