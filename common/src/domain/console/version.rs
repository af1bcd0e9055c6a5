//! Versions of an app, as its tags in the registry tell (lain-spec 2.5).

use std::collections::HashSet;

use super::name::MetaVersion;

/// The start of the tags that have a `lain.yaml`.
pub const META: &str = "meta-";
/// The start of the tags that run.
pub const RELEASE: &str = "release-";

/// A version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its name.
    pub version: MetaVersion,
    /// Whether it has an image that runs besides its `lain.yaml`.
    pub has_release: bool,
}

/// The versions among an app's tags, newest first. Other tags are passed over.
pub fn versions(tags: &[String]) -> Vec<Version> {
    let all: HashSet<&str> = tags.iter().map(String::as_str).collect();
    let named = all.iter().filter_map(|tag| tag.strip_prefix(META)?.parse().ok());
    let mut versions: Vec<Version> = named
        .map(|version: MetaVersion| Version {
            has_release: all.contains(format!("{RELEASE}{version}").as_str()),
            version,
        })
        .collect();
    versions.sort_by(|one, other| one.version.newest_first(&other.version));
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_by_their_tags_newest_first() {
        let tags = [
            "latest",
            "release-1-a",
            "meta-1-a",
            "meta-20-b",
            "meta-x-y",
            "prepare-1",
            "meta-3-c",
            "release-3-c",
        ];
        let tags: Vec<_> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let told: Vec<_> =
            versions(&tags).iter().map(|each| format!("{} {}", each.version, each.has_release)).collect();
        assert_eq!(told, ["20-b false", "3-c true", "1-a true"]);
    }
}
