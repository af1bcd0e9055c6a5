//! Services of the microservice API, and what each operation makes of one (kirk-spec §5).

pub mod workload;

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::applied::Applied;
use super::container::Definition;
use super::error::{Error, Result};
use super::name::{Rule, Uid};
use super::region::Region;
use super::revision::{Revision, RevisionNumber, positive_decimal};
use super::subject::ServiceId;

/// A service as registered: what is wanted, and what the worker last made true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Where it is.
    pub id: ServiceId,
    /// Tells it from an earlier service of the same name.
    pub uid: Uid,
    /// When it was created.
    pub created: Timestamp,
    /// Never changes.
    pub shape: Shape,
    /// Whether it is to run.
    pub desired: Desired,
    /// What makes its pods.
    pub definition: Definition,
    /// What it exposes, in the order sent.
    pub ports: Vec<Port>,
    /// The newest revision, which holds `definition`.
    pub revision: RevisionNumber,
    /// Counts the accepted mutations.
    pub generation: u64,
    /// The generation that last changed the pod template.
    pub template_generation: u64,
    /// What the cluster has of it.
    pub applied: Applied,
}

/// Stateful services mount volumes and have one instance; stateless ones the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One instance.
    Stateful,
    /// As many instances as asked for.
    Stateless {
        /// Kept while the service is stopped.
        instances: Instances,
    },
}

impl Shape {
    /// The wire's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stateful => "stateful",
            Self::Stateless { .. } => "stateless",
        }
    }

    /// How many instances there are while it runs.
    pub fn instances(self) -> u32 {
        match self {
            Self::Stateful => 1,
            Self::Stateless { instances } => instances.get(),
        }
    }
}

/// Whether a service is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desired {
    /// Running.
    Started,
    /// No pods; everything else stays.
    Stopped,
    /// Nothing: hidden from reads until the cluster has nothing of it either.
    Deleted,
}

/// How many instances: 1 to 2^31 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instances(NonZeroU32);

impl Instances {
    /// What a service has that does not say.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// Reads the `{count}` of a path: `[1-9][0-9]{0,9}` up to 2^31 - 1 (kirk-spec E11).
    pub fn parse(text: &str) -> Result<Self, Rule> {
        positive_decimal(text, i32::MAX as u64).ok_or(INSTANCES_RULE).and_then(Self::try_from)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// The rule of [`Instances`].
pub const INSTANCES_RULE: Rule = "must be a whole number from 1 to 2147483647";

impl TryFrom<u64> for Instances {
    type Error = Rule;

    fn try_from(number: u64) -> Result<Self, Rule> {
        let number = i32::try_from(number).ok().and_then(|number| u32::try_from(number).ok());
        number.and_then(NonZeroU32::new).map(Self).ok_or(INSTANCES_RULE)
    }
}

/// An exposed port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Port {
    /// The number, outside and inside alike.
    pub port: std::num::NonZeroU16,
    /// Its transport.
    pub protocol: Protocol,
}

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// As Kubernetes and the wire write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }

    /// As the console writes it.
    pub fn as_lowercase(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// What a request asks to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewService {
    /// Its name in the app.
    pub name: super::name::ServiceName,
    /// Stateful or stateless.
    pub shape: Shape,
    /// What makes its pods.
    pub definition: Definition,
    /// What it exposes.
    pub ports: Vec<Port>,
}

impl NewService {
    /// The service in its first generation, started.
    pub fn into_service(self, id: ServiceId, uid: Uid, created: Timestamp) -> Service {
        let Self { name: _, shape, definition, ports } = self;
        Service {
            id,
            uid,
            created,
            shape,
            desired: Desired::Started,
            definition,
            ports,
            revision: RevisionNumber::FIRST,
            generation: 1,
            template_generation: 1,
            applied: Applied::default(),
        }
    }
}

/// What an operation makes of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It is so already.
    Unchanged,
    /// The same revision, one generation on.
    Changed(Box<Service>),
    /// A new revision too.
    Revised(Box<Service>, Revision),
}

impl Service {
    /// Whether the cluster has the newest generation.
    pub fn is_applied(&self) -> bool {
        self.applied.generation >= self.generation
    }

    /// The newest revision.
    pub fn current_revision(&self, created: Timestamp) -> Revision {
        Revision { number: self.revision, definition: self.definition.clone(), created }
    }

    /// Another number of instances. While stopped it shows at the next start.
    pub fn scale(&self, instances: Instances, region: &Region) -> Result<Transition> {
        match self.shape {
            Shape::Stateful => Err(Error::ServiceNotStateless { service: self.id.service.to_string() }),
            Shape::Stateless { .. } => {
                check_instances(instances, region)?;
                Ok(self.changed(|next| next.shape = Shape::Stateless { instances }))
            }
        }
    }

    /// No pods; the number of instances is kept.
    pub fn stop(&self) -> Transition {
        self.changed(|next| next.desired = Desired::Stopped)
    }

    /// As many pods as before the stop.
    pub fn start(&self) -> Transition {
        self.changed(|next| next.desired = Desired::Started)
    }

    /// Other ports.
    pub fn set_ports(&self, ports: Vec<Port>) -> Transition {
        self.changed(|next| next.ports = ports)
    }

    /// Away with it and all its objects.
    pub fn delete(&self) -> Transition {
        self.changed(|next| next.desired = Desired::Deleted)
    }

    /// Another definition, as a new revision. An upgrade and a rollback both end here.
    pub fn redefine(&self, definition: Definition, now: Timestamp) -> Transition {
        if definition == self.definition {
            return Transition::Unchanged;
        }
        let generation = self.generation + 1;
        let next = Self {
            definition,
            revision: self.revision.next(),
            generation,
            template_generation: generation,
            ..self.clone()
        };
        let revision = next.current_revision(now);
        Transition::Revised(Box::new(next), revision)
    }

    fn changed(&self, change: impl FnOnce(&mut Self)) -> Transition {
        let mut next = self.clone();
        change(&mut next);
        if next == *self {
            return Transition::Unchanged;
        }
        next.generation += 1;
        Transition::Changed(Box::new(next))
    }
}

/// Refuses more instances than the region allows.
pub fn check_instances(instances: Instances, region: &Region) -> Result<()> {
    let limit = region.max_instances.get();
    if instances.get() > limit {
        return Err(Error::QuotaExceeded { of: "instances of a service", limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
