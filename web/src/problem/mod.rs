//! What a visitor is told when something did not work: what happened, what to do.
//!
//! A handler returns a [`Problem`]; [`render`] turns it into a page in the visitor's language
//! or, for programs, into JSON (RFC 9457), with the request's number.

mod refusal;
mod response;

use axum::http::StatusCode;
use signer::client::ClientError;
use signer::protocol::Refusal;

pub(crate) use refusal::refusal_text;
pub(crate) use response::render;

use crate::error::Error;
use crate::visitor;
use refusal::refusal_words;

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

    /// The council says that a doctor's licence is not active.
    #[must_use]
    pub fn licence_lost() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            ("แพทยสภาแจ้งว่าใบอนุญาตของท่านไม่มีผล", "The Medical Council says that your licence is not active"),
            (
                "ใบรับรองของท่านจึงถูกระงับชั่วคราว และยังลงนามไม่ได้ สิ่งที่เขียนไว้ยังอยู่ครบ หากเห็นว่าไม่ถูกต้อง โปรดติดต่อแพทยสภา แล้วติดต่อนายทะเบียนของหน่วยงานให้คืนสถานะ",
                "Your certificate is therefore suspended, and you cannot sign. What you wrote is kept. If this is wrong, ask the council, and then your unit's registration officer to lift the suspension.",
            ),
        )
    }

    /// A doctor withdrew their consent to questions about their licence.
    #[must_use]
    pub fn licence_not_to_be_asked_about() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            ("ยังลงนามไม่ได้", "You cannot sign now"),
            (
                "ท่านไม่ได้ให้ความยินยอมในการถามแพทยสภาเรื่องใบอนุญาต ระบบจึงตรวจก่อนลงนามไม่ได้ หากต้องการลงนาม โปรดให้ความยินยอมที่หน้า งานของฉัน > ความยินยอมของท่าน",
                "You do not consent to questions about your licence at the Medical Council, which are asked before you sign. To sign, give it under My tasks > Your consent.",
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
