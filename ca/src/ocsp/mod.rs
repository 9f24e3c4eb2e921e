//! The online certificate status protocol (RFC 6960, nonces by RFC 9654).

mod request;
mod response;

pub use request::{CertId, MAX_CERTIFICATES, MAX_REQUEST, Request, parse_request, request_for};
pub use response::{
    Answer, PreparedResponse, Responder, Status, Times, internal_error, malformed, prepare_response, try_later,
    unauthorized,
};
