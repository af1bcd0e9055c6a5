//! Status: what the answers say about what runs (kirk-spec §7).
//!
//! ```text
//! Service (wanted, applied) + Observation (seen in the cluster) -> Status
//! ```
//! The worker stores what it sees; the phase is derived anew at each read, so that it is true for
//! the newest generation at once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::applied::NAME_CONFLICT;
use super::service::{Desired, Service};

/// What was last seen of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observation {
    /// The cluster did not answer.
    Unreachable,
    /// It did: what there is of each group of pods, by the name of the object that keeps them.
    Seen(Groups),
}

/// Groups of pods by the name of the object that keeps them. A service has one.
pub type Groups = BTreeMap<String, Seen>;

/// What there is of a group of pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The object that keeps them, if there is one of that name.
    pub object: Option<SeenObject>,
    /// Its pods, oldest first, at most 100.
    pub pods: Vec<Pod>,
    /// How many pods there are that have not ended, terminating ones included.
    pub live_pods: u32,
    /// The pods of a console app, which shows other things of them: by their number, at most 100. `pods` is empty then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<Instance>,
}

/// A pod of a console app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The pod's name.
    pub pod: String,
    /// Which pod of that name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Its own number, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The generation that asked for it; none if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled: Option<u64>,
    /// The id of its first container, without the runtime's name; empty while there is none.
    pub container_id: String,
    /// Its address; empty while there is none.
    pub ip: String,
    /// Its node's address; empty while there is none.
    pub node_ip: String,
    /// Whether it serves, or has done what it was to do.
    pub is_ready: bool,
    /// Since when its first container runs.
    pub started: Option<Timestamp>,
    /// What is wrong with it; empty for nothing.
    pub error: String,
}

/// The instance with this number: its own, or else its place, both from 1.
pub fn instance(instances: &[Instance], number: usize) -> Option<&Instance> {
    let mut places = (1..).zip(instances);
    places.find(|(place, instance)| instance.number_at(*place) == number).map(|(_, instance)| instance)
}

impl Instance {
    /// Its number, if it is at this place, from 1, among the instances of its proc.
    pub fn number_at(&self, place: usize) -> usize {
        self.number.and_then(|number| usize::try_from(number).ok()).unwrap_or(place)
    }
}

/// A Deployment, StatefulSet or Job. Counts that Kubernetes leaves out are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenObject {
    /// The owner that it names; none for a foreign one.
    pub owner: Option<String>,
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`.
    pub observed_generation: i64,
    /// Pods there are.
    pub replicas: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that have been ready for long enough.
    pub available: u32,
    /// Pods that are missing or not ready.
    pub unavailable: u32,
    /// What its conditions complain about.
    pub trouble: Option<Trouble>,
}

/// A word and a sentence about what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// One word.
    pub reason: String,
    /// A sentence; may be empty.
    pub message: String,
}

/// A pod, in the wire's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// How it does.
    pub status: PodStatus,
    /// One entry for each container, in the pod's order.
    pub container_statuses: Vec<ContainerStatus>,
}

/// How a pod does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodStatus {
    /// Where it is in its life.
    pub phase: PodPhase,
    /// At most 64 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// At most 64 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A pod's phase on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words of the wire")]
pub enum PodPhase {
    Running,
    Pending,
    Succeeded,
    Failed,
    Unknown,
}

/// How a container does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerStatus {
    /// Its name.
    pub name: String,
    /// What it is doing.
    pub state: ContainerState,
    /// At most 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// At most 256 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A container's state on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words of the wire")]
pub enum ContainerState {
    Running,
    Waiting,
    Terminated,
    Unknown,
}

/// A service's status, in the wire's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// How it does as a whole.
    pub phase: Phase,
    /// Instances asked for, also while stopped.
    pub desire: u32,
    /// Pods there are.
    pub current: u32,
    /// Pods of the newest revision.
    pub updated: u32,
    /// Pods that serve.
    pub available: u32,
    /// Pods that are missing or do not serve.
    pub unavailable: u32,
    /// What is wrong, if it is known: one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What is wrong, if it is known: a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A service's phase on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// All of the newest revision is there and serves.
    Running,
    /// On its way, or unable to get there: the pods say why.
    Pending,
    /// Nothing runs, as wanted.
    Stopped,
    /// The cluster cannot be asked, or has something else under the name.
    Unknown,
}

impl Status {
    /// The status of a service of which `observation` was last seen; none if it was never looked at.
    pub fn of(service: &Service, observation: Option<&Observation>) -> Self {
        let never_looked = Seen::default();
        let seen = match observation {
            Some(Observation::Unreachable) => return Self::without_counts(service, Phase::Unknown),
            Some(Observation::Seen(groups)) => groups.values().next().unwrap_or(&never_looked),
            None => &never_looked,
        };
        let failure =
            service.applied.failure.as_ref().filter(|failure| failure.generation == service.generation);
        let foreign = failure.is_some_and(|failure| failure.reason == NAME_CONFLICT)
            || seen
                .object
                .as_ref()
                .is_some_and(|object| object.owner.as_deref() != Some(service.uid.as_str()));
        let mut status = match &seen.object {
            _ if foreign => Self::without_counts(service, Phase::Unknown),
            Some(object) => Self::of_object(service, object, seen.live_pods),
            None if service.is_applied() => Self::without_counts(service, Phase::Unknown),
            None => Self::without_counts(service, Phase::Pending),
        };
        if let Some(failure) = failure {
            status.reason.clone_from(&failure.reason);
            status.message.clone_from(&failure.message);
        } else if let Some(trouble) = seen.object.as_ref().and_then(|object| object.trouble.as_ref()) {
            status.reason.clone_from(&trouble.reason);
            status.message.clone_from(&trouble.message);
        }
        status
    }

    fn of_object(service: &Service, object: &SeenObject, live_pods: u32) -> Self {
        let applied = &service.applied;
        let unapplied = !service.is_applied();
        let unobserved =
            object.generation < applied.object_generation || object.observed_generation < object.generation;
        let template_is_old = service.template_generation > applied.generation
            || object.observed_generation < applied.template_object_generation;
        let instances = service.shape.instances();
        let all = |count: u32| count == instances;
        let phase = match service.desired {
            _ if unapplied || unobserved => Phase::Pending,
            Desired::Started if all(object.replicas) && all(object.updated) && all(object.available) => {
                Phase::Running
            }
            Desired::Stopped | Desired::Deleted if object.replicas == 0 && live_pods == 0 => Phase::Stopped,
            Desired::Started | Desired::Stopped | Desired::Deleted => Phase::Pending,
        };
        if phase == Phase::Stopped {
            return Self::without_counts(service, phase);
        }
        Self {
            current: object.replicas,
            updated: if template_is_old { 0 } else { object.updated },
            available: object.available,
            unavailable: object.unavailable,
            ..Self::without_counts(service, phase)
        }
    }

    fn without_counts(service: &Service, phase: Phase) -> Self {
        Self {
            phase,
            desire: service.shape.instances(),
            current: 0,
            updated: 0,
            available: 0,
            unavailable: 0,
            reason: String::new(),
            message: String::new(),
        }
    }
}

/// The pods that the answers show.
pub fn pods(observation: Option<&Observation>) -> &[Pod] {
    match observation {
        Some(Observation::Seen(groups)) => groups.values().next().map_or(&[], |seen| &seen.pods),
        Some(Observation::Unreachable) | None => &[],
    }
}

#[cfg(test)]
mod tests;
