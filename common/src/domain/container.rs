//! What runs: a container as the microservice API describes it (kirk-spec 2.3).
//!
//! The JSON of these types is that API's, in answers as in the table.

use serde::{Deserialize, Serialize};

use super::image::Image;
use super::mount::{ConfigMount, VolumeMount, WorkingDir};
use super::name::{ConfigMapKey, ConfigMapName, ContainerName, EnvName, Rule, SpecName};

/// What a revision holds: the part of a service that makes its pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// The size of each container, by the region's name for it.
    pub resource_spec: SpecName,
    /// At least one.
    pub containers: Vec<Container>,
}

/// One container of a service's pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Unique in the pod.
    pub name: ContainerName,
    /// With a tag or a digest.
    pub image: Image,
    /// None: the image's own.
    #[serde(with = "empty_is_none")]
    pub working_dir: Option<WorkingDir>,
    /// Empty: the image's own entry point.
    pub command: Vec<String>,
    /// Empty: the image's own arguments.
    pub args: Vec<String>,
    /// Empty unless the service is stateful.
    pub volume_mounts: Vec<VolumeMount>,
    /// Configuration files.
    pub configs: Vec<ConfigMount>,
    /// Environment variables, in the order sent.
    pub envs: Vec<Env>,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "EnvJson", into = "EnvJson")]
pub struct Env {
    /// Unique in the container.
    pub name: EnvName,
    /// Its value, or where it comes from.
    pub value: EnvValue,
}

/// Where an environment variable's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// As given; Kubernetes expands `$(VAR)` in it.
    Literal(String),
    /// One key of a ConfigMap.
    ConfigMap(ConfigMapRef),
}

/// One key of a ConfigMap; as text, `<map>.<key>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConfigMapRef {
    /// The map.
    pub map: ConfigMapName,
    /// The key.
    pub key: ConfigMapKey,
}

impl std::str::FromStr for ConfigMapRef {
    type Err = Rule;

    /// Splits at the first `.`: a map's name cannot contain one, a key can.
    fn from_str(text: &str) -> Result<Self, Rule> {
        let (map, key) = text.split_once('.').ok_or("must be <configMapName>.<key>")?;
        Ok(Self { map: map.parse()?, key: key.parse()? })
    }
}

impl TryFrom<String> for ConfigMapRef {
    type Error = Rule;

    fn try_from(text: String) -> Result<Self, Rule> {
        text.parse()
    }
}

impl From<ConfigMapRef> for String {
    fn from(ConfigMapRef { map, key }: ConfigMapRef) -> Self {
        format!("{map}.{key}")
    }
}

/// The wire's shape of an [`Env`]: `type` is there for a ConfigMap only.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum EnvJson {
    ConfigMap { r#type: ConfigMapTag, name: EnvName, value: ConfigMapRef },
    Literal { name: EnvName, value: String },
}

#[derive(Serialize, Deserialize)]
enum ConfigMapTag {
    #[serde(rename = "configMap")]
    ConfigMap,
}

impl From<EnvJson> for Env {
    fn from(json: EnvJson) -> Self {
        match json {
            EnvJson::ConfigMap { r#type: ConfigMapTag::ConfigMap, name, value } => {
                Self { name, value: EnvValue::ConfigMap(value) }
            }
            EnvJson::Literal { name, value } => Self { name, value: EnvValue::Literal(value) },
        }
    }
}

impl From<Env> for EnvJson {
    fn from(Env { name, value }: Env) -> Self {
        match value {
            EnvValue::ConfigMap(value) => Self::ConfigMap { r#type: ConfigMapTag::ConfigMap, name, value },
            EnvValue::Literal(value) => Self::Literal { name, value },
        }
    }
}

/// The wire writes `""` where there is no working directory.
mod empty_is_none {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::WorkingDir;

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<WorkingDir>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.as_ref().map_or("", WorkingDir::as_str))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<WorkingDir>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            Ok(None)
        } else {
            WorkingDir::try_from(text).map(Some).map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_map_reference_is_split_at_the_first_dot() {
        for (text, map, key) in
            [("cm.key1", "cm", "key1"), ("cm.app.yaml", "cm", "app.yaml"), ("cm..k", "cm", ".k")]
        {
            let parsed: ConfigMapRef = text.parse().unwrap();
            assert_eq!((parsed.map.as_str(), parsed.key.as_str()), (map, key));
            assert_eq!(String::from(parsed), text);
        }
        for bad in ["cm", ".k", "cm.", "cm..", "cm...k", ""] {
            assert!(bad.parse::<ConfigMapRef>().is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn a_container_is_stored_in_the_shape_of_the_wire() {
        let json = r#"{"name":"c0","image":"nginx:1","workingDir":"","command":[],"args":["-c"],"volumeMounts":[{"volumeName":"v","readOnly":true,"mountPath":"/m"}],"configs":[{"configMapName":"cm","mountPath":"/c"}],"envs":[{"type":"configMap","name":"A","value":"cm.k"},{"name":"B","value":"cm.k"}]}"#;
        let container: Container = serde_json::from_str(json).unwrap();
        assert!(matches!(container.envs[0].value, EnvValue::ConfigMap(_)));
        assert!(matches!(container.envs[1].value, EnvValue::Literal(_)));
        assert_eq!(serde_json::to_string(&container).unwrap(), json);
    }
}
