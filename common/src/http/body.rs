//! The body of a request, read up to its limit and taken apart when its turn has come.

use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::domain::digest::sha256_hex;
use crate::domain::{Error, Result};

/// The largest body (kirk-spec 1.2).
const BYTES_MAX: usize = 256 * 1024;

/// A body. That it is too large or of the wrong type is said when it is read, after what comes first.
#[derive(Debug)]
pub struct Body {
    bytes: Option<Bytes>,
    is_json: bool,
}

impl Body {
    /// Takes the bytes apart.
    pub fn read<T>(&self, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        self.read_bytes(|bytes| {
            if !bytes.is_empty() && !self.is_json {
                return Err(Error::UnsupportedMediaType);
            }
            read(bytes)
        })
    }

    /// Takes the bytes apart, whatever they are said to be.
    pub fn read_bytes<T>(&self, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        match &self.bytes {
            Some(bytes) => read(bytes),
            None => Err(Error::TooLarge { what: "body", bytes_max: BYTES_MAX }),
        }
    }

    /// Tells whether two requests have the same body.
    pub(super) fn hash(&self) -> String {
        sha256_hex(self.bytes.as_deref().unwrap_or_default(), 16)
    }
}

impl<S: Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self> {
        let is_json = may_be_json(request.headers());
        match Limited::new(request.into_body(), BYTES_MAX).collect().await {
            Ok(body) => Ok(Self { bytes: Some(body.to_bytes()), is_json }),
            Err(error) if error.is::<LengthLimitError>() => Ok(Self { bytes: None, is_json }),
            Err(error) => Err(Error::invalid("", format!("cannot be read: {error}"))),
        }
    }
}

/// The vendor's clients send JSON under all these types, and under none.
fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return true };
    let Ok(value) = value.to_str() else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), "" | "application/json" | "application/x-www-form-urlencoded" | "text/plain")
        || (essence.contains('/') && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_comes_under_several_types() {
        let headers = |text: &str| HeaderMap::from_iter([(CONTENT_TYPE, text.parse().unwrap())]);
        for good in [
            "application/json",
            "Application/JSON; charset=x",
            "application/x-www-form-urlencoded",
            "text/plain",
            "a/b+json",
        ] {
            assert!(may_be_json(&headers(good)), "{good}");
        }
        for bad in ["application/xml", "multipart/form-data", "json", "+json"] {
            assert!(!may_be_json(&headers(bad)), "{bad}");
        }
        assert!(may_be_json(&HeaderMap::new()));
    }
}
