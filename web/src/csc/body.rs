//! The JSON body of a request, and its parameters by name and type. Parameters that the method
//! does not know are passed over, as clients of other services send them (CSC API 1.0.4.0 §7).

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::CscError;

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    /// Reads a body; an empty one has no parameters.
    pub(super) fn read(body: Result<Bytes, BytesRejection>) -> Result<Self, CscError> {
        let bytes = body.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => CscError::TooLong,
            _ => CscError::Request("The body cannot be read".to_owned()),
        })?;
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(parameters)) => Ok(Self(parameters)),
            _ => Err(CscError::Request("The body is not a JSON object".to_owned())),
        }
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, CscError> {
        self.maybe_text(name)?.ok_or_else(|| CscError::missing(name))
    }

    /// A text that may be there.
    pub(super) fn maybe_text(&self, name: &str) -> Result<Option<&str>, CscError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(CscError::missing(name)),
        }
    }

    /// A yes or no that may be there.
    pub(super) fn flag(&self, name: &str, otherwise: bool) -> Result<bool, CscError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(otherwise),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(CscError::missing(name)),
        }
    }

    /// A number that may be there.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, CscError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| CscError::missing(name)),
        }
    }

    /// Texts that must be there, under one of two names: version 1 and 2 differ.
    pub(super) fn texts(&self, name: &str, other: &str) -> Result<Vec<&str>, CscError> {
        let value = self.0.get(name).or_else(|| self.0.get(other)).ok_or_else(|| CscError::missing(name))?;
        let list = value.as_array().ok_or_else(|| CscError::missing(name))?;
        list.iter().map(|one| one.as_str().ok_or_else(|| CscError::missing(name))).collect()
    }
}
