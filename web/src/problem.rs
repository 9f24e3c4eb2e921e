//! What a visitor is told when something did not work: what happened, what to do.
//!
//! A handler returns a [`Problem`]; [`render`] turns it into a page in the visitor's language
//! or, for programs, into JSON (RFC 9457), with the request's number.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use signer::client::ClientError;
use signer::protocol::Refusal;

use crate::app::App;
use crate::error::Error;
use crate::pages::{self, Text};
use crate::security::RequestId;
use crate::visitor;

/// A sentence in Thai and in English.
type Bilingual = (&'static str, &'static str);

/// What did not work, in words for people.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    title: Bilingual,
    detail: Bilingual,
    /// Where to sign in, if that is all that is missing.
    sign_in: Option<Box<str>>,
}

impl Problem {
    /// A problem.
    #[must_use]
    pub const fn new(status: StatusCode, title: Bilingual, detail: Bilingual) -> Self {
        Self { status, title, detail, sign_in: None }
    }

    /// The visitor must sign in first; afterwards they come back to `path`.
    #[must_use]
    pub fn sign_in(path: &str) -> Self {
        let mut problem = Self::new(
            StatusCode::UNAUTHORIZED,
            ("โปรดเข้าสู่ระบบ", "Please sign in"),
            ("หน้านี้เปิดได้หลังเข้าสู่ระบบด้วยพาสคีย์", "This page opens after you sign in with your passkey."),
        );
        problem.sign_in = Some(format!("/login?next={}", visitor::percent_encoded(path)).into());
        problem
    }

    /// There is no such page or record.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            ("ไม่พบหน้านี้", "Page not found"),
            ("โปรดตรวจที่อยู่อีกครั้ง หรือกลับไปหน้าแรก", "Check the address again, or go back to the front page."),
        )
    }

    /// The person may not do this.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            ("ท่านไม่มีสิทธิ์ทำรายการนี้", "You may not do this"),
            (
                "สิทธิ์มาจากการแต่งตั้งของหน่วยงานระดับเหนือขึ้นไป หากท่านควรมีสิทธิ์ โปรดติดต่อหน่วยงานนั้น",
                "Rights come from an appointment by the unit above yours. If you should have this right, ask that unit.",
            ),
        )
    }

    /// The form was not sent from this site's own page, or its page is too old.
    #[must_use]
    pub fn forged() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            ("แบบฟอร์มนี้หมดอายุแล้ว", "This form is out of date"),
            ("โปรดเปิดหน้าใหม่แล้วส่งอีกครั้ง", "Open the page again and send it once more."),
        )
    }

    /// What was sent cannot be read.
    #[must_use]
    pub fn bad_input() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            ("อ่านข้อมูลที่ส่งมาไม่ได้", "What was sent cannot be read"),
            ("โปรดกลับไปหน้าก่อนแล้วลองใหม่", "Go back and try again."),
        )
    }

    /// What was sent is too large.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ("ไฟล์ใหญ่เกินไป", "The file is too large"),
            ("ไฟล์ที่ตรวจได้มีขนาดไม่เกิน 20 เมกะไบต์", "Files up to 20 megabytes can be checked."),
        )
    }

    /// The form that was sent is too long.
    #[must_use]
    pub fn too_long() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ("ข้อความที่ส่งมายาวเกินไป", "What was sent is too long"),
            ("โปรดกลับไปหน้าก่อนแล้วย่อข้อความให้สั้นลง", "Go back and shorten the text."),
        )
    }

    /// The record is not in a state that allows this (any more).
    #[must_use]
    pub fn out_of_step() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            ("รายการนี้เปลี่ยนไปแล้ว", "This has changed meanwhile"),
            (
                "อาจมีผู้ดำเนินการไปก่อนแล้ว โปรดเปิดรายการนี้ใหม่เพื่อดูสถานะล่าสุด",
                "Someone may have dealt with it already. Open it again to see how it stands.",
            ),
        )
    }

    /// The invitation is used, over or unknown.
    #[must_use]
    pub fn invitation_over() -> Self {
        Self::new(
            StatusCode::GONE,
            ("ลิงก์เชิญนี้ใช้ไม่ได้แล้ว", "This invitation no longer works"),
            (
                "ลิงก์เชิญใช้ได้ครั้งเดียวและมีวันหมดอายุ หากท่านลงทะเบียนแล้วโปรดเข้าสู่ระบบ หากยังไม่ได้ลงทะเบียนโปรดขอลิงก์ใหม่จากผู้ที่เชิญท่าน",
                "An invitation works once and has an end. If you have enrolled already, sign in; if not, ask for a new link.",
            ),
        )
    }

    /// The passkey was not accepted.
    #[must_use]
    pub fn passkey_refused() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            ("ระบบไม่ยอมรับพาสคีย์นี้", "This passkey was not accepted"),
            (
                "โปรดลองอีกครั้ง และใช้พาสคีย์ที่ลงทะเบียนไว้กับบัญชีนี้ โดยยืนยันด้วยลายนิ้วมือ ใบหน้า หรือรหัสของเครื่อง",
                "Try again with the passkey of this account, and confirm with your finger, face or device PIN.",
            ),
        )
    }

    /// The signer cannot be reached.
    #[must_use]
    pub fn signer_down() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ("ระบบลงนามใช้งานไม่ได้ในขณะนี้", "The signing service cannot be reached now"),
            (
                "ไม่มีสิ่งใดเสียหาย โปรดรอหนึ่งนาทีแล้วลองใหม่ หากยังไม่ได้โปรดแจ้งผู้ดูแลระบบพร้อมเลขคำขอด้านล่าง",
                "Nothing is lost. Wait a minute and try again; if it goes on, tell the administrator the request number below.",
            ),
        )
    }

    /// The database cannot be reached.
    #[must_use]
    pub fn database_down() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ("ระบบใช้งานไม่ได้ในขณะนี้", "The service cannot be used now"),
            (
                "ฐานข้อมูลติดต่อไม่ได้ สิ่งที่บันทึกแล้วยังอยู่ครบ โปรดรอหนึ่งนาทีแล้วลองใหม่ หากยังไม่ได้โปรดแจ้งผู้ดูแลระบบพร้อมเลขคำขอด้านล่าง",
                "The database cannot be reached. What was saved is safe. Wait a minute and try again; if it goes on, tell the administrator the request number below.",
            ),
        )
    }

    /// The object store cannot be reached.
    #[must_use]
    pub fn storage_down() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ("ที่เก็บเอกสารใช้งานไม่ได้ในขณะนี้", "The document store cannot be reached now"),
            (
                "เอกสารที่ลงนามแล้วไม่สูญหาย โปรดรอหนึ่งนาทีแล้วลองใหม่ หากยังไม่ได้โปรดแจ้งผู้ดูแลระบบพร้อมเลขคำขอด้านล่าง",
                "No signed document is lost. Wait a minute and try again; if it goes on, tell the administrator the request number below.",
            ),
        )
    }

    /// A stored file is gone or altered.
    #[must_use]
    pub fn stored_file_damaged() -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            ("ไฟล์ที่เก็บไว้เสียหาย", "The stored file is damaged"),
            (
                "ระบบไม่ส่งไฟล์ที่เสียหายให้ท่าน โปรดแจ้งผู้ดูแลระบบพร้อมเลขคำขอด้านล่าง ให้กู้ไฟล์นี้จากข้อมูลสำรอง ไฟล์ที่ดาวน์โหลดไปก่อนยังใช้และตรวจสอบได้ตามปกติ",
                "A damaged file is not handed out. Tell the administrator the request number below, to restore this file from the backup. Copies downloaded before remain good and can be verified.",
            ),
        )
    }

    /// A fault of ours; the log has more.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ("ระบบขัดข้อง", "Something went wrong on our side"),
            (
                "ความขัดข้องนี้ถูกบันทึกแล้ว โปรดลองใหม่ หากยังไม่ได้โปรดแจ้งผู้ดูแลระบบพร้อมเลขคำขอด้านล่าง",
                "It has been logged. Try again; if it goes on, tell the administrator the request number below.",
            ),
        )
    }

    /// The words for a refusal of the signer.
    #[must_use]
    pub fn refused(refusal: &Refusal) -> Self {
        let (status, detail) = refusal_words(refusal);
        Self::new(status, ("ระบบลงนามไม่รับรายการนี้", "The signing service refused this"), detail)
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

/// What to do about a refusal, for a line of a table.
pub(crate) fn refusal_text(refusal: &Refusal) -> Text {
    let (_, (th, en)) = refusal_words(refusal);
    Text::new(th, en)
}

fn refusal_words(refusal: &Refusal) -> (StatusCode, Bilingual) {
    match refusal {
        Refusal::TicketOver => (
            StatusCode::GONE,
            (
                "หน้ายืนยันหมดเวลาแล้ว (5 นาที) โปรดเริ่มรายการนี้ใหม่",
                "The confirmation page has timed out (5 minutes). Start again.",
            ),
        ),
        Refusal::ActivationInvalid { .. } | Refusal::NotYourPasskey => (
            StatusCode::FORBIDDEN,
            (
                "พาสคีย์นี้ใช้ยืนยันรายการนี้ไม่ได้ โปรดใช้พาสคีย์สำหรับลงนามของท่านเอง",
                "This passkey cannot confirm this. Use your own signing passkey.",
            ),
        ),
        Refusal::PasskeyLocked { .. } => (
            StatusCode::TOO_MANY_REQUESTS,
            (
                "พาสคีย์สำหรับลงนามของท่านถูกล็อกชั่วคราว โปรดรอแล้วลองใหม่ ถ้าท่านไม่ได้ทำเอง โปรดแจ้งนายทะเบียน",
                "Your signing passkey is locked for a while. Wait and try again; if that was not you, tell the registration officer.",
            ),
        ),
        Refusal::PasskeyNotAllowed => (
            StatusCode::FORBIDDEN,
            (
                "เรื่องนี้ต้องใช้พาสคีย์ที่อยู่ในอุปกรณ์เครื่องเดียว ไม่ใช่พาสคีย์ที่ซิงก์ไปหลายเครื่อง โปรดลงทะเบียนพาสคีย์ใหม่",
                "This needs a passkey that stays on one device, not a synced one. Enrol another.",
            ),
        ),
        Refusal::NoAuthority => (
            StatusCode::FORBIDDEN,
            ("การแต่งตั้งของท่านไม่ครอบคลุมหน่วยนี้หรือรายการนี้", "Your appointment does not reach this unit or this act."),
        ),
        Refusal::DigestsNotAllowed => (
            StatusCode::FORBIDDEN,
            (
                "หน่วยของท่านยังไม่ได้เปิดให้ลงนามให้โปรแกรมภายนอก โปรดติดต่อนายทะเบียนของหน่วย",
                "Your unit does not allow signing for other programs. Ask its registration officer.",
            ),
        ),
        Refusal::KeySignsNoDigests => (
            StatusCode::UNPROCESSABLE_ENTITY,
            (
                "ลงนามให้โปรแกรมภายนอกได้ด้วยกุญแจ P-256 เท่านั้น กุญแจของใบรับรองนี้เป็นชนิดอื่น",
                "Other programs' digests are signed with P-256 keys only, and this certificate's key is another.",
            ),
        ),
        Refusal::SelfApproval => (
            StatusCode::FORBIDDEN,
            (
                "ผู้ใดจะอนุมัติคำขอหรือหลักฐานของตนเองไม่ได้ โปรดให้เจ้าหน้าที่อีกท่านดำเนินการ",
                "Nobody approves their own request or evidence. Ask another officer.",
            ),
        ),
        Refusal::ContentInvalid { .. } | Refusal::LintFailed { .. } | Refusal::Malformed { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            (
                "ข้อมูลบางส่วนไม่เป็นไปตามข้อกำหนด โปรดตรวจข้อมูลแล้วลองใหม่",
                "Some of the data breaks a rule. Check it and try again.",
            ),
        ),
        Refusal::KeyRefused { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            (
                "กุญแจนี้ออกใบรับรองให้ไม่ได้ โปรดสร้างกุญแจใหม่",
                "This key cannot be certified: it is weak, blocked, certified before, or not held by who asks. Make a new one.",
            ),
        ),
        Refusal::LicenceTaken => (
            StatusCode::CONFLICT,
            (
                "เคยออกใบรับรองตามใบอนุญาตนี้ให้บุคคลอื่นแล้ว โปรดตรวจเลขที่ใบอนุญาตและตัวบุคคล",
                "A certificate was issued on this licence to somebody else. Check the licence number and the person.",
            ),
        ),
        Refusal::NotRenewable { .. } => (
            StatusCode::CONFLICT,
            (
                "ต่ออายุเองได้ในช่วง 60 วันสุดท้าย ภายใน 3 ปีหลังนายทะเบียนอนุมัติ มิฉะนั้นโปรดยื่นคำขอใหม่",
                "A certificate can be renewed in its last 60 days, within three years of the officers' approval. Otherwise make a new request.",
            ),
        ),
        Refusal::CertificateRevoked => (
            StatusCode::CONFLICT,
            (
                "ใบรับรองของท่านถูกเพิกถอนแล้ว จึงลงนามไม่ได้ โปรดขอใบรับรองใหม่",
                "Your certificate is revoked, so you cannot sign. Ask for a new one.",
            ),
        ),
        Refusal::CertificateSuspended => (
            StatusCode::CONFLICT,
            (
                "ใบรับรองของท่านถูกระงับชั่วคราว โปรดติดต่อนายทะเบียน งานที่ยืนยันไว้แล้วจะทำต่อเมื่อยกเลิกการระงับ",
                "Your certificate is suspended. Ask your registration officer; what you confirmed goes on once it is restored.",
            ),
        ),
        Refusal::CertificateExpired => (
            StatusCode::CONFLICT,
            (
                "ใบรับรองของท่านหมดอายุหรือยังไม่เริ่มใช้ โปรดขอใบรับรองใหม่",
                "Your certificate has ended or not begun. Ask for a new one.",
            ),
        ),
        Refusal::Terminated => {
            (StatusCode::GONE, ("ระบบนี้เลิกออกใบรับรองแล้ว", "This CA has ended: no certificate is issued any more."))
        }
        Refusal::NoCertificate => (
            StatusCode::CONFLICT,
            ("ท่านยังไม่มีใบรับรองที่ใช้ได้ โปรดขอใบรับรองก่อน", "You have no certificate in force. Ask for one first."),
        ),
        Refusal::CredentialUnknown => (
            StatusCode::CONFLICT,
            (
                "พาสคีย์สำหรับลงนามนี้ไม่รู้จักหรือผูกไว้แล้ว โปรดลงทะเบียนพาสคีย์ใหม่",
                "This signing passkey is unknown or bound already. Enrol a new one.",
            ),
        ),
        Refusal::LastOfficer => (
            StatusCode::CONFLICT,
            ("ต้องเหลือเจ้าหน้าที่ส่วนกลางอย่างน้อยหนึ่งคน", "The last central officer stays: have another one ready first."),
        ),
        Refusal::Conflict | Refusal::AlreadyDone => (
            StatusCode::CONFLICT,
            (
                "รายการนี้ดำเนินการไปแล้ว โปรดเปิดใหม่เพื่อดูสถานะล่าสุด",
                "This was done before. Open it again to see how it stands.",
            ),
        ),
        Refusal::NotFound => (StatusCode::NOT_FOUND, ("ไม่พบรายการนี้", "There is no such record.")),
        Refusal::Erased => (
            StatusCode::GONE,
            (
                "เอกสารนี้ถูกลบตามคำขอแล้ว ไม่มีผู้ใดเปิดหรือกู้คืนได้",
                "This document was erased at request. Nobody can open or restore it.",
            ),
        ),
        Refusal::TooOften => (
            StatusCode::TOO_MANY_REQUESTS,
            (
                "มีคำขอเปิดเอกสารมากเกินไปในขณะนี้ โปรดรอสักครู่แล้วลองใหม่",
                "Too many documents are being opened. Wait a moment and try again.",
            ),
        ),
        Refusal::TokenUnavailable
        | Refusal::JournalUnavailable
        | Refusal::TimeStampUnavailable
        | Refusal::ClockBehind => (
            StatusCode::SERVICE_UNAVAILABLE,
            (
                "อุปกรณ์เก็บกุญแจหรือบันทึกของระบบลงนามติดต่อไม่ได้ โปรดรอหนึ่งนาทีแล้วลองใหม่",
                "The key store or the journal cannot be reached. Wait a minute and try again.",
            ),
        ),
        Refusal::Internal | Refusal::JournalAltered => (
            StatusCode::BAD_GATEWAY,
            (
                "ระบบลงนามขัดข้อง โปรดลองใหม่ หรือแจ้งผู้ดูแลระบบพร้อมเลขคำขอด้านล่าง",
                "The signing service failed. Try again, or tell the administrator the request number below.",
            ),
        ),
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match &error {
            Error::Signer(ClientError::Refused(refusal)) => {
                tracing::info!(%refusal, "the signer refused");
                Self::refused(refusal)
            }
            Error::Signer(cause) => {
                tracing::warn!(error = %chain(cause), "the signer gave no answer");
                Self::signer_down()
            }
            Error::Portal(cause) if cause.is_unavailable() => {
                tracing::warn!(error = %chain(cause), "the portal's database cannot be reached");
                Self::database_down()
            }
            Error::Damaged => Self::stored_file_damaged(),
            Error::Objects(cause) => {
                tracing::error!(alarm = "object_store", error = %chain(cause), "the object store cannot be reached");
                Self::storage_down()
            }
            _ => {
                tracing::error!(error = %chain(&error), "a request failed");
                Self::internal()
            }
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Self::from(Error::Portal(error))
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page cannot be rendered");
        Self::internal()
    }
}

/// An error with its causes, as one line for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

impl IntoResponse for Problem {
    /// The status, with the problem attached: [`render`] gives it a body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives each problem its body, and each bare error status of the framework its problem.
pub(crate) async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let manner = visitor::Manner::of(request.headers(), request.uri());
    let request_id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let mut response = next.run(request).await;
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => match (response.status(), response.headers().contains_key(header::CONTENT_TYPE)) {
            (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, false) => {
                Problem { status: response.status(), ..Problem::not_found() }
            }
            // The framework's own rejections: plain English sentences that are not for people.
            (StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY, _)
                if visitor::is_plain_text(&response) =>
            {
                Problem { status: response.status(), ..Problem::bad_input() }
            }
            // Files have their own limit and words.
            (StatusCode::PAYLOAD_TOO_LARGE, _) if visitor::is_plain_text(&response) => Problem::too_long(),
            (StatusCode::INTERNAL_SERVER_ERROR | StatusCode::REQUEST_TIMEOUT, false) => Problem::internal(),
            _ => return response,
        },
    };
    let kept = std::mem::take(response.headers_mut());
    let mut answer = body(&app, &manner, &request_id, &problem);
    for (name, value) in &kept {
        if *name == header::ALLOW || *name == header::RETRY_AFTER {
            answer.headers_mut().insert(name.clone(), value.clone());
        }
    }
    if problem.status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    answer
}

fn body(app: &App, manner: &visitor::Manner, request_id: &RequestId, problem: &Problem) -> Response {
    if manner.wants_json {
        let body = json!({
            "status": problem.status.as_u16(),
            "title": problem.title.1,
            "title_th": problem.title.0,
            "detail": problem.detail.1,
            "detail_th": problem.detail.0,
            "request_id": request_id.as_str(),
            "sign_in": problem.sign_in,
        });
        let mut response = (problem.status, Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        return response;
    }
    if let Some(path) = &problem.sign_in {
        return Redirect::to(path).into_response();
    }
    let page = pages::Problem {
        layout: manner.layout(app, None),
        status: problem.status.as_u16(),
        title: Text::new(problem.title.0, problem.title.1),
        detail: Text::new(problem.detail.0, problem.detail.1),
        request_id: request_id.as_str().to_owned(),
        contact: None,
    };
    match askama::Template::render(&page) {
        Ok(html) => (problem.status, axum::response::Html(html)).into_response(),
        Err(_) => (problem.status, problem.title.1).into_response(),
    }
}
