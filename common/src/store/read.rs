//! What a request needs to know, in one call each.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::Store;
use super::item::{Attributes, Reader, string};
use super::key::{self, Key, Member};
use super::record;
use crate::domain::app::App;
use crate::domain::error::{Error, Result};
use crate::domain::name::{AppName, ProjectName, RegionName, ServiceName};
use crate::domain::project::Project;
use crate::domain::revision::{REVISIONS_KEPT, Revision, RevisionNumber};
use crate::domain::service::{Desired, Service};
use crate::domain::status::Observation;
use crate::domain::subject::{ProjectId, ServiceId, Subject};

/// Where a request points. A name that breaks its grammar is `None`: nothing can be there (kirk-spec 1.4).
#[derive(Clone, Debug)]
pub struct Target {
    /// The region, which is known.
    pub region: RegionName,
    /// The project.
    pub project: Option<ProjectName>,
    /// The app, for requests below one.
    pub app: Option<AppName>,
    /// The service, for requests below one.
    pub service: Option<ServiceName>,
    /// The revision to look up too.
    pub revision: Option<RevisionNumber>,
}

impl Target {
    /// The project, if one can be there.
    pub fn project_id(&self) -> Option<ProjectId> {
        Some(ProjectId { region: self.region.clone(), project: self.project.clone()? })
    }

    /// The service, if one can be there.
    pub fn service_id(&self) -> Option<ServiceId> {
        Some(self.project_id()?.service(self.app.clone()?, self.service.clone()?))
    }
}

/// What is at a target, each part as it is now. What is being deleted is here too.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The project.
    pub project: Option<Project>,
    /// The app.
    pub app: Option<App>,
    /// The service.
    pub service: Option<Service>,
    /// What was last seen of the service.
    pub observation: Option<Observation>,
    /// The revision that the target names.
    pub revision: Option<Revision>,
}

/// A service with what was last seen of it.
#[derive(Clone, Debug)]
pub struct ReadService {
    /// The service.
    pub service: Service,
    /// None if it was never looked at.
    pub observation: Option<Observation>,
}

/// An app with its services, those being deleted left out.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The app.
    pub app: App,
    /// By name.
    pub services: Vec<ReadService>,
}

impl Store {
    /// The project itself.
    pub async fn project(&self, id: &ProjectId) -> Result<Option<Project>> {
        let key = Key::project(id).into_map();
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let output = request.send().await.map_err(|error| Error::unavailable("read a project", error))?;
        output.item.as_ref().map(|item| record::read_project(id, item)).transpose()
    }

    /// The project, and the region that has a namespace of its name on this cluster.
    pub async fn project_and_namespace(
        &self,
        id: &ProjectId,
        cluster: &str,
    ) -> Result<(Option<Project>, Option<RegionName>)> {
        let (project, namespace) = (Key::project(id), Key::namespace(cluster, &id.project));
        let found = self.batch_get([project.clone(), namespace.clone()].into_iter()).await?;
        Ok((
            found.get(&project).map(|item| record::read_project(id, item)).transpose()?,
            found.get(&namespace).map(|item| Reader(item).parse("region")).transpose()?,
        ))
    }

    /// The projects of a region, by name.
    pub async fn projects(&self, region: &RegionName) -> Result<Vec<Project>> {
        let items = self.query(key::projects(region), None).await?;
        let read = |item: &Attributes| {
            let id = ProjectId { region: region.clone(), project: Reader(item).parse("sk")? };
            record::read_project(&id, item)
        };
        items.iter().map(read).collect()
    }

    /// All apps of a project, by name; none if there is no such project.
    pub async fn apps(&self, id: &ProjectId) -> Result<Option<Vec<Tree>>> {
        let items = self.query(key::tenant(&id.region, &id.project), None).await?;
        if items.is_empty() { Ok(None) } else { read_trees(id, &items).map(Some) }
    }

    /// An app with all its services; none if it does not exist or is being deleted.
    pub async fn app(&self, id: &ProjectId, app: &AppName) -> Result<Option<Tree>> {
        let items = self.query(key::tenant(&id.region, &id.project), Some(key::app_range(app))).await?;
        Ok(read_trees(id, &items)?.pop())
    }

    /// A service; none if it does not exist or is being deleted.
    pub async fn service(&self, id: &ServiceId) -> Result<Option<ReadService>> {
        let range = key::service_range(&id.app, &id.service);
        let items = self.query(key::tenant(&id.region, &id.project), Some(range)).await?;
        let mut services = Vec::new();
        for item in &items {
            read_service_or_status(&id.project_id(), item, &mut services)?;
        }
        Ok(services.pop().filter(|read| read.service.desired != Desired::Deleted))
    }

    /// The kept revisions of a service, oldest first; none if the service does not exist.
    pub async fn revisions(&self, id: &ServiceId) -> Result<Option<Vec<Revision>>> {
        let service_key = Key::service(id);
        let keys = (0..REVISIONS_KEPT).map(|slot| Key::revision(id, slot)).chain([service_key.clone()]);
        let mut found = self.batch_get(keys).await?;
        let Some(service) = found.remove(&service_key) else { return Ok(None) };
        let service = record::read_service(id, &service)?;
        if service.desired == Desired::Deleted {
            return Ok(None);
        }
        let mut revisions: Vec<_> = found.values().map(record::read_revision).collect::<Result<_>>()?;
        // The items are not all of one moment: a revision that the service has and they have not is the current one.
        if revisions.iter().all(|revision| revision.number != service.revision) {
            let place = Key::revision_of(id, service.revision);
            if let Some(current) = self.batch_get([place].into_iter()).await?.values().next() {
                revisions.retain(|revision| revision.number.slot() != service.revision.slot());
                revisions.push(record::read_revision(current)?);
            }
        }
        revisions.sort_by_key(|revision| revision.number);
        Ok(Some(revisions))
    }

    /// All that a mutation at this target has to know. The transaction that follows tells whether it is still so.
    pub async fn place(&self, target: &Target) -> Result<Place> {
        let Some(project_id) = target.project_id() else { return Ok(Place::default()) };
        let project_key = Key::project(&project_id);
        let app_key = target.app.as_ref().map(|app| Key::app(&project_id, app));
        let service_id = target.service_id();
        let service_key = service_id.as_ref().map(Key::service);
        let status_key = service_id.as_ref().map(|id| Key::status(&Subject::Service(id.clone())));
        let revision_key =
            service_id.as_ref().zip(target.revision).map(|(id, number)| Key::revision_of(id, number));
        let optional = [&app_key, &service_key, &status_key, &revision_key];
        let keys = [project_key.clone()].into_iter().chain(optional.into_iter().flatten().cloned());
        let found = self.batch_get(keys).await?;
        let at = |key: &Option<Key>| key.as_ref().and_then(|key| found.get(key));
        let revision = at(&revision_key).map(record::read_revision).transpose()?;
        Ok(Place {
            project: found
                .get(&project_key)
                .map(|item| record::read_project(&project_id, item))
                .transpose()?,
            app: at(&app_key).map(record::read_app).transpose()?,
            service: service_id
                .as_ref()
                .zip(at(&service_key))
                .map(|(id, item)| record::read_service(id, item))
                .transpose()?,
            observation: at(&status_key).map(record::read_observation).transpose()?.flatten(),
            revision: revision.filter(|revision| Some(revision.number) == target.revision),
        })
    }

    /// Queries one partition of the table.
    pub(super) async fn query(&self, pk: String, range: Option<(String, String)>) -> Result<Vec<Attributes>> {
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .expression_attribute_values(":pk", string(pk));
        request = match range {
            Some((first, last)) => request
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":first", string(first))
                .expression_attribute_values(":last", string(last)),
            None => request.key_condition_expression("pk = :pk"),
        };
        all_pages(request).await
    }

    /// Reads items consistently by their keys. What the table could not read now counts as a failure.
    pub(super) async fn batch_get(
        &self,
        keys: impl Iterator<Item = Key>,
    ) -> Result<HashMap<Key, Attributes>> {
        const DOING: &str = "read the table";
        let keys = keys.map(Key::into_map).collect();
        let request = KeysAndAttributes::builder().consistent_read(true).set_keys(Some(keys)).build();
        let request = request.map_err(|error| Error::internal(DOING, error))?;
        let output = self.client.batch_get_item().request_items(&self.table, request).send().await;
        let output = output.map_err(|error| Error::unavailable(DOING, error))?;
        if output.unprocessed_keys.is_some_and(|keys| !keys.is_empty()) {
            return Err(Error::unavailable(DOING, "the table is overloaded"));
        }
        let items = output.responses.unwrap_or_default().into_values().flatten();
        items.map(|item| Ok((read_key(&item)?, item))).collect()
    }
}

/// All items of a query, page by page: a page holds 1 MB.
pub(super) async fn all_pages(query: QueryFluentBuilder) -> Result<Vec<Attributes>> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let page = query.clone().set_exclusive_start_key(start).send().await;
        let page = page.map_err(|error| Error::unavailable("query the table", error))?;
        items.extend(page.items.unwrap_or_default());
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(items);
        }
    }
}

pub(super) fn read_key(item: &HashMap<String, AttributeValue>) -> Result<Key> {
    let item = Reader(item);
    Ok(Key { pk: item.str("pk")?.to_owned(), sk: item.str("sk")?.to_owned() })
}

/// Items of a project's partition, in the order of their keys, to apps with their services.
fn read_trees(id: &ProjectId, items: &[Attributes]) -> Result<Vec<Tree>> {
    let mut trees: Vec<Tree> = Vec::new();
    for item in items {
        match Member::of(Reader(item).str("sk")?) {
            Member::Project => {}
            Member::App => trees.push(Tree { app: record::read_app(item)?, services: Vec::new() }),
            Member::Service | Member::Status => {
                if let Some(tree) = trees.last_mut() {
                    read_service_or_status(id, item, &mut tree.services)?;
                }
            }
        }
    }
    trees.retain(|tree| !tree.app.deleting);
    for tree in &mut trees {
        tree.services.retain(|read| read.service.desired != Desired::Deleted);
    }
    Ok(trees)
}

/// A service's item becomes the last of `services`; its status, which follows it, goes there.
fn read_service_or_status(id: &ProjectId, item: &Attributes, services: &mut Vec<ReadService>) -> Result<()> {
    let sk = Reader(item).str("sk")?;
    let Some(Subject::Service(id)) = key::subject(&key::tenant(&id.region, &id.project), sk) else {
        return Err(Error::internal("read a stored item", format!("no service can have the key {sk}")));
    };
    match Member::of(sk) {
        Member::Service => {
            services.push(ReadService { service: record::read_service(&id, item)?, observation: None });
        }
        Member::Status => {
            if let Some(read) = services.last_mut().filter(|read| read.service.id == id) {
                read.observation = record::read_observation(item)?;
            }
        }
        Member::Project | Member::App => {}
    }
    Ok(())
}
