//! The words for a refusal: what happened, and what the person can do.

use super::Text;
use crate::protocol::{ActivationFault, Refusal};

/// Heading and advice for a refusal. Details for developers stay in the log.
#[must_use]
pub(crate) fn words(refusal: &Refusal) -> (Text, Text) {
    if let Refusal::PasskeyLocked { until } = refusal {
        return locked(&Text::instant(until));
    }
    let (title, detail) = match refusal {
        Refusal::ActivationInvalid { fault, .. } => fault_words(*fault),
        Refusal::PasskeyLocked { .. } => (("", ""), ("", "")),
        Refusal::PasskeyNotAllowed => (
            ("พาสคีย์ชนิดนี้ใช้ทำเรื่องนี้ไม่ได้", "This kind of passkey cannot do this"),
            (
                "เรื่องนี้ต้องใช้พาสคีย์ที่อยู่ในอุปกรณ์เครื่องเดียว เช่น กุญแจความปลอดภัย ไม่ใช่พาสคีย์ที่ซิงก์ไปหลายเครื่อง โปรดลงทะเบียนพาสคีย์ใหม่แล้วแจ้งนายทะเบียน",
                "It needs a passkey that stays on one device, such as a security key, not one that is synced to others. Enrol such a one and tell the registration officer.",
            ),
        ),
        Refusal::TicketOver => (
            ("หน้านี้หมดเวลาหรือใช้ไปแล้ว", "This page is over"),
            (
                "แต่ละหน้าใช้ได้ครั้งเดียวภายใน 5 นาที โปรดกลับไปเริ่มใหม่",
                "Each page works once and for five minutes. Go back and start again.",
            ),
        ),
        Refusal::NotYourPasskey => (
            ("พาสคีย์นี้ใช้ทำเรื่องนี้ไม่ได้", "This passkey cannot do this"),
            (
                "โปรดใช้พาสคีย์สำหรับลงนามของผู้ที่ต้องทำเรื่องนี้ ไม่มีอะไรถูกลงนาม",
                "Use the signing passkey of the person who must act. Nothing was signed.",
            ),
        ),
        Refusal::NoAuthority => (
            ("ท่านไม่มีอำนาจในหน่วยนี้", "You have no authority over this unit"),
            (
                "โปรดให้นายทะเบียนของหน่วยนั้นหรือหน่วยที่อยู่เหนือขึ้นไปทำแทน",
                "An officer of that unit, or of one above it, must do this.",
            ),
        ),
        Refusal::DigestsNotAllowed => (
            ("หน่วยของท่านยังไม่ได้เปิดให้ลงนามค่าแฮช", "Your unit does not allow signing digests"),
            (
                "ไม่มีอะไรถูกลงนาม นายทะเบียนของหน่วยเปิดให้ได้ที่หน้าระบบเชื่อมต่อ",
                "Nothing was signed. The unit's registration officer can allow it in the console.",
            ),
        ),
        Refusal::KeySignsNoDigests => (
            ("กุญแจของใบรับรองนี้ลงนามค่าแฮชไม่ได้", "This certificate's key signs no digests"),
            (
                "ลงนามค่าแฮชได้ด้วยกุญแจ P-256 เท่านั้น ไม่มีอะไรถูกลงนาม โปรดลงนามเป็นเอกสารในระบบ",
                "Only P-256 keys do. Nothing was signed. Sign it as a document in the portal.",
            ),
        ),
        Refusal::SelfApproval => (
            ("อนุมัติเรื่องของตนเองไม่ได้", "Nobody approves their own"),
            (
                "ผู้ยื่นคำขอและผู้บันทึกหลักฐานอนุมัติคำขอนั้นไม่ได้ โปรดให้นายทะเบียนคนอื่นทำ",
                "Neither the person themselves nor who recorded the evidence can approve. Ask another officer.",
            ),
        ),
        Refusal::ContentInvalid { .. } => (
            ("เนื้อหายังไม่ถูกต้องตามแบบ", "The content breaks a rule of its form"),
            ("โปรดกลับไปแก้ไขแล้วลงนามใหม่ ไม่มีอะไรถูกลงนาม", "Go back, correct it and sign again. Nothing was signed."),
        ),
        Refusal::EvidenceInsufficient { .. } => (
            ("หลักฐานยังไม่พอ", "The evidence does not suffice"),
            (
                "ยังไม่มีเจ้าหน้าที่คนอื่นรับรองหลักฐานชุดนี้ด้วยพาสคีย์ หรือผลล่าสุดไม่ตรง โปรดส่งคำขอกลับ ให้เจ้าหน้าที่บันทึกหลักฐานตรวจเอกสาร เทียบหน้า และค้นใบอนุญาตใหม่ทั้งหมด แล้วรับรองด้วยพาสคีย์",
                "No other officer put their passkey to this evidence, or the newest result contradicts. Return the request: an evidence officer sees document and face again, looks the licence up, and vouches with the passkey.",
            ),
        ),
        Refusal::NotForThisProfession => (
            ("วิชาชีพของท่านลงนามแบบนี้ไม่ได้", "Your profession may not sign this form"),
            (
                "โปรดให้ผู้ประกอบวิชาชีพตามที่แบบกำหนดเป็นผู้ลงนาม ไม่มีอะไรถูกลงนาม",
                "Have it signed by a member of a profession that the form is for. Nothing was signed.",
            ),
        ),
        Refusal::LintFailed { .. } => (
            ("ออกใบรับรองตามคำขอนี้ไม่ได้", "No certificate can be made from this request"),
            (
                "ข้อมูลในคำขอไม่ผ่านกฎของใบรับรอง โปรดส่งกลับให้แก้ไข",
                "Its data break a rule for certificates. Return it for correction.",
            ),
        ),
        Refusal::KeyRefused { .. } => (
            ("กุญแจนี้ออกใบรับรองให้ไม่ได้", "This key cannot be certified"),
            (
                "กุญแจอ่อนแอ ถูกห้ามใช้ เคยมีใบรับรองแล้ว หรือผู้ขอไม่ได้ถือกุญแจ โปรดสร้างกุญแจใหม่",
                "It is weak, blocked or certified before, or who asks does not hold it. Make a new key.",
            ),
        ),
        Refusal::LicenceTaken => (
            ("ใบอนุญาตนี้เป็นของผู้อื่น", "This licence is another person's"),
            (
                "เคยออกใบรับรองตามใบอนุญาตนี้ให้บุคคลอื่นแล้ว โปรดตรวจเลขที่ใบอนุญาตและตัวบุคคล",
                "A certificate was issued on it to somebody else. Check the licence number and the person.",
            ),
        ),
        Refusal::NotRenewable { .. } => (
            ("ต่ออายุใบรับรองนี้เองไม่ได้", "You cannot renew this certificate yourself"),
            (
                "ต่ออายุเองได้ในช่วง 60 วันสุดท้าย ภายใน 3 ปีหลังนายทะเบียนอนุมัติ มิฉะนั้นโปรดยื่นคำขอใหม่",
                "It can be renewed in its last 60 days, within three years of the officers' approval. Otherwise make a new request.",
            ),
        ),
        Refusal::ClockBehind => (
            ("นาฬิกาของระบบลงนามเดินช้ากว่าบันทึก", "The signer's clock is behind its records"),
            (
                "ไม่มีอะไรถูกลงนาม โปรดแจ้งผู้ดูแลระบบให้ตั้งนาฬิกา แล้วลองใหม่",
                "Nothing was signed. Have the operators set the clock, then try again.",
            ),
        ),
        Refusal::CertificateRevoked => (
            ("ใบรับรองถูกเพิกถอนแล้ว", "The certificate is revoked"),
            ("ลงนามไม่ได้ โปรดขอใบรับรองใหม่", "It cannot sign. Ask for a new certificate."),
        ),
        Refusal::CertificateSuspended => (
            ("ใบรับรองถูกระงับชั่วคราว", "The certificate is suspended"),
            (
                "ยังลงนามไม่ได้ โปรดติดต่อนายทะเบียนของท่าน สิ่งที่ยืนยันไว้แล้วจะทำต่อเมื่อยกเลิกการระงับ",
                "It cannot sign now. Ask your registration officer. What you confirmed already goes on once it is restored.",
            ),
        ),
        Refusal::TimeStampUnavailable => (
            ("ยังประทับเวลาไม่ได้", "There is no time-stamp now"),
            (
                "นาฬิกาของระบบยังเทียบเวลาไม่ได้ งานที่ยืนยันแล้วจะทำต่อเอง โปรดแจ้งผู้ดูแลระบบ",
                "The signer's clock is not known to be right. What was confirmed goes on by itself; tell the operators.",
            ),
        ),
        Refusal::CertificateExpired => (
            ("ใบรับรองหมดอายุหรือยังไม่เริ่มใช้", "The certificate is not in force"),
            ("ลงนามไม่ได้ โปรดขอใบรับรองใหม่", "It cannot sign. Ask for a new certificate."),
        ),
        Refusal::Terminated => (
            ("เลิกออกใบรับรองแล้ว", "This CA has ended"),
            ("ระบบนี้ไม่ออกใบรับรองใหม่อีก", "No certificate is issued any more."),
        ),
        Refusal::NoCertificate => (
            ("ไม่มีใบรับรอง", "There is no certificate"),
            ("โปรดขอใบรับรองลายมือชื่อก่อน", "Ask for a signing certificate first."),
        ),
        Refusal::CredentialUnknown => (
            ("ไม่รู้จักพาสคีย์นี้ หรือผูกไว้กับผู้อื่นแล้ว", "The passkey is unknown or already bound"),
            ("โปรดสร้างพาสคีย์สำหรับลงนามใหม่จากหน้างานของท่าน", "Create a new signing passkey from your task list."),
        ),
        Refusal::LastOfficer => (
            ("ต้องเหลือเจ้าหน้าที่ส่วนกลางอย่างน้อยหนึ่งคน", "The last central officer stays"),
            (
                "ถ้าทำแล้วจะไม่เหลือผู้ที่ดูแลทั้งระบบได้ โปรดให้เจ้าหน้าที่ส่วนกลางอีกคนพร้อมก่อน",
                "Nobody could act for the whole tree any more. Have another central officer ready first.",
            ),
        ),
        Refusal::JournalAltered => (
            ("บันทึกของระบบลงนามไม่ตรงกับที่เคยลงนามไว้", "The signer's records are not what was signed"),
            ("ไม่มีอะไรถูกทำ โปรดแจ้งผู้ดูแลระบบทันที", "Nothing was done. Tell the operators at once."),
        ),
        Refusal::Conflict => (
            ("เลขนี้ใช้กับเนื้อหาอื่นไปแล้ว", "This number was used for other content"),
            ("โปรดกลับไปเริ่มเอกสารใหม่", "Go back and begin a new document."),
        ),
        Refusal::AlreadyDone => (("ทำเรียบร้อยแล้วก่อนหน้านี้", "This was done before"), ("ไม่ต้องทำอีก", "Nothing more to do.")),
        Refusal::NotFound => (
            ("ไม่พบหน้านี้", "There is no such page"),
            ("ที่อยู่อาจพิมพ์ผิด โปรดกลับไปเริ่มใหม่", "The address may be mistyped. Go back and start again."),
        ),
        Refusal::Erased => (
            ("เอกสารนี้ถูกลบแล้ว", "The document was erased"),
            ("ลงนามไม่ได้ โปรดกลับไปเขียนเอกสารใหม่", "It cannot be signed. Go back and begin a new document."),
        ),
        Refusal::TooOften => (
            ("มีคำขอมากเกินไปในขณะนี้", "Too much is asked for at this moment"),
            ("โปรดรอสักครู่แล้วลองใหม่", "Wait a moment and try again."),
        ),
        Refusal::TokenUnavailable | Refusal::JournalUnavailable => (
            ("บริการลงนามใช้ไม่ได้ในขณะนี้", "The signing service is not available now"),
            ("ไม่มีอะไรถูกลงนาม โปรดลองใหม่อีกครั้งในอีกไม่กี่นาที", "Nothing was signed. Try again in a few minutes."),
        ),
        Refusal::Malformed { .. } | Refusal::Internal => (
            ("ขัดข้องที่ระบบของเรา", "Something failed on our side"),
            ("โปรดลองใหม่ ถ้ายังไม่ได้ให้แจ้งผู้ดูแลระบบ", "Try again. If it happens again, tell the operator."),
        ),
    };
    (Text::new(title.0, title.1), Text::new(detail.0, detail.1))
}

fn locked(until: &Text) -> (Text, Text) {
    (
        Text::new("พาสคีย์นี้ถูกล็อกชั่วคราว", "This passkey is locked for a while"),
        Text::new(
            format!(
                "มีการยืนยันที่ไม่ผ่านหลายครั้ง จึงล็อกไว้ถึง {} หลังจากนั้นใช้ได้ตามปกติ ถ้าท่านไม่ได้ทำเอง โปรดแจ้งนายทะเบียนทันทีให้ระงับใบรับรอง",
                until.th
            ),
            format!(
                "Several confirmations with it failed, so it is locked until {}. After that it works again. If that was not you, tell the registration officer at once to suspend your certificate.",
                until.en
            ),
        ),
    )
}

type Pair = (&'static str, &'static str);

/// What was wrong with a touch, and what to do.
const fn fault_words(fault: ActivationFault) -> (Pair, Pair) {
    const AGAIN: Pair = (
        "ไม่มีอะไรถูกลงนาม โปรดเปิดหน้านี้ใหม่จากระบบแล้วยืนยันอีกครั้ง",
        "Nothing was signed. Open this page again from the portal and confirm once more.",
    );
    match fault {
        ActivationFault::OtherContent => {
            (("การยืนยันนี้เป็นของหน้าหรือเนื้อหาอื่น", "This confirmation is for another page or content"), AGAIN)
        }
        ActivationFault::OtherOrigin => (
            ("การยืนยันมาจากที่อยู่เว็บอื่น", "The confirmation was made at another web address"),
            (
                "ไม่มีอะไรถูกลงนาม โปรดตรวจที่อยู่เว็บ แล้วแจ้งผู้ดูแลระบบ อาจมีเว็บปลอม",
                "Nothing was signed. Check the address of the page and tell the operators: there may be a look-alike.",
            ),
        ),
        ActivationFault::Embedded => (
            ("หน้านี้ถูกเปิดซ้อนในเว็บอื่น", "This page was opened inside another"),
            (
                "ไม่มีอะไรถูกลงนาม โปรดเปิดหน้านี้ในแท็บของตนเอง แล้วแจ้งผู้ดูแลระบบ",
                "Nothing was signed. Open it in a tab of its own, and tell the operators.",
            ),
        ),
        ActivationFault::NotVerified => (
            ("เครื่องไม่ได้ตรวจรหัส ลายนิ้วมือ หรือใบหน้า", "The device asked for no PIN, finger or face"),
            (
                "ไม่มีอะไรถูกลงนาม โปรดตั้งล็อกหน้าจอหรือรหัสของกุญแจ แล้วยืนยันอีกครั้ง",
                "Nothing was signed. Set a screen lock or the key's PIN and confirm again.",
            ),
        ),
        ActivationFault::Counter => (
            ("อาจมีสำเนาของพาสคีย์นี้", "There may be a copy of this passkey"),
            (
                "ไม่มีอะไรถูกลงนาม ถ้าเปิดไว้สองหน้าพร้อมกันให้ยืนยันอีกครั้ง ถ้าไม่ใช่ ให้หยุดใช้และแจ้งนายทะเบียนทันทีให้ระงับใบรับรอง",
                "Nothing was signed. If you had two pages open at once, confirm again. If not, stop using it and tell the registration officer at once to suspend your certificate.",
            ),
        ),
        ActivationFault::BackupChanged => (
            ("พาสคีย์นี้เปลี่ยนไปจากที่ลงทะเบียน", "This passkey is not as it was enrolled"),
            (
                "ไม่มีอะไรถูกลงนาม โปรดแจ้งนายทะเบียนเพื่อผูกพาสคีย์ใหม่",
                "Nothing was signed. Tell the registration officer, to have a new passkey bound.",
            ),
        ),
        ActivationFault::OtherCeremony | ActivationFault::Signature | ActivationFault::Malformed => {
            (("พาสคีย์ยืนยันไม่สำเร็จ", "The passkey could not be accepted"), AGAIN)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_in_both_languages_what_happened_and_what_to_do() {
        for refusal in Refusal::one_of_each() {
            let (title, advice) = words(&refusal);
            for text in [&title, &advice] {
                assert!(text.th.chars().any(|letter| ('ก'..='๛').contains(&letter)), "{refusal:?}: {text:?}");
                assert!(text.en.len() > 3 && text.en.is_ascii(), "{refusal:?}: {text:?}");
            }
            assert_ne!(title, advice, "{refusal:?}");
            // What was or was not done, and what comes next.
            assert!(advice.en.split_whitespace().count() >= 4, "{refusal:?}: {advice:?}");
        }
    }
}
