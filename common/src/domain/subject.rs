//! Subjects: what is deployed and ordered as one, and the doorbells that name them.

use serde::{Deserialize, Serialize};

use super::console;
use super::name::{AppName, ProjectName, RegionName, ServiceName};

/// A project of a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProjectId {
    /// The region.
    pub region: RegionName,
    /// The project in it.
    pub project: ProjectName,
}

impl ProjectId {
    /// The service of this app and name in the project.
    pub fn service(self, app: AppName, service: ServiceName) -> ServiceId {
        let Self { region, project } = self;
        ServiceId { region, project, app, service }
    }
}

/// A service of an app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceId {
    /// The region.
    pub region: RegionName,
    /// The project in it.
    pub project: ProjectName,
    /// The app in the project.
    pub app: AppName,
    /// The service in the app.
    pub service: ServiceName,
}

impl ServiceId {
    /// The project that it belongs to.
    pub fn project_id(&self) -> ProjectId {
        ProjectId { region: self.region.clone(), project: self.project.clone() }
    }
}

/// An app of the console dialect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AppId {
    /// The region that takes the console's apps.
    pub region: RegionName,
    /// The app in it.
    pub app: console::name::AppName,
}

impl std::fmt::Display for AppId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.region, self.app)
    }
}

impl std::fmt::Display for ServiceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { region, project, app, service } = self;
        write!(f, "{region}/{project}/{app}/{service}")
    }
}

impl std::fmt::Display for ProjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.region, self.project)
    }
}

/// What the worker works on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Subject {
    /// A service and its objects.
    Service(ServiceId),
    /// A project and its namespace.
    Project(ProjectId),
    /// An app of the console dialect, with its namespace.
    App(AppId),
}

impl Subject {
    /// The region whose cluster it lives in.
    pub fn region(&self) -> &RegionName {
        match self {
            Self::Service(id) => &id.region,
            Self::Project(id) => &id.region,
            Self::App(id) => &id.region,
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service(id) => id.fmt(f),
            Self::Project(id) => id.fmt(f),
            Self::App(id) => id.fmt(f),
        }
    }
}

/// A message of the queue: "this subject has work". The table says what work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Doorbell {
    /// Who has work.
    pub subject: Subject,
    /// Where in a chain of rings this one is: looks at a rollout, waits for a deletion, tries in an outage.
    /// 0 for news.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub look: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(look: &u8) -> bool {
    *look == 0
}

impl From<Subject> for Doorbell {
    fn from(subject: Subject) -> Self {
        Self { subject, look: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doorbell_names_its_subject_and_nothing_else() {
        for json in [
            r#"{"subject":{"region":"xq","project":"p","app":"a","service":"s"}}"#,
            r#"{"subject":{"region":"xq","project":"p","app":"a","service":"s"},"look":3}"#,
            r#"{"subject":{"region":"xq","project":"p"}}"#,
            r#"{"subject":{"region":"xq","app":"resource.redis.hello"}}"#,
        ] {
            let doorbell: Doorbell = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&doorbell).unwrap(), json);
        }
        for bad in
            [r#"{"subject":{"region":"xq"}}"#, r#"{"subject":{"region":"xq","project":"kube-system"}}"#, "{}"]
        {
            assert!(serde_json::from_str::<Doorbell>(bad).is_err(), "{bad} should be refused");
        }
    }
}
