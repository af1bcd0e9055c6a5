//! Items as DynamoDB has them, read and written attribute by attribute.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use crate::domain::{Error, Result, Timestamp};

/// An item's attributes.
pub(super) type Attributes = HashMap<String, AttributeValue>;

/// The version of the items' format, in each item's `v`: a later program can tell what it reads.
pub(super) const FORMAT: u8 = 1;

/// A new item.
pub(super) fn item(key: Key) -> Attributes {
    key.into_map().with("v", number(FORMAT))
}

/// Builds attributes in one expression.
pub(super) trait With {
    /// With this attribute too.
    fn with(self, name: &str, value: AttributeValue) -> Self;
}

impl With for Attributes {
    fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.insert(name.to_owned(), value);
        self
    }
}

/// A string attribute.
#[expect(clippy::needless_pass_by_value, reason = "callers pass what they have, often a temporary")]
pub(super) fn string(text: impl ToString) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

/// A number attribute.
#[expect(clippy::needless_pass_by_value, reason = "callers pass a number")]
pub(super) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A string attribute that holds JSON.
pub(super) fn json(value: &impl Serialize) -> Result<AttributeValue> {
    let text = serde_json::to_string(value).map_err(|error| Error::internal("write an item", error))?;
    Ok(AttributeValue::S(text))
}

/// Reads an item's attributes; an item that lacks one is our fault, and says which.
pub(super) struct Reader<'a>(pub(super) &'a Attributes);

impl<'a> Reader<'a> {
    pub(super) fn optional_str(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
    }

    pub(super) fn str(&self, name: &'static str) -> Result<&'a str> {
        self.optional_str(name).ok_or_else(|| broken(name, "is missing"))
    }

    pub(super) fn parse<T>(&self, name: &'static str) -> Result<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.str(name)?.parse().map_err(|error: T::Err| broken(name, &error.to_string()))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, name: &'static str) -> Result<T> {
        serde_json::from_str(self.str(name)?).map_err(|error| broken(name, &error.to_string()))
    }

    pub(super) fn optional_number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.0.get(name).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok())
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T> {
        self.optional_number(name).ok_or_else(|| broken(name, "is not a number"))
    }

    pub(super) fn time(&self, name: &'static str) -> Result<Timestamp> {
        self.parse(name)
    }
}

fn broken(attribute: &'static str, why: &str) -> Error {
    Error::internal("read a stored item", format!("attribute {attribute}: {why}"))
}
