//! Answers of the API, with what every one of them must be (kirk-cases, preamble).

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, of which the common rules hold.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// What was asked, for the messages of failed assertions.
    pub(crate) request: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn new(request: String, status: StatusCode, headers: HeaderMap, text: String) -> Self {
        let answer = Self { request, status, headers, text };
        let request_id = answer.header("x-reqid").unwrap_or_else(|| panic!("no X-Reqid: {answer:?}"));
        if !status.is_success() && !answer.text.is_empty() {
            let problem = answer.json();
            assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
            assert_eq!(problem["code"], status.as_u16(), "{answer:?}");
            assert!(problem["error"].as_str().is_some_and(|word| !word.is_empty()), "{answer:?}");
            assert!(problem["message"].is_string(), "{answer:?}");
            assert_eq!(problem["reqid"], request_id, "{answer:?}");
        }
        answer
    }

    /// The answer of the functions in process.
    pub(crate) async fn of(request: String, response: axum::response::Response) -> Self {
        let (parts, body) = response.into_parts();
        let text = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        Self::new(request, parts.status, parts.headers, text)
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        self.json()
    }

    /// A success with no content.
    #[track_caller]
    pub(crate) fn empty(&self) {
        assert_eq!((self.status, self.text.as_str()), (StatusCode::OK, ""), "{self:?}");
    }

    /// A refusal with this status and word; gives its body.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, word: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        let problem = self.json();
        assert_eq!(problem["error"], word, "{self:?}");
        problem
    }

    /// A 400; gives the fields that it names, in their order.
    #[track_caller]
    pub(crate) fn invalid(&self) -> Vec<String> {
        let problem = self.refused(400, "InvalidArgument");
        let details = problem["details"].as_array().unwrap_or_else(|| panic!("no details: {self:?}"));
        details.iter().map(|detail| detail["field"].as_str().unwrap().to_owned()).collect()
    }
}

/// An answer without what differs from run to run: times, which must be RFC 3339 in UTC, and names of pods.
#[track_caller]
pub(crate) fn timeless(mut value: Value) -> Value {
    strip(&mut value);
    value
}

#[track_caller]
fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("creationTime" | "creationTimestamp", time) => {
                        let text = time.as_str().unwrap_or_else(|| panic!("{time} is no time"));
                        assert!(
                            text.ends_with('Z') && text.parse::<common::domain::Timestamp>().is_ok(),
                            "{text}"
                        );
                        *time = Value::from("[time]");
                    }
                    ("pods", Value::Array(pods)) => {
                        for pod in pods {
                            assert!(pod["name"].is_string(), "{pod}");
                            pod["name"] = Value::from("[pod]");
                        }
                    }
                    (_, value) => strip(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
