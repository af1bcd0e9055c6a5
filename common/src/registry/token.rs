//! Tokens by which a registry lets people pull and push, signed by us (lain-spec 4.4).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::domain::name::Uid;
use crate::domain::{Error, Result};

const DOING: &str = "sign a registry token";
const ISSUER: &str = "auth server";
/// The name by which the registry knows that a token is for it, where nobody says another one.
pub const SERVICE: &str = "registry";
/// For how long a token is good.
const GOOD_FOR_S: i64 = 1800;
/// DER of rsaEncryption, with no parameters (RFC 3279).
const ALGORITHM: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// What a token gives the right to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessClaim {
    /// `repository`.
    pub r#type: String,
    /// Of which name.
    pub name: String,
    /// `pull`, `push`.
    pub actions: Vec<String>,
}

/// Signs tokens. Clones share the key.
#[derive(Clone)]
pub struct Signer {
    key: Arc<RsaKeyPair>,
    key_id: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl Signer {
    /// By a private RSA key in PKCS #8, as PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Self> {
        let bad = |why: String| Error::internal("read the registry's signing key", why);
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|error| bad(error.to_string()))?;
        let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|error| bad(error.to_string()))?;
        let key_id = key_id(&public_der(key.public().as_ref()));
        Ok(Self { key: Arc::new(key), key_id })
    }

    /// A token for a repository of our own registry.
    pub fn registry_token(&self, account: &str, repository: &str, actions: &[&str]) -> Result<String> {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        let claim = AccessClaim { r#type: "repository".to_owned(), name: repository.to_owned(), actions };
        self.token(account, SERVICE, &[claim])
    }

    /// A token for an account that may do this at a service.
    pub fn token(&self, account: &str, service: &str, access: &[AccessClaim]) -> Result<String> {
        let now_s = clock::now().as_second();
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.key_id});
        let claims = json!({
            "iss": ISSUER, "sub": account, "aud": service, "iat": now_s, "nbf": now_s - 1,
            "exp": now_s + GOOD_FOR_S, "jti": Uid::random(), "access": access,
        });
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| Error::internal(DOING, "the key cannot sign"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The key's public half, as a JSON Web Key Set (RFC 7517).
    pub fn jwks(&self) -> Value {
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(self.key.public());
        json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id,
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        }]})
    }
}

/// libtrust's name of a key: the first 30 bytes of a hash, in groups of four characters.
fn key_id(public_der: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(public_der);
    let mut text = String::new();
    // 30 bytes are 48 characters of five bits each.
    for chunk in digest[..30].chunks(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        for index in (0..8).rev() {
            if text.len() % 5 == 4 {
                text.push(':');
            }
            let five = usize::try_from((bits >> (index * 5)) & 31).unwrap_or_default();
            text.push(char::from(ALPHABET[five]));
        }
    }
    text
}

/// A PKCS #1 public key as a `SubjectPublicKeyInfo` (RFC 5280, RFC 3279).
fn public_der(pkcs1: &[u8]) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend_from_slice(pkcs1);
    let mut body = ALGORITHM.to_vec();
    body.extend(tagged(0x03, &bits));
    tagged(0x30, &body)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut der = vec![tag];
    match (length.as_slice(), u8::try_from(length.len())) {
        ([short], _) if *short < 0x80 => der.push(*short),
        (long, Ok(count)) => {
            der.push(0x80 | count);
            der.extend_from_slice(long);
        }
        (_, Err(_)) => {}
    }
    der.extend_from_slice(content);
    der
}

/// Reads `repository:<name>:<actions>` (distribution's token scopes); none for other scopes.
pub fn scope(text: &str) -> Option<AccessClaim> {
    let (kind, rest) = text.split_once(':')?;
    // The name may hold a colon, the actions may not.
    let (name, actions) = rest.rsplit_once(':')?;
    let actions: Vec<_> = if actions.is_empty() { Vec::new() } else { actions.split(',').collect() };
    let is_action =
        |text: &&str| *text == "*" || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    if kind != "repository" || !is_name(name) || !actions.iter().all(is_action) {
        return None;
    }
    let actions = actions.into_iter().map(str::to_owned).collect();
    Some(AccessClaim { r#type: kind.to_owned(), name: name.to_owned(), actions })
}

/// `[<host>[:<port>]/]<part>[/<part>]...`
fn is_name(name: &str) -> bool {
    let is_part = |text: &str| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let edges = [text.bytes().next(), text.bytes().last()];
        edges.iter().all(|edge| edge.is_some_and(|byte| byte.is_ascii_alphanumeric()))
            && text.bytes().all(good)
    };
    let (first, rest) = name.split_once('/').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let (host, port) = first.split_once(':').map_or((first, None), |(host, port)| (host, Some(port)));
    let has_good_port = port.is_none_or(|port| rest.is_some() && port.parse::<u16>().is_ok());
    has_good_port && is_part(host) && rest.is_none_or(|rest| rest.split('/').all(is_part))
}

#[cfg(test)]
mod tests;
