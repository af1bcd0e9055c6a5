//! What each operation makes of an app (lain-spec §3). A change raises the generation by one.

use jiff::Timestamp;

use super::app::{App, Content, DeployedProc, Deployment, Desired, Eviction, Running, Sizing};
use super::manifest::{LainYaml, Manifest, ProcKind};
use super::name::{AppName, MetaVersion, ProcName};
use crate::domain::applied::Applied;
use crate::domain::name::Uid;
use crate::domain::status::Instance;
use crate::domain::subject::AppId;

/// Why a change cannot be made. The text is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its `lain.yaml` is another app's.
    #[error("the lain.yaml of this version is of the app {found}, not of {app}")]
    OtherApp {
        /// The app that was to be deployed.
        app: AppName,
        /// The one that the file names.
        found: AppName,
    },
    /// It comes from another repository than the deployed version.
    #[error(
        "{app} is bound to the repository {bound}, and the lain.yaml of this version names {found}: \
         undeploy the app to bind it anew"
    )]
    OtherRepository {
        /// The app.
        app: AppName,
        /// The repository that it is bound to.
        bound: String,
        /// The one that the file names.
        found: String,
    },
    /// The app is not deployed, or it is a resource and has no procs of its own.
    #[error("app {0} has no procs that run")]
    NothingRuns(AppName),
    /// The `lain.yaml` has no such proc.
    #[error("there is no proc {0} in the lain.yaml of the deployed version")]
    NoSuchProc(String),
    /// There are fewer pods of the proc.
    #[error("proc {proc} has no instance {number}")]
    NoSuchInstance {
        /// The proc.
        proc: String,
        /// The instance that was asked for.
        number: usize,
    },
    /// The proc runs only in the clients of the app.
    #[error("{0} is a portal: it runs with each client of the app, and only there")]
    IsPortal(ProcName),
    /// Its instances are one Job's.
    #[error("{0} is a oneshot: its instances run to their end together, so restart all of them")]
    IsOneshot(ProcName),
    /// It was removed, and not deployed again.
    #[error("proc {0} exists but is not deployed")]
    NotDeployed(ProcName),
    /// It is deployed already.
    #[error("proc {0} is deployed already")]
    IsDeployed(ProcName),
}

/// What may be done to a proc's pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// As many instances as before the stop.
    Start,
    /// No instances.
    Stop,
    /// New pods for the old ones.
    Restart,
}

impl App {
    /// An app that is registered and not deployed.
    pub fn register(id: AppId, uid: Uid, now: Timestamp) -> Self {
        Self {
            id,
            uid,
            updated: now,
            giturl: None,
            deployment: None,
            revision: 0,
            generation: 0,
            applied: Applied::default(),
        }
    }

    /// The app at this version, all its procs rolled anew. Sizes set by hand stay; what was stopped or removed comes back.
    pub fn deploy(
        &self,
        version: MetaVersion,
        image: String,
        yaml: LainYaml,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let (found, giturl) = match &yaml {
            LainYaml::App(manifest) => (&manifest.app, &manifest.giturl),
            LainYaml::Resource(manifest) => (&manifest.app, &manifest.giturl),
        };
        if found != self.name() {
            return Err(Refusal::OtherApp { app: self.name().clone(), found: found.clone() });
        }
        self.check_repository(giturl.as_deref())?;
        let giturl = self.giturl.clone().or_else(|| giturl.clone());
        let mut next = self.next(now);
        next.revision += 1;
        next.giturl = giturl;
        let content = match yaml {
            LainYaml::App(manifest) => Content::App(self.with_sizes(manifest, next.generation)),
            LainYaml::Resource(manifest) => Content::Resource(manifest),
        };
        next.deployment = Some(Deployment { version, image, content });
        Ok(next)
    }

    /// Only registered, and bound to no repository.
    #[must_use]
    pub fn undeploy(&self, now: Timestamp) -> Self {
        Self { giturl: None, deployment: None, ..self.next(now) }
    }

    /// A proc with sizes set by hand, beside those set before. Another `cpu` or memory makes new pods.
    pub fn resize(&self, proc: &str, sizing: &Sizing, now: Timestamp) -> Result<Self, Refusal> {
        self.change_proc(proc, now, |proc, generation| {
            proc.check_deployed()?;
            let before = (proc.cpu(), proc.memory().bytes);
            let Sizing { instances, cpu, memory } = sizing.clone();
            proc.sizing.instances = instances.or(proc.sizing.instances);
            // Level 0 keeps what there is, as in LAIN.
            proc.sizing.cpu = cpu.filter(|level| *level > 0).or(proc.sizing.cpu);
            proc.sizing.memory = memory.or_else(|| proc.sizing.memory.clone());
            if before != (proc.cpu(), proc.memory().bytes) {
                proc.rolled = generation;
            }
            Ok(())
        })
    }

    /// A proc that is started, stopped or rolled anew.
    pub fn operate(&self, proc: &str, operation: Operation, now: Timestamp) -> Result<Self, Refusal> {
        self.change_proc(proc, now, |proc, generation| {
            proc.check_deployed()?;
            match operation {
                Operation::Start => proc.desired = Desired::Started,
                Operation::Stop => proc.desired = Desired::Stopped,
                Operation::Restart => proc.rolled = generation,
            }
            Ok(())
        })
    }

    /// A pod of a proc replaced by a new one.
    pub fn evict(&self, proc: &str, instance: &Instance, now: Timestamp) -> Result<Self, Refusal> {
        let mut next = self.change_proc(proc, now, |proc, _| match proc.proc.kind {
            ProcKind::Oneshot => Err(Refusal::IsOneshot(proc.name().clone())),
            ProcKind::Web | ProcKind::Worker | ProcKind::Portal { .. } => proc.check_deployed(),
        })?;
        let generation = next.generation;
        let done = self.applied.generation;
        if let Some(Deployment { content: Content::App(running), .. }) = &mut next.deployment {
            running.evictions.retain(|eviction| eviction.generation > done && eviction.pod != instance.pod);
            let (pod, uid) = (instance.pod.clone(), instance.uid.clone());
            running.evictions.push(Eviction { pod, uid, generation });
        }
        Ok(next)
    }

    /// Without a proc, until the next deploy brings it back. What was set by hand goes with it.
    pub fn remove_proc(&self, proc: &str, now: Timestamp) -> Result<Self, Refusal> {
        self.change_proc(proc, now, |proc, _| {
            proc.check_deployed()?;
            proc.desired = Desired::Removed;
            proc.sizing = Sizing::default();
            Ok(())
        })
    }

    /// With a proc that had been removed.
    pub fn add_proc(&self, proc: &str, now: Timestamp) -> Result<Self, Refusal> {
        self.change_proc(proc, now, |proc, generation| {
            match proc.desired {
                _ if proc.is_portal() => return Err(Refusal::IsPortal(proc.name().clone())),
                Desired::Started | Desired::Stopped => return Err(Refusal::IsDeployed(proc.name().clone())),
                Desired::Removed => proc.desired = Desired::Started,
            }
            proc.rolled = generation;
            Ok(())
        })
    }

    fn check_repository(&self, found: Option<&str>) -> Result<(), Refusal> {
        match &self.giturl {
            Some(bound) if found != Some(bound) => Err(Refusal::OtherRepository {
                app: self.name().clone(),
                bound: bound.clone(),
                found: found.unwrap_or("none").to_owned(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// The procs of a manifest, each with the sizes that were set by hand for it.
    fn with_sizes(&self, manifest: Manifest, generation: u64) -> Running {
        let Manifest { app, giturl: _, use_services, use_resources, procs, ignored: _ } = manifest;
        let before = self.procs();
        let procs = procs.into_iter().map(|proc| {
            let mut next = DeployedProc {
                proc,
                sizing: Sizing::default(),
                desired: Desired::Started,
                rolled: generation,
            };
            let podgroup = next.podgroup(&app);
            if let Some(before) = before.iter().find(|before| before.podgroup(&app) == podgroup) {
                next.sizing = before.sizing.clone();
            }
            next
        });
        Running { procs: procs.collect(), use_services, use_resources, evictions: Vec::new() }
    }

    fn next(&self, now: Timestamp) -> Self {
        Self { updated: now, generation: self.generation + 1, ..self.clone() }
    }

    fn change_proc(
        &self,
        name: &str,
        now: Timestamp,
        change: impl FnOnce(&mut DeployedProc, u64) -> Result<(), Refusal>,
    ) -> Result<Self, Refusal> {
        let mut next = self.next(now);
        let generation = next.generation;
        match next.deployment.as_mut().map(|deployment| &mut deployment.content) {
            Some(Content::App(running)) => {
                let proc = running.procs.iter_mut().find(|proc| proc.name().as_str() == name);
                change(proc.ok_or_else(|| Refusal::NoSuchProc(name.to_owned()))?, generation)?;
            }
            Some(Content::Resource(_)) | None => return Err(Refusal::NothingRuns(self.name().clone())),
        }
        Ok(next)
    }
}

impl DeployedProc {
    /// A portal is not deployed as a proc of its app.
    fn check_deployed(&self) -> Result<(), Refusal> {
        match self.desired {
            _ if self.is_portal() => Err(Refusal::NotDeployed(self.name().clone())),
            Desired::Started | Desired::Stopped => Ok(()),
            Desired::Removed => Err(Refusal::NotDeployed(self.name().clone())),
        }
    }
}

#[cfg(test)]
mod tests;
