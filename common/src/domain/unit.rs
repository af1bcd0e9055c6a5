//! Units: the subjects whose objects are applied under a lease, whatever their dialect.

use std::collections::BTreeMap;

use super::app::App;
use super::applied::Applied;
use super::console;
use super::name::Uid;
use super::service::{Desired, Service};
use super::subject::Subject;

/// A subject, with what its job has to know besides.
#[derive(Clone, Debug)]
pub enum Unit {
    /// A service of the microservice dialect.
    Service {
        /// Also while it is being deleted.
        service: Box<Service>,
        /// Its app.
        app: Option<App>,
    },
    /// An app of the console dialect.
    App {
        /// Also while it is only registered.
        app: Box<console::app::App>,
        /// The service apps that it uses, those that are registered.
        services: BTreeMap<console::name::AppName, console::app::App>,
    },
}

impl Unit {
    /// Who it is.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Service { service, .. } => Subject::Service(service.id.clone()),
            Self::App { app, .. } => Subject::App(app.id.clone()),
        }
    }

    /// Which life of its name.
    pub fn uid(&self) -> &Uid {
        match self {
            Self::Service { service, .. } => &service.uid,
            Self::App { app, .. } => &app.uid,
        }
    }

    /// Counts the accepted mutations.
    pub fn generation(&self) -> u64 {
        match self {
            Self::Service { service, .. } => service.generation,
            Self::App { app, .. } => app.generation,
        }
    }

    /// What the cluster has of it.
    pub fn applied(&self) -> &Applied {
        match self {
            Self::Service { service, .. } => &service.applied,
            Self::App { app, .. } => &app.applied,
        }
    }

    /// Whether the cluster has the newest generation.
    pub fn is_applied(&self) -> bool {
        self.applied().generation >= self.generation()
    }

    /// Whether nothing of it is to be left in the cluster.
    pub fn is_leaving(&self) -> bool {
        match self {
            Self::Service { service, .. } => service.desired == Desired::Deleted,
            Self::App { app, .. } => app.deployment.is_none(),
        }
    }
}
