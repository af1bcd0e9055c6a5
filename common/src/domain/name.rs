//! Names, each with the grammar of kirk-spec §2. A value of one of these types has passed it.

/// The rule that a text breaks, worded to follow the field's name.
pub type Rule = &'static str;

/// Declares a string type with one door, which serde uses too.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::domain::name::Rule;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let check: fn(&str) -> Result<(), $crate::domain::name::Rule> = $check;
                check(&text)?;
                Ok(Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::name::Rule;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text;

text! {
    /// A region's id: `[A-Za-z0-9][A-Za-z0-9-]{0,62}`, not `v1`. Case matters.
    RegionName, |text| {
        let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if first && rest && text.len() <= 63 && text != "v1" {
            Ok(())
        } else {
            Err("must be 1 to 63 letters, digits or '-', start with a letter or digit, and not be v1")
        }
    }
}

text! {
    /// A project, which is a namespace of the same name: `[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?`, none of the system's.
    ProjectName, |text| {
        if !is_label(text, 30) {
            return Err("must be 1 to 30 lower-case letters, digits or '-', and start and end with a letter or digit");
        }
        if text == "default" || text.starts_with("kube-") || text == "slipway-system" {
            return Err("must not be a system namespace");
        }
        Ok(())
    }
}

text! {
    /// An app: `[a-z][a-z0-9]{0,29}`. It has no `-`, so that `<app>-<service>` can be read back.
    AppName, |text| {
        if starts_with_letter(text) && is_label(text, 30) && !text.contains('-') {
            Ok(())
        } else {
            Err("must be 1 to 30 lower-case letters or digits, and start with a letter")
        }
    }
}

text! {
    /// A service: `[a-z]([-a-z0-9]{0,28}[a-z0-9])?`.
    ServiceName, |text| {
        if starts_with_letter(text) && is_label(text, 30) {
            Ok(())
        } else {
            Err("must be 1 to 30 lower-case letters, digits or '-', start with a letter and end with a letter or digit")
        }
    }
}

text! {
    /// A container: `[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?`.
    ContainerName, |text| {
        if is_label(text, 32) {
            Ok(())
        } else {
            Err("must be 1 to 32 lower-case letters, digits or '-', and start and end with a letter or digit")
        }
    }
}

text! {
    /// A volume claim: `[a-z]([-a-z0-9]{0,62}[a-z0-9])?`.
    VolumeName, object_name
}

text! {
    /// A ConfigMap: as a volume's. It has no `.`, so that `<map>.<key>` can be split.
    ConfigMapName, object_name
}

text! {
    /// A key of a ConfigMap: `[-._a-zA-Z0-9]{1,253}`, not `.`, not starting with `..`.
    ConfigMapKey, |text| {
        let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if letters && (1..=253).contains(&text.len()) && text != "." && !text.starts_with("..") {
            Ok(())
        } else {
            Err("must name a key of letters, digits, '-', '.' or '_'")
        }
    }
}

text! {
    /// An environment variable: `[-._a-zA-Z][-._a-zA-Z0-9]{0,1023}`, not `.`, not starting with `..`.
    EnvName, |text| {
        let first = text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if first && letters && text.len() <= 1024 && text != "." && !text.starts_with("..") {
            Ok(())
        } else {
            Err("must be 1 to 1024 letters, digits, '-', '.' or '_', and not start with a digit or '..'")
        }
    }
}

text! {
    /// The name of a resource spec: 1 to 16 characters. Whether the region has it is the region's matter.
    SpecName, |text| {
        if (1..=16).contains(&text.chars().count()) { Ok(()) } else { Err("must be 1 to 16 characters") }
    }
}

text! {
    /// An identity that is never given twice: 32 hexadecimal digits.
    Uid, |text| {
        if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(())
        } else {
            Err("must be 32 hexadecimal digits")
        }
    }
}

impl Uid {
    /// The one door for randomness: 122 random bits.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }
}

fn object_name(text: &str) -> Result<(), Rule> {
    if starts_with_letter(text) && is_label(text, 64) {
        Ok(())
    } else {
        Err(
            "must be 1 to 64 lower-case letters, digits or '-', start with a letter and end with a letter or digit",
        )
    }
}

fn starts_with_letter(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
}

/// A DNS label of at most `bytes_max` bytes (RFC 1123, lower case).
fn is_label(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check<T: std::str::FromStr>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(text.parse::<T>().is_ok(), "{text:?} should pass");
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "{text:?} should be refused");
        }
    }

    #[test]
    fn names_pass_or_break_their_grammar() {
        let long = |n: usize| "a".repeat(n);
        check::<RegionName>(&["xq", "RegionDefault", "cs1", "0"], &["", "v1", "-a", "a_b", "a b", &long(64)]);
        check::<ProjectName>(
            &["p", "42", "u-1380502626-ab", &long(30)],
            &[
                "",
                "default",
                "kube-system",
                "kube-x",
                "slipway-system",
                "-a",
                "a-",
                "A",
                "a.b",
                "a/b",
                &long(31),
            ],
        );
        check::<AppName>(&["a", "a0", &long(30)], &["", "App1", "1app", "a-b", "应用", &long(31), "a\0"]);
        check::<ServiceName>(&["web", "a--b", "a-0"], &["", "web-", "0web", "-web", "Web", &long(31)]);
        check::<ContainerName>(&["0", "c0", &long(32)], &["", "C0", "c-", &long(33)]);
        check::<VolumeName>(&["ceph-name", &long(64)], &["", "a.b", "0a", &long(65)]);
        check::<ConfigMapKey>(&["app.yaml", ".k", "K_1"], &["", ".", "..", "..k", "a/b"]);
        check::<EnvName>(&["A.B-c", "_a", "-a", ".k"], &["", "1A", "A=B", ".", "..a", "a b"]);
        check::<SpecName>(&["1U1G"], &["", &long(17)]);
    }

    proptest! {
        #[test]
        fn an_app_name_is_exactly_its_grammar(text in "[a-z0-9-]{0,32}") {
            let expected = !text.is_empty()
                && text.len() <= 30
                && text.as_bytes()[0].is_ascii_lowercase()
                && !text.contains('-');
            prop_assert_eq!(text.parse::<AppName>().is_ok(), expected);
        }

        #[test]
        fn nothing_outside_ascii_lower_case_is_an_app(text in ".*[^a-z0-9].*") {
            prop_assert!(text.parse::<AppName>().is_err());
        }

        #[test]
        fn a_name_comes_back_as_it_went_in(text in "[a-z]([-a-z0-9]{0,28}[a-z0-9])?") {
            let name: ServiceName = text.parse().unwrap();
            prop_assert_eq!(name.as_str(), text.as_str());
            let json = serde_json::to_string(&name).unwrap();
            prop_assert_eq!(serde_json::from_str::<ServiceName>(&json).unwrap(), name);
        }
    }
}
