//! Refusals of the API (RFC 9457), with what is wrong by field, in Thai and in English.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::oauth::Refused;
use crate::problem::Problem;

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    /// Where: `doctor.licence`, `fields.cid`.
    pub(crate) field: String,
    /// What, for programs.
    pub(crate) code: String,
    /// What to do, for people.
    pub(crate) message_th: String,
    pub(crate) message_en: String,
}

impl Fault {
    /// A fault.
    pub(crate) fn new(field: impl Into<String>, code: impl Into<String>, th: &str, en: &str) -> Self {
        Self { field: field.into(), code: code.into(), message_th: th.to_owned(), message_en: en.to_owned() }
    }
}

/// Why a request was refused.
#[derive(Debug, Clone)]
pub(crate) enum ApiProblem {
    /// No token, or not in force.
    NoToken,
    /// The token lacks a scope.
    Scope(&'static str),
    /// More requests than one program may make.
    TooMany,
    /// Not JSON of the shape that is asked for; with the place.
    Unreadable(String),
    /// Not said to be JSON.
    NotJson,
    /// More than one request may hold.
    TooMuch(&'static str),
    /// What was sent breaks rules.
    Invalid(Vec<Fault>),
    /// Sent before with other content.
    Conflict,
    /// Past the state that allows this.
    TooLate,
    /// There is no such document of this program.
    NotFound,
    /// Whatever else keeps us from answering.
    Other(Problem),
}

struct Words {
    status: StatusCode,
    kind: &'static str,
    title: (&'static str, &'static str),
    detail: (String, String),
}

impl ApiProblem {
    fn words(&self) -> Option<Words> {
        let words = |status, kind, title, th: &str, en: &str| {
            Some(Words { status, kind, title, detail: (th.to_owned(), en.to_owned()) })
        };
        match self {
            Self::NoToken => words(
                StatusCode::UNAUTHORIZED,
                "no-token",
                ("ต้องมีโทเค็นที่ใช้ได้", "A valid token is needed"),
                "โปรดขอโทเค็นใหม่ที่ /oauth2/token แล้วส่งในหัว Authorization: Bearer",
                "Get a new token at /oauth2/token and send it as Authorization: Bearer.",
            ),
            Self::Scope(scope) => Some(Words {
                status: StatusCode::FORBIDDEN,
                kind: "insufficient-scope",
                title: ("โทเค็นนี้ทำรายการนี้ไม่ได้", "This token does not allow this"),
                detail: (
                    format!("ต้องมี scope {scope} โปรดติดต่อนายทะเบียนของหน่วย"),
                    format!("The scope {scope} is needed. Ask the unit's registration officer."),
                ),
            }),
            Self::TooMany => words(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                ("ส่งคำขอถี่เกินไป", "Too many requests"),
                "โปรดรอหนึ่งนาทีแล้วลองใหม่ และส่งหลายฉบับในคำขอเดียว",
                "Wait a minute and try again, and send many documents in one request.",
            ),
            Self::Unreadable(place) => Some(Words {
                status: StatusCode::BAD_REQUEST,
                kind: "unreadable",
                title: ("อ่านข้อมูลที่ส่งมาไม่ได้", "What was sent cannot be read"),
                detail: (format!("โปรดดูรูปแบบที่ /openapi.json: {place}"), format!("See /openapi.json: {place}")),
            }),
            Self::NotJson => words(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                ("ต้องเป็น JSON", "JSON is needed"),
                "โปรดส่ง Content-Type: application/json",
                "Send Content-Type: application/json.",
            ),
            Self::TooMuch(limit) => Some(Words {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                kind: "too-much",
                title: ("ข้อมูลมากเกินไป", "Too much at once"),
                detail: (format!("ส่งได้ไม่เกิน {limit} ต่อคำขอ"), format!("A request may hold at most {limit}.")),
            }),
            Self::Invalid(_) => words(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                ("ข้อมูลบางส่วนไม่เป็นไปตามข้อกำหนด", "Some of the data breaks a rule"),
                "โปรดแก้ตามรายการ errors แล้วส่งใหม่",
                "Correct what the list errors names and send it again.",
            ),
            Self::Conflict => words(
                StatusCode::CONFLICT,
                "conflict",
                ("รหัสนี้เคยใช้กับข้อมูลอื่น", "This id was used with other content"),
                "external_id นี้เคยส่งมาพร้อมข้อมูลอื่นแล้ว โปรดใช้รหัสใหม่สำหรับเอกสารใหม่",
                "This external_id was sent before with other content. Use a new one for a new document.",
            ),
            Self::TooLate => words(
                StatusCode::CONFLICT,
                "too-late",
                ("ถอนไม่ได้แล้ว", "It can no longer be taken back"),
                "แพทย์เปิดเอกสารนี้แล้ว หรือเอกสารสิ้นสุดแล้ว โปรดดูสถานะล่าสุด",
                "The doctor has opened it, or it has come to an end. Look at its state.",
            ),
            Self::NotFound => words(
                StatusCode::NOT_FOUND,
                "not-found",
                ("ไม่พบเอกสารนี้", "There is no such document"),
                "ระบบนี้ไม่เคยส่งเอกสารรหัสนี้ หรือยังไม่มีไฟล์",
                "This system brought in no document of this id, or it has no file yet.",
            ),
            Self::Other(_) => None,
        }
    }

    /// As one entry of a batch's results.
    pub(crate) fn as_result(&self) -> Value {
        let Some(words) = self.words() else {
            return json!({ "status": 500, "title": "Something went wrong on our side" });
        };
        let mut body = json!({
            "type": format!("urn:rabrong:problem:{}", words.kind),
            "status": words.status.as_u16(),
            "title": words.title.1,
            "title_th": words.title.0,
            "detail": words.detail.1,
            "detail_th": words.detail.0,
        });
        if let (Self::Invalid(faults), Some(members)) = (self, body.as_object_mut()) {
            members.insert("errors".to_owned(), json!(faults));
        }
        body
    }
}

impl From<Refused> for ApiProblem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoToken => Self::NoToken,
            Refused::Scope(scope) => Self::Scope(scope.as_str()),
            Refused::TooMany => Self::TooMany,
            Refused::Failed(error) => Self::Other(error.into()),
        }
    }
}

impl From<Problem> for ApiProblem {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl From<Error> for ApiProblem {
    fn from(error: Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<store::Error> for ApiProblem {
    fn from(error: store::Error) -> Self {
        Self::Other(error.into())
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let words = match (&self, self.words()) {
            (Self::Other(problem), _) => return problem.clone().into_response(),
            (_, Some(words)) => words,
            (_, None) => return Problem::internal().into_response(),
        };
        let mut response = (words.status, Json(self.as_result())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // RFC 6750 §3.
        let challenge = match self {
            Self::NoToken => Some("Bearer realm=\"api\", error=\"invalid_token\"".to_owned()),
            Self::Scope(scope) => {
                Some(format!("Bearer realm=\"api\", error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            _ => None,
        };
        if let Some(value) = challenge.and_then(|line| HeaderValue::from_str(&line).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        if words.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}
