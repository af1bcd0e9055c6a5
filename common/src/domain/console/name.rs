//! Names of the console dialect (lain-spec 2.2 and 2.5). A value of one of these types has passed its grammar.

use std::cmp::Ordering;

use super::super::digest::sha256_hex;
use super::super::name::{Rule, text};

/// What nobody may call an app: they start the names of other things.
const RESERVED: [&str; 3] = ["service", "resource", "portal"];
/// The prefix of a resource instance's name.
const INSTANCE: &str = "resource.";

text! {
    /// An app: `[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*`, at most 128 characters; or an instance of a resource,
    /// `resource.<resource>.<client>`.
    AppName, |text| match instance_parts(text) {
        Some((resource, client)) => plain_app(resource).and_then(|()| plain_app(client)),
        None => plain_app(text),
    }
}

text! {
    /// A proc: as a plain app's name, at most 63 characters.
    ProcName, |text| plain(text, 63)
}

text! {
    /// A version of an app's images, `<unix time of the commit>-<commit>`: what follows `meta-` in a tag.
    MetaVersion, |text| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let time = text.split_once('-').map(|(time, commit)| (time.parse::<f64>(), commit));
        match time {
            Some((Ok(time), commit))
                if time.is_finite() && !commit.is_empty() && text.len() <= 120 && text.bytes().all(good) => Ok(()),
            Some(_) | None => Err("must be <unix time>-<commit>"),
        }
    }
}

impl AppName {
    /// The resource and the client, if this is an instance's name.
    pub fn instance_of(&self) -> Option<(Self, Self)> {
        let (resource, client) = instance_parts(self.as_str())?;
        Some((resource.parse().ok()?, client.parse().ok()?))
    }

    /// The instance of this resource for a client.
    pub fn instance_for(&self, client: &Self) -> Result<Self, Rule> {
        format!("{INSTANCE}{self}.{client}").parse()
    }

    /// The name with its dotted parts turned round, as in host names: `hello`, `hello.redis.resource`.
    pub fn domain(&self) -> String {
        self.as_str().rsplit('.').collect::<Vec<_>>().join(".")
    }

    /// The repository in the registry: the resource's, for an instance.
    #[must_use]
    pub fn repository(&self) -> Self {
        self.instance_of().map_or_else(|| self.clone(), |(resource, _)| resource)
    }
}

impl MetaVersion {
    /// The commit's time, in seconds since the epoch.
    pub fn time(&self) -> f64 {
        self.as_str().split_once('-').and_then(|(time, _)| time.parse().ok()).unwrap_or_default()
    }

    /// The commit: the last 40 characters.
    pub fn commit(&self) -> &str {
        let text = self.as_str();
        text.get(text.len().saturating_sub(40)..).unwrap_or(text)
    }

    /// The newer one first; what is of the same time in the order of its text.
    pub fn newest_first(&self, other: &Self) -> Ordering {
        other.time().total_cmp(&self.time()).then_with(|| other.cmp(self))
    }
}

/// A name for Kubernetes: the text itself where it is a label without `--`, else a readable part of it and its hash
/// (lain-spec §6). No two texts have the same.
pub fn kubernetes_name(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let is_label = text.len() <= CHARS_MAX
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--");
    if is_label {
        return text.to_owned();
    }
    let slug = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
    let slug: String = text.chars().map(slug).take(CHARS_MAX).collect();
    let slug = slug.trim_matches('-');
    let slug = if slug.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase()) { slug } else { "x" };
    format!("{slug}--{}", sha256_hex(text, 4))
}

fn instance_parts(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(INSTANCE)?.split_once('.')
}

fn plain_app(text: &str) -> Result<(), Rule> {
    plain(text, 128)?;
    if RESERVED.contains(&text) { Err("must not be service, resource or portal") } else { Ok(()) }
}

fn plain(text: &str, bytes_max: usize) -> Result<(), Rule> {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let parts =
        text.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if text.len() > bytes_max {
        Err("is too long")
    } else if first && parts {
        Ok(())
    } else {
        Err("must start with a letter and be letters and digits, with single '-' between them")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_pass_or_break_their_grammar() {
        for good in ["hello", "Hello", "a-b1-C", "resource.redis.hello", &"a".repeat(128)] {
            assert!(good.parse::<AppName>().is_ok(), "{good:?} should pass");
        }
        for bad in [
            "",
            "1a",
            "a-",
            "-a",
            "a--b",
            "a_b",
            "a.b",
            "resource",
            "portal",
            "service",
            "resource.a",
            "resource.a.b.c",
            "resource..a",
            "é",
            &"a".repeat(129),
        ] {
            assert!(bad.parse::<AppName>().is_err(), "{bad:?} should be refused");
        }
        for good in ["1-a", "1435893486-ead17ccee6d904f8e01f339e9e96c00812c70756", "1.5-x"] {
            assert!(good.parse::<MetaVersion>().is_ok(), "{good:?} should pass");
        }
        for bad in ["", "1", "1-", "x-y", "inf-y", "1-a/b", "1-a b"] {
            assert!(bad.parse::<MetaVersion>().is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn an_instance_has_the_images_of_its_resource_and_a_domain_below_it() {
        let redis: AppName = "redis".parse().unwrap();
        let instance = redis.instance_for(&"hello".parse().unwrap()).unwrap();
        assert_eq!(instance.as_str(), "resource.redis.hello");
        assert_eq!(instance.domain(), "hello.redis.resource");
        assert_eq!(instance.repository(), redis);
        assert!(redis.instance_for(&instance).is_err(), "an instance has no instances");
    }

    #[test]
    fn versions_sort_by_time_then_text() {
        let mut versions: Vec<MetaVersion> =
            ["9-a", "10-a", "10-b", "2-z"].iter().map(|text| text.parse().unwrap()).collect();
        versions.sort_by(MetaVersion::newest_first);
        let texts: Vec<_> = versions.iter().map(MetaVersion::as_str).collect();
        assert_eq!(texts, ["10-b", "10-a", "9-a", "2-z"]);
    }

    proptest! {
        #[test]
        fn a_kubernetes_name_is_a_label_and_no_two_are_equal(one in "[a-zA-Z.-]{1,50}", other in "[a-zA-Z.-]{1,50}") {
            let (a, b) = (kubernetes_name(&one), kubernetes_name(&other));
            prop_assert!(a.len() <= 50 && a.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(a.as_bytes()[0].is_ascii_lowercase() && !a.ends_with('-'));
            prop_assert_eq!(a == b, one == other);
        }
    }
}
