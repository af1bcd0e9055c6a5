//! Image references (the grammar of the OCI distribution project's `reference` package).

use super::name::{Rule, text};

text! {
    /// An image with a tag or a digest, like `reg.example.com/team/web:1.0`; at most 1024 characters.
    Image, check
}

const CHARS_MAX: usize = 1024;
/// Registry host and path together (the reference package's `RepositoryNameTotalLengthMax`).
const REPOSITORY_BYTES_MAX: usize = 255;
const TAG_BYTES_MAX: usize = 128;

fn check(text: &str) -> Result<(), Rule> {
    if text.is_empty() {
        return Err("is required");
    }
    if text.chars().count() > CHARS_MAX {
        return Err("must be at most 1024 characters");
    }
    if text.chars().any(|char| char.is_whitespace() || char.is_control()) {
        return Err("must not contain white space");
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let (repository, tag) = match rest.rsplit_once(':') {
        // A ':' before a '/' belongs to the registry's port.
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        Some(_) | None => (rest, None),
    };
    if tag.is_none() && digest.is_none() {
        return Err("must include a tag or digest");
    }
    if !is_repository(repository) {
        return Err("must be an image reference: [registry/]path in lower case");
    }
    if !tag.is_none_or(is_tag) {
        return Err("must have a tag of 1 to 128 letters, digits, '_', '.' or '-'");
    }
    if !digest.is_none_or(is_digest) {
        return Err("must have a digest like sha256:<64 hexadecimal digits>");
    }
    Ok(())
}

fn is_repository(repository: &str) -> bool {
    if repository.len() > REPOSITORY_BYTES_MAX {
        return false;
    }
    let path = match repository.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || has_upper_case(first) =>
        {
            if !is_registry(first) {
                return false;
            }
            rest
        }
        Some(_) | None => repository,
    };
    path.split('/').all(is_path_component)
}

fn has_upper_case(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// `host[:port]`, where the host is made of DNS labels or is an IPv6 address in brackets.
fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (text, None),
    };
    let port_is_good =
        port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let host_is_good = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => {
            !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
        }
        None => host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        }),
    };
    port_is_good && host_is_good
}

/// Lower-case letters and digits in runs, which one '.', one or two '_' or any number of '-' may part.
fn is_path_component(component: &str) -> bool {
    let mut separators = Vec::new();
    let mut separator = String::new();
    for char in component.chars() {
        if char.is_ascii_lowercase() || char.is_ascii_digit() {
            if !separator.is_empty() {
                separators.push(std::mem::take(&mut separator));
            }
        } else {
            separator.push(char);
        }
    }
    let edges_are_alphanumeric = separator.is_empty()
        && component.starts_with(|char: char| char.is_ascii_lowercase() || char.is_ascii_digit());
    edges_are_alphanumeric
        && separators.iter().all(|separator| {
            matches!(separator.as_str(), "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

fn is_tag(tag: &str) -> bool {
    (1..=TAG_BYTES_MAX).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let digits = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == digits && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_pass_or_are_refused() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let deep = format!("{}:1", ["a"; 127].join("/"));
        for good in [
            "nginx:1",
            "reg.qiniu.com/library/alpine:latest",
            "localhost/a:b",
            "localhost:5000/a/b__c/d---e.f:v1.0_x-y",
            "[::1]:5000/a:1",
            "REG.example.com/a:1",
            &format!("nginx@{digest}"),
            &format!("reg:5000/nginx:1@{digest}"),
            &deep,
        ] {
            assert_eq!(good.parse::<Image>().map(String::from), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "nginx",
            "reg:5000/nginx",
            "Nginx:1",
            "a/B:1",
            "a//b:1",
            "/a:1",
            "a/:1",
            "nginx:",
            "nginx:-x",
            "nginx: 1",
            "nginx:1\n",
            "nginx:1;x",
            "http://reg/a:1",
            "a/../b:1",
            "a.-b:1",
            "a___b:1",
            "nginx@sha256:abc",
            "nginx@md5:0123",
            &format!("nginx@{digest};x"),
            &format!("{}:1", "a".repeat(256)),
            &format!("nginx:{}", "a".repeat(129)),
            &"a".repeat(1025),
        ] {
            assert!(bad.parse::<Image>().is_err(), "{bad:?} should be refused");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,64}") {
            let _ = text.parse::<Image>();
        }
    }
}
