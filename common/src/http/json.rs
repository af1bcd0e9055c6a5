//! Request bodies: JSON read strictly, then member by member, so that all faults come in one answer.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::domain::name::Rule;
use crate::domain::{Error, FieldError, Result};

/// A JSON value in which no object has a key twice and no string a NUL.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, which means the same as absent.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A literal without fraction or exponent, as far as 64 bits go.
    Integer(i128),
    /// Any other number.
    Real,
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object's members, in their order.
    Object(Vec<(String, Json)>),
}

/// Reads a body that must be one JSON object (RFC 8259) and lets `read` take it apart. Refuses with all
/// the faults that `read` notes.
pub fn read_object<T>(body: &[u8], read: impl FnOnce(&At<'_>) -> Option<T>) -> Result<T> {
    if body.is_empty() {
        return Err(Error::invalid("", "must be a JSON object, not empty"));
    }
    let json: Json =
        serde_json::from_slice(body).map_err(|error| Error::invalid("", format!("must be JSON: {error}")))?;
    if !matches!(json, Json::Object(_)) {
        return Err(Error::invalid("", "must be a JSON object"));
    }
    let faults = RefCell::new(Vec::new());
    let value = read(&At { path: String::new(), value: Some(&json), faults: &faults });
    let faults = faults.into_inner();
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        Some(_) | None => Err(Error::Invalid(faults)),
    }
}

/// A place in a body. Reading from it notes what is wrong and answers `None`.
pub struct At<'a> {
    path: String,
    /// None where there is nothing or `null`.
    value: Option<&'a Json>,
    faults: &'a RefCell<Vec<FieldError>>,
}

impl<'a> At<'a> {
    /// The member of this name, there or not.
    #[must_use]
    pub fn member(&self, name: &str) -> At<'a> {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        let value = match self.value {
            Some(Json::Object(members)) => {
                members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            Some(_) | None => None,
        };
        At { path, value: value.filter(|value| **value != Json::Null), faults: self.faults }
    }

    /// Whether the object has a member of this name, if only `null`.
    pub fn has_member(&self, name: &str) -> bool {
        matches!(self.value, Some(Json::Object(members)) if members.iter().any(|(key, _)| key == name))
    }

    /// Whether there is nothing here, or `null`.
    pub fn is_absent(&self) -> bool {
        self.value.is_none()
    }

    /// Notes that something is wrong here.
    pub fn fault<T>(&self, reason: impl Into<String>) -> Option<T> {
        self.faults.borrow_mut().push(FieldError { field: self.path.clone(), reason: reason.into() });
        None
    }

    /// Goes on only if something is here.
    pub fn required(&self) -> Option<&Self> {
        if self.is_absent() { self.fault("is required") } else { Some(self) }
    }

    /// A string that is there.
    pub fn string(&self) -> Option<&'a str> {
        match self.value {
            Some(Json::String(text)) => Some(text),
            Some(_) | None => self.fault("must be a string"),
        }
    }

    /// A string that is there, and passes as a `T`.
    pub fn parse<T: FromStr<Err = Rule>>(&self) -> Option<T> {
        self.string()?.parse().map_or_else(|rule: Rule| self.fault(rule), Some)
    }

    /// A boolean that is there.
    pub fn bool(&self) -> Option<bool> {
        match self.value {
            Some(Json::Bool(value)) => Some(*value),
            Some(_) | None => self.fault("must be true or false"),
        }
    }

    /// An integer that is there, and passes as a `T`.
    pub fn integer<T>(&self, rule: Rule) -> Option<T>
    where
        T: TryFrom<i128>,
    {
        match self.value {
            Some(Json::Integer(number)) => T::try_from(*number).map_or_else(|_| self.fault(rule), Some),
            Some(_) | None => self.fault(rule),
        }
    }

    /// The items of an array of at most `max`; none where there is nothing.
    pub fn items(&self, max: usize) -> Option<Vec<At<'a>>> {
        match self.value {
            None => Some(Vec::new()),
            Some(Json::Array(items)) if items.len() > max => {
                self.fault(format!("must have at most {max} items"))
            }
            Some(Json::Array(items)) => {
                let at = |(index, value): (usize, &'a Json)| At {
                    path: format!("{}[{index}]", self.path),
                    value: Some(value).filter(|value| **value != Json::Null),
                    faults: self.faults,
                };
                Some(items.iter().enumerate().map(at).collect())
            }
            Some(_) => self.fault("must be an array"),
        }
    }

    /// The items of an array of at most `max`, each read by `read`; `None` if one of them could not be.
    pub fn list<T>(&self, max: usize, mut read: impl FnMut(&At<'a>) -> Option<T>) -> Option<Vec<T>> {
        let items = self.items(max)?;
        let values: Vec<Option<T>> = items.iter().map(&mut read).collect();
        values.into_iter().collect()
    }

    /// The string here, if there is one; notes nothing.
    pub fn peek_string(&self) -> Option<&'a str> {
        match self.value {
            Some(Json::String(text)) => Some(text),
            Some(_) | None => None,
        }
    }

    /// The items of the array here, if there is one; notes nothing.
    pub fn peek_items(&self) -> Vec<At<'a>> {
        match self.value {
            Some(Json::Array(items)) => self.items(items.len()).unwrap_or_default(),
            Some(_) | None => Vec::new(),
        }
    }

    /// An object that is there.
    pub fn object(&self) -> Option<&Self> {
        if matches!(self.value, Some(Json::Object(_))) { Some(self) } else { self.fault("must be an object") }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Json, E> {
        Ok(Json::Real)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Json, E> {
        without_nul(text).map(|text| Json::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            without_nul::<A::Error>(&key)?;
            if !seen.insert(key.clone()) {
                return Err(de::Error::custom(format_args!("the key {key:?} is there twice")));
            }
            object.push((key, members.next_value()?));
        }
        Ok(Json::Object(object))
    }
}

fn without_nul<E: de::Error>(text: &str) -> Result<&str, E> {
    if text.contains('\0') { Err(E::custom("a string contains U+0000")) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
