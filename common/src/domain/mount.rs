//! Paths inside a container, and what is mounted there.

use serde::{Deserialize, Serialize};

use super::name::{ConfigMapName, Rule, VolumeName, text};

text! {
    /// Where something is mounted: absolute, at most 1024 characters, without a trailing `/`.
    /// Parse with [`MountPath::parse`], which strips one.
    MountPath, |text| {
        absolute(text)?;
        if text.contains(':') {
            return Err("must not contain ':'");
        }
        if text.split('/').any(|segment| segment == "..") {
            return Err("must not contain '..'");
        }
        if text.bytes().all(|byte| byte == b'/') {
            return Err("must not be the root");
        }
        if text.ends_with('/') { Err("must not end with '/'") } else { Ok(()) }
    }
}

impl MountPath {
    /// Reads a path as it comes over the wire, where it may end with `/`.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        absolute(text)?;
        match text.trim_end_matches('/') {
            "" => Err("must not be the root"),
            trimmed => trimmed.parse(),
        }
    }
}

text! {
    /// A container's working directory: absolute, at most 1024 characters.
    WorkingDir, absolute
}

fn absolute(text: &str) -> Result<(), Rule> {
    if !text.starts_with('/') {
        return Err("must be an absolute path");
    }
    if text.chars().count() > 1024 { Err("must be at most 1024 characters") } else { Ok(()) }
}

/// A volume claim of the project, mounted into a container of a stateful service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// The claim's name.
    pub volume_name: VolumeName,
    /// Whether the container may only read.
    pub read_only: bool,
    /// Where.
    pub mount_path: MountPath,
}

/// A ConfigMap of the project, whose keys become files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMount {
    /// The map's name.
    pub config_map_name: ConfigMapName,
    /// Where.
    pub mount_path: MountPath,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_path_loses_its_trailing_slash_and_keeps_its_rules() {
        for (text, expected) in
            [("/mnt/x/", "/mnt/x"), ("/mnt/x", "/mnt/x"), ("/a//", "/a"), ("/..a", "/..a")]
        {
            assert_eq!(MountPath::parse(text).unwrap().as_str(), expected);
        }
        for bad in ["", "/", "//", "rel", "/a:b", "/a/../b", "/..", &format!("/{}", "a".repeat(1024))] {
            assert!(MountPath::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }
}
