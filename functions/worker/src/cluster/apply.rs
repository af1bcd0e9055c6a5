//! Applying: the objects of a workload, made so in the cluster (design §4, steps 4 and 5).

use std::collections::BTreeMap;

use common::domain::applied::AppliedObject;
use common::domain::name::Uid;
use common::domain::status::SeenObject;
use common::domain::workload::{Workload, label};
use futures::future::try_join_all;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::Value;

use super::{Cluster, ClusterError, FIELD_MANAGER, call, seen};
use crate::render::{Kind, Object};

mod room;

/// Which objects are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Those that are not known to be as wanted.
    OnlyChanged,
    /// All, so that what others changed by hand is as wanted again.
    Reassert,
}

/// What an apply did.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// All objects that are wanted, by `<kind>/<name>`: what is known from now on.
    pub objects: BTreeMap<String, AppliedObject>,
    /// Whether the pods are to be made anew: the pod template is another one than was known, or none was.
    pub template_changed: bool,
    /// The objects that keep pods after the apply, by name; those that were not sent are not among them.
    pub seen: BTreeMap<String, SeenObject>,
}

impl Report {
    /// `metadata.generation` of the object that keeps the pods, after the apply; none if none was sent. For subjects that
    /// have one such object.
    pub fn object_generation(&self) -> Option<i64> {
        self.seen.values().next().map(|object| object.generation)
    }
}

/// What is in the place of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing.
    Empty,
    /// An object of ours, with this `metadata.uid`.
    Ours(String),
    /// One of ours that cannot become what is wanted.
    Outdated(String),
}

/// What to send, and over what.
struct Change<'a> {
    workload: &'a Workload,
    object: &'a Object,
    place: Place,
    /// Whether what is there stays as it is.
    is_kept: bool,
}

impl Cluster {
    /// Applies the changed objects, or all, of the workload.
    ///
    /// Nothing is changed before the cluster has said of each object that it would take it, and that nobody else's object
    /// is in its place. Nothing new is made in somebody else's namespace; a missing one is made.
    pub async fn apply(
        &self,
        workload: &Workload,
        objects: &[Object],
        known: &BTreeMap<String, AppliedObject>,
        mode: Mode,
    ) -> Result<Report, ClusterError> {
        match self.try_apply(workload, objects, known, mode).await {
            Err(ClusterError::NamespaceMissing { .. }) => {
                self.ensure_namespace(&workload.namespace).await?;
                self.try_apply(workload, objects, known, mode).await
            }
            done => done,
        }
    }

    async fn try_apply(
        &self,
        workload: &Workload,
        objects: &[Object],
        known: &BTreeMap<String, AppliedObject>,
        mode: Mode,
    ) -> Result<Report, ClusterError> {
        let changed = objects.iter().filter(|object| is_to_be_sent(object, known.get(&object.key()), mode));
        let changes = try_join_all(changed.map(async |object| {
            let place = match known.get(&object.key()) {
                Some(known) if !object.kind.is_kept() => Place::Ours(known.uid.clone()),
                Some(_) | None => self.look(workload, object).await?,
            };
            let is_kept = object.kind.is_kept() && place != Place::Empty;
            Ok(Change { workload, object, place, is_kept })
        }))
        .await?;
        if changes.iter().any(|change| change.place == Place::Empty) {
            self.ensure_namespace(&workload.namespace).await?;
        }
        let changes = try_join_all(changes.into_iter().map(async |mut change| {
            if change.is_kept {
                return Ok(change);
            }
            match self.send(&mut change, Rehearsal::Yes).await {
                Err(ClusterError::Immutable { .. }) if change.object.kind.is_replaceable() => {
                    change.make_outdated();
                }
                // It has run, or runs.
                Err(ClusterError::Immutable { .. }) if change.object.kind == Kind::Job => {
                    change.is_kept = true;
                }
                Err(error) => return Err(error),
                Ok(_) => {}
            }
            Ok(change)
        }))
        .await?;

        let mut report = Report { objects: BTreeMap::new(), template_changed: false, seen: BTreeMap::new() };
        for object in objects {
            if let Some(known) = known.get(&object.key()) {
                report.objects.insert(object.key(), known.clone());
            }
        }
        for mut change in changes {
            if change.is_kept {
                report.keep(&change);
                continue;
            }
            self.make_room(&mut change).await?;
            let answer = self.send(&mut change, Rehearsal::No).await?;
            report.add(change.object, known.get(&change.object.key()), answer);
        }
        Ok(report)
    }

    /// Sends one object. If it is not in its place as it was known, looks there again, once.
    async fn send(
        &self,
        change: &mut Change<'_>,
        rehearsal: Rehearsal,
    ) -> Result<DynamicObject, ClusterError> {
        let refusal = match self.patch(change, rehearsal).await {
            Err(error) if error.may_be_of_another_object() => error,
            done => return done,
        };
        let place = self.look(change.workload, change.object).await?;
        if place == change.place {
            return Err(refusal.of_the_same_object());
        }
        if place == Place::Empty {
            self.ensure_namespace(&change.workload.namespace).await?;
        }
        change.place = place;
        self.patch(change, rehearsal).await
    }

    async fn patch(&self, change: &Change<'_>, rehearsal: Rehearsal) -> Result<DynamicObject, ClusterError> {
        let Change { workload, object, place, .. } = change;
        let params = PatchParams {
            dry_run: rehearsal == Rehearsal::Yes,
            // What another one makes in the empty place in the meantime is a conflict, not to be overwritten.
            force: matches!(place, Place::Ours(_)),
            ..PatchParams::apply(FIELD_MANAGER)
        };
        let mut manifest = object.manifest.clone();
        if let Place::Ours(uid) = place {
            // As a precondition: an object of another uid is not changed, nor a new one made.
            manifest["metadata"]["uid"] = Value::from(uid.as_str());
        }
        let api = self.api(&workload.namespace.name, object.kind);
        let doing = match rehearsal {
            Rehearsal::Yes => "rehearse the apply of an object",
            Rehearsal::No => "apply an object",
        };
        let answer = call(doing, api.patch(&object.name, &params, &Patch::Apply(&manifest))).await?;
        if answer.metadata.deletion_timestamp.is_some() {
            let (kind, name) = (object.kind.as_str(), object.name.clone());
            return Err(ClusterError::ObjectTerminating { kind, name });
        }
        Ok(answer)
    }

    /// Looks what is in the object's place; fails if it is somebody else's.
    async fn look(&self, workload: &Workload, object: &Object) -> Result<Place, ClusterError> {
        let api = self.api(&workload.namespace.name, object.kind);
        let present = call("look for an object", api.get_metadata_opt(&object.name)).await?;
        let Some(present) = present else { return Ok(Place::Empty) };
        match present.metadata.uid {
            Some(uid) if is_owner(&workload.owner, present.metadata.annotations.as_ref()) => {
                Ok(Place::Ours(uid))
            }
            Some(_) | None => Err(ClusterError::NameConflict {
                kind: object.kind.as_str(),
                name: format!("{}/{}", workload.namespace.name, object.name),
            }),
        }
    }
}

/// Whether an object is to be sent, of which this is known.
fn is_to_be_sent(object: &Object, known: Option<&AppliedObject>, mode: Mode) -> bool {
    // A Job's template is for ever. What asks for another one, like a deploy, gives it another name.
    let is_fixed =
        |known: &AppliedObject| object.kind == Kind::Job && known.template_hash != object.template_hash;
    let is_changed = known.is_none_or(|known| known.hash != object.hash);
    match mode {
        _ if known.is_some_and(is_fixed) => false,
        Mode::OnlyChanged => is_changed,
        // One that somebody has removed has been done, and is not to be done again.
        Mode::Reassert => object.kind != Kind::Job || is_changed,
    }
}

impl Change<'_> {
    fn make_outdated(&mut self) {
        if let Place::Ours(uid) = &self.place {
            self.place = Place::Outdated(uid.clone());
        }
    }
}

/// Whether a call is to change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rehearsal {
    Yes,
    No,
}

impl Report {
    fn keep(&mut self, change: &Change<'_>) {
        if let Place::Ours(uid) = &change.place {
            self.know(change.object, uid.clone());
        }
    }

    /// An object that is as it is to be.
    fn know(&mut self, object: &Object, uid: String) {
        let (hash, template_hash) = (object.hash.clone(), object.template_hash.clone());
        self.objects.insert(object.key(), AppliedObject { uid, hash, template_hash });
    }

    fn add(&mut self, object: &Object, known: Option<&AppliedObject>, answer: DynamicObject) {
        let uid = answer.metadata.uid.clone().unwrap_or_default();
        if !object.template_hash.is_empty() {
            self.template_changed |=
                known.is_none_or(|known| known.uid != uid || known.template_hash != object.template_hash);
            let seen = seen::dynamic(object.kind, answer);
            self.seen.extend(seen.map(|seen| (object.name.clone(), seen)));
        }
        self.know(object, uid);
    }
}

/// Whether the annotations name this life of a subject as the owner.
pub(super) fn is_owner(uid: &Uid, annotations: Option<&BTreeMap<String, String>>) -> bool {
    annotations.and_then(|annotations| annotations.get(label::UID)).is_some_and(|owner| owner == uid.as_str())
}

#[cfg(test)]
mod tests;
