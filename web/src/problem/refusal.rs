//! What each refusal of the signer means, and what to do about it.

use axum::http::StatusCode;
use signer::protocol::Refusal;

use super::Bilingual;
use crate::pages::Text;

/// What to do about a refusal, for a line of a table.
pub(crate) fn refusal_text(refusal: &Refusal) -> Text {
    let (_, (th, en)) = refusal_words(refusal);
    Text::new(th, en)
}

pub(super) fn refusal_words(refusal: &Refusal) -> (StatusCode, Bilingual) {
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
        Refusal::EvidenceInsufficient { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            (
                "ยังไม่มีเจ้าหน้าที่คนอื่นรับรองหลักฐานชุดนี้ด้วยพาสคีย์ หรือผลล่าสุดไม่ตรง โปรดส่งคำขอกลับ ให้เจ้าหน้าที่บันทึกหลักฐานตรวจเอกสาร เทียบหน้า และค้นใบอนุญาตใหม่ทั้งหมด แล้วรับรองด้วยพาสคีย์",
                "No other officer put their passkey to this evidence, or the newest result contradicts. Return the request: an evidence officer sees document and face again, looks the licence up, and vouches with the passkey.",
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
        Refusal::NotForThisProfession => (
            StatusCode::CONFLICT,
            (
                "วิชาชีพของท่านลงนามแบบนี้ไม่ได้ โปรดให้ผู้ประกอบวิชาชีพตามที่แบบกำหนดเป็นผู้ลงนาม",
                "Your profession may not sign this form. Have it signed by a member of one that the form is for.",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_in_both_languages_what_to_do() {
        for refusal in Refusal::one_of_each() {
            let text = refusal_text(&refusal);
            assert!(text.th.chars().any(|letter| ('ก'..='๛').contains(&letter)), "{refusal:?}: {text:?}");
            assert!(text.en.split_whitespace().count() >= 4 && text.en.is_ascii(), "{refusal:?}: {text:?}");
        }
    }
}
