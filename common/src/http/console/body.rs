//! Bodies of the console: JSON objects, whatever the type that they come under (lain-spec 1.1).

use serde_json::{Map, Value};

use crate::domain::{Error, Result};
use crate::http::Body;

/// The members of a body.
pub type Members = Map<String, Value>;

/// The object that the body is.
pub fn members(body: &Body) -> Result<Members> {
    body.read_bytes(|bytes| match serde_json::from_slice(bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Error::invalid("", "must be a JSON object")),
        Err(error) => Err(Error::invalid("", format!("must be JSON: {error}"))),
    })
}

/// A text that must be there.
pub fn text<'a>(members: &'a Members, name: &str) -> Result<&'a str> {
    match members.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Error::invalid(name, "must be a string")),
        None => Err(Error::invalid(name, "is required")),
    }
}
