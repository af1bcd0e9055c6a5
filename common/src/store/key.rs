//! The keys of the items; the table of them is in the doc of [`crate::store`].

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use crate::domain::console;
use crate::domain::console::notify::{DeliveryId, NotifyType, NotifyUrl};
use crate::domain::digest::sha256_hex;
use crate::domain::name::{AppName, ProjectName, RegionName, ServiceName, Uid};
use crate::domain::revision::RevisionNumber;
use crate::domain::subject::{AppId, ProjectId, ServiceId, Subject};

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

/// Sorts before every name, so a project's own item is the first of its partition.
pub(super) const PROJECT_SK: &str = "!";
/// Sorts before every character of a name, so a status follows its service at once.
pub(super) const STATUS_SUFFIX: char = '!';
/// Sorts after every character of a name.
const AFTER_NAMES: char = '~';
/// How many partitions the index of due times has.
pub(super) const DUE_SHARDS: u8 = 8;

impl Key {
    pub(super) fn project(id: &ProjectId) -> Self {
        Self { pk: tenant(&id.region, &id.project), sk: PROJECT_SK.to_owned() }
    }

    pub(super) fn listed_project(id: &ProjectId) -> Self {
        Self { pk: projects(&id.region), sk: id.project.to_string() }
    }

    pub(super) fn namespace(cluster: &str, project: &ProjectName) -> Self {
        Self { pk: format!("N#{cluster}"), sk: project.to_string() }
    }

    pub(super) fn app(id: &ProjectId, app: &AppName) -> Self {
        Self { pk: tenant(&id.region, &id.project), sk: app.to_string() }
    }

    pub(super) fn service(id: &ServiceId) -> Self {
        Self { pk: tenant(&id.region, &id.project), sk: format!("{}/{}", id.app, id.service) }
    }

    pub(super) fn console_app(id: &AppId) -> Self {
        Self { pk: console_apps(&id.region), sk: id.app.to_string() }
    }

    /// The item that has the subject's generation.
    pub(super) fn subject(subject: &Subject) -> Self {
        match subject {
            Subject::Service(id) => Self::service(id),
            Subject::Project(id) => Self::project(id),
            Subject::App(id) => Self::console_app(id),
        }
    }

    /// The item that has what was seen of the subject, and its lease. A project has none.
    pub(super) fn status(subject: &Subject) -> Self {
        let Self { pk, sk } = Self::subject(subject);
        Self { pk, sk: format!("{sk}{STATUS_SUFFIX}") }
    }

    pub(super) fn console_revision(id: &AppId, slot: u64) -> Self {
        Self { pk: format!("R#{id}"), sk: format!("{slot:02}") }
    }

    pub(super) fn oplog_entry(id: &AppId, at: &str, request_id: &str) -> Self {
        Self { pk: oplog(id), sk: format!("{at}/{request_id}") }
    }

    pub(super) fn client(service: &AppId, client: &console::name::AppName) -> Self {
        Self { pk: clients(service), sk: client.to_string() }
    }

    pub(super) fn stream_port(cluster: &str, port: u16) -> Self {
        Self { pk: stream_ports(cluster), sk: format!("{port:05}") }
    }

    pub(super) fn revision(id: &ServiceId, slot: u64) -> Self {
        Self { pk: format!("R#{id}"), sk: format!("{slot:02}") }
    }

    pub(super) fn revision_of(id: &ServiceId, number: RevisionNumber) -> Self {
        Self::revision(id, number.slot())
    }

    pub(super) fn notifier(region: &RegionName, notify: NotifyType, url: &NotifyUrl) -> Self {
        Self { pk: notifiers(region, notify), sk: url.id() }
    }

    pub(super) fn notifiers_count(region: &RegionName, notify: NotifyType) -> Self {
        Self { pk: format!("{}/count", notifiers(region, notify)), sk: "!".to_owned() }
    }

    /// No app's name has an `@`.
    pub(super) fn notify_audit(region: &RegionName, notify: NotifyType, at: &str, request_id: &str) -> Self {
        Self { pk: format!("L#{region}/@{}", notify.as_str()), sk: format!("{at}/{request_id}") }
    }

    pub(super) fn delivery(id: &DeliveryId) -> Self {
        let DeliveryId { region, notifier, delivery } = id;
        Self { pk: format!("V#{region}/{notifier}"), sk: delivery.clone() }
    }

    pub(super) fn operation(subject: &Uid, generation: u64) -> Self {
        Self { pk: format!("O#{subject}"), sk: format!("{generation:020}") }
    }

    pub(super) fn audit(id: &ProjectId, at: &str, request_id: &str) -> Self {
        Self { pk: format!("U#{id}"), sk: format!("{at}/{request_id}") }
    }

    pub(super) fn idempotency(scope: &str, key: &str) -> Self {
        Self { pk: format!("I#{}", sha256_hex(scope, 32)), sk: key.to_owned() }
    }

    pub(super) fn into_map(self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk)),
            ("sk".to_owned(), AttributeValue::S(self.sk)),
        ])
    }
}

/// The partition of a project: its own item, its apps, their services and the services' statuses.
pub(super) fn tenant(region: &RegionName, project: &ProjectName) -> String {
    format!("K#{region}/{project}")
}

/// The partition of a region's console apps and their statuses.
pub(super) fn console_apps(region: &RegionName) -> String {
    format!("A#{region}")
}

/// The partition of a console app's audit entries.
pub(super) fn oplog(id: &AppId) -> String {
    format!("L#{id}")
}

/// The partition that lists the apps that use portals of a service app.
pub(super) fn clients(service: &AppId) -> String {
    format!("C#{service}")
}

/// The partition of the ports of a cluster's edge.
pub(super) fn stream_ports(cluster: &str) -> String {
    format!("T#{cluster}")
}

/// The partition of a type's notifiers.
pub(super) fn notifiers(region: &RegionName, notify: NotifyType) -> String {
    format!("H#{region}/{}", notify.as_str())
}

/// The bounds of a console app and its status.
pub(super) fn console_app_range(app: &console::name::AppName) -> (String, String) {
    (app.to_string(), format!("{app}{STATUS_SUFFIX}"))
}

/// The bounds of a resource's instances and their statuses.
pub(super) fn instances_range(resource: &console::name::AppName) -> (String, String) {
    (format!("resource.{resource}."), format!("resource.{resource}.{AFTER_NAMES}"))
}

/// The partition that lists a region's projects.
pub(super) fn projects(region: &RegionName) -> String {
    format!("P#{region}")
}

/// The bounds of an app with its services and their statuses: `/` sorts before all that names are made of but `-`,
/// which an app's name has not.
pub(super) fn app_range(app: &AppName) -> (String, String) {
    (app.to_string(), format!("{app}/{AFTER_NAMES}"))
}

/// The bounds of a service and its status.
pub(super) fn service_range(app: &AppName, service: &ServiceName) -> (String, String) {
    (format!("{app}/{service}"), format!("{app}/{service}{STATUS_SUFFIX}"))
}

/// What an item of a project's partition is, by its sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Project,
    App,
    Service,
    Status,
}

impl Member {
    pub(super) fn of(sk: &str) -> Self {
        if sk == PROJECT_SK {
            Self::Project
        } else if sk.ends_with(STATUS_SUFFIX) {
            Self::Status
        } else if sk.contains('/') {
            Self::Service
        } else {
            Self::App
        }
    }
}

/// Reads the subject whose item this key is; none for keys that are no subject's.
pub(super) fn subject(pk: &str, sk: &str) -> Option<Subject> {
    if let Some(region) = pk.strip_prefix("A#") {
        let app = sk.trim_end_matches(STATUS_SUFFIX).parse().ok()?;
        return Some(Subject::App(AppId { region: region.parse().ok()?, app }));
    }
    let (region, project) = pk.strip_prefix("K#")?.split_once('/')?;
    let (region, project) = (region.parse().ok()?, project.parse().ok()?);
    match Member::of(sk) {
        Member::Project => Some(Subject::Project(ProjectId { region, project })),
        Member::Service | Member::Status => {
            let (app, service) = sk.trim_end_matches(STATUS_SUFFIX).split_once('/')?;
            let (app, service) = (app.parse().ok()?, service.parse().ok()?);
            Some(Subject::Service(ProjectId { region, project }.service(app, service)))
        }
        Member::App => None,
    }
}

/// Reads the delivery whose item this key is; none for other keys.
pub(super) fn delivery(pk: &str, sk: &str) -> Option<DeliveryId> {
    let (region, notifier) = pk.strip_prefix("V#")?.split_once('/')?;
    Some(DeliveryId { region: region.parse().ok()?, notifier: notifier.to_owned(), delivery: sk.to_owned() })
}

/// The index partition of the due time of what has this text as its name.
pub(super) fn due_shard(name: &str) -> String {
    let digest = Sha256::digest(name);
    due_partition(digest[0] % DUE_SHARDS)
}

/// The index partition of this shard.
pub(super) fn due_partition(shard: u8) -> String {
    format!("D#{shard}")
}

/// A due time as an index sort key: seconds since the epoch, in an order that text keeps.
pub(super) fn due_time(epoch_s: i64) -> String {
    format!("{epoch_s:012}")
}

/// The index partition of a region's statuses.
pub(super) fn observed_partition(region: &RegionName) -> String {
    format!("S#{region}")
}

/// The index sort key of a subject's status.
pub(super) fn observed_name(subject: &Subject) -> String {
    match subject {
        Subject::Service(id) => format!("{}/{}/{}", id.project, id.app, id.service),
        Subject::Project(id) => id.project.to_string(),
        Subject::App(id) => id.app.to_string(),
    }
}

#[cfg(test)]
mod tests;
