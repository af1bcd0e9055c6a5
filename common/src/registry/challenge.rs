//! What a registry asks for before it answers (distribution's token authentication).

use serde_json::Value;

/// Where a token can be had.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    pub(super) realm: String,
    pub(super) service: String,
}

impl Challenge {
    /// Reads `Bearer realm="…",service="…"`; none for other challenges.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let (scheme, params) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let param = |name: &str| {
            let start = params.find(&format!("{name}=\""))? + name.len() + 2;
            let rest = params.get(start..)?;
            rest.split('"').next().map(str::to_owned)
        };
        Some(Self { realm: param("realm")?, service: param("service").unwrap_or_default() })
    }

    /// The token in an answer.
    pub(super) fn token(body: &[u8]) -> Option<String> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let token = body.get("token").or_else(|| body.get("access_token"))?;
        token.as_str().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_challenge_says_where_tokens_are() {
        let header =
            r#"Bearer realm="https://auth.example/token",service="registry",scope="repository:a:pull""#;
        let challenge = Challenge::parse(header).unwrap();
        assert_eq!(
            (challenge.realm.as_str(), challenge.service.as_str()),
            ("https://auth.example/token", "registry")
        );
        for other in ["Basic realm=\"x\"", "Bearer", "Bearer service=\"x\"", ""] {
            assert_eq!(Challenge::parse(other), None, "{other}");
        }
    }
}
