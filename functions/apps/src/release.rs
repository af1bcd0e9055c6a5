//! What a version holds, as the registry or the request has it.

use axum::http::StatusCode;
use common::domain::console::manifest::LainYaml;
use common::domain::console::name::{AppName, MetaVersion};
use common::domain::console::version::{Version, versions};
use common::domain::{Error, Result};
use common::http::Context;
use common::http::console::{Envelope, url};

/// A version with what its `lain.yaml` says.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) version: MetaVersion,
    /// The image of the procs that name none.
    pub(super) image: String,
    pub(super) yaml: LainYaml,
    /// The text of it.
    pub(super) text: String,
}

/// A release, or why there is none.
pub(super) enum Found {
    Release(Box<Release>),
    /// A version was asked for by name that cannot be deployed: the answer shows the app.
    NoSuchVersion(String),
    Refused(Box<Envelope>),
}

/// Finds a version in the registry: the one asked for, or the newest.
pub(super) async fn find(context: &Context, app: &AppName, wanted: Option<&str>) -> Result<Found> {
    let repository = app.repository();
    let refused = |status, msg: String| {
        Ok(Found::Refused(Box::new(Envelope::null(status, "app", msg, url::app(app.as_str())))))
    };
    let Some(tags) = context.registry.tags(repository.as_str()).await? else {
        let msg = format!("no available images: the registry has no repository {repository}");
        return refused(StatusCode::INTERNAL_SERVER_ERROR, msg);
    };
    let versions = versions(&tags);
    let chosen = match (wanted, versions.first()) {
        (Some(wanted), _) => match versions.iter().find(|each| each.version.as_str() == wanted) {
            Some(version) if version.has_release => version.version.clone(),
            Some(_) => {
                return Ok(Found::NoSuchVersion(format!(
                    "version {wanted} of {app} has no image release-{wanted}"
                )));
            }
            None => return Ok(Found::NoSuchVersion(format!("app {app} has no version {wanted}"))),
        },
        (None, None) => {
            return refused(
                StatusCode::BAD_REQUEST,
                format!("no available images: {repository} has no tag meta-..."),
            );
        }
        (None, Some(Version { version, has_release: false })) => {
            let msg =
                format!("the newest version {version} of {app} has no image release-{version}: push it too");
            return refused(StatusCode::BAD_REQUEST, msg);
        }
        (None, Some(Version { version, has_release: true })) => version.clone(),
    };
    let text = context.registry.lain_yaml(repository.as_str(), &chosen).await?;
    let image = context.console.release_image(app, &chosen);
    read(chosen, image, text).map(|release| Found::Release(Box::new(release)))
}

/// Reads the text of a version's `lain.yaml`.
pub(super) fn read(version: MetaVersion, image: String, text: String) -> Result<Release> {
    let yaml = LainYaml::parse(&text).map_err(|error| unacceptable("the lain.yaml", error))?;
    Ok(Release { version, image, yaml, text })
}

/// What is wrong with a `lain.yaml`, of which `what` says which, is no fault of the request.
pub(super) fn unacceptable(what: &str, error: Error) -> Error {
    if let Error::Invalid(faults) = error {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        return Error::Unacceptable(format!("{what} is not good:\n{}", faults.join("\n")));
    }
    error
}
