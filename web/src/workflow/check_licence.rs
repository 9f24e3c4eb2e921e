//! Asking the Medical Council for a licence.

use crate::app::App;
use crate::council::{ClaimedNames, Licence, LicenceFault, judge};
use crate::instants::{bangkok_day, parse, rfc3339};
use crate::pages::Text;

/// The licence, if it is active and this person's.
pub(crate) async fn check(app: &App, number: &str, claimed: ClaimedNames<'_>) -> Result<Licence, LicenceFault> {
    let mut licence = app.register().ask(number).await?;
    let now = app.now();
    judge(&licence, number, claimed, bangkok_day(now))?;
    // An answer from a cache of yesterday is not today's check; our own clock decides.
    let fresh = parse(&licence.checked_at).is_some_and(|at| at <= now && now - at < time::Duration::days(1));
    if !fresh {
        licence.checked_at = rfc3339(now);
    }
    Ok(licence)
}

/// The words for a fault.
pub(crate) fn fault_words(fault: &LicenceFault) -> Text {
    match fault {
        LicenceFault::Unknown => Text::new(
            "แพทยสภาไม่พบใบอนุญาตเลขที่นี้ โปรดตรวจเลขกับใบอนุญาต",
            "The Medical Council knows no licence of this number. Check it against your licence.",
        ),
        LicenceFault::Suspended => Text::new(
            "แพทยสภาแจ้งว่าใบอนุญาตนี้ถูกพักใช้ จึงขอใบรับรองไม่ได้ หากไม่ถูกต้องโปรดติดต่อแพทยสภา",
            "The Medical Council reports this licence as suspended, so no certificate can be issued. If that is wrong, ask the Council.",
        ),
        LicenceFault::Revoked => Text::new(
            "แพทยสภาแจ้งว่าใบอนุญาตนี้ถูกเพิกถอน จึงขอใบรับรองไม่ได้ หากไม่ถูกต้องโปรดติดต่อแพทยสภา",
            "The Medical Council reports this licence as withdrawn, so no certificate can be issued. If that is wrong, ask the Council.",
        ),
        LicenceFault::Ended => Text::new(
            "ใบอนุญาตนี้หมดอายุแล้วตามทะเบียนแพทยสภา โปรดต่ออายุกับแพทยสภาก่อน",
            "By the Medical Council's register this licence has ended. Renew it with the Council first.",
        ),
        LicenceFault::OtherProfession => {
            Text::new("ใบอนุญาตนี้ไม่ใช่ของผู้ประกอบวิชาชีพเวชกรรม", "This is not a physician's licence.")
        }
        LicenceFault::OtherName => Text::new(
            "ชื่อไม่ตรงกับทะเบียนแพทยสภา โปรดตรวจชื่อไทยและอังกฤษกับใบอนุญาต หากเปลี่ยนชื่อโปรดแจ้งแพทยสภาก่อน",
            "The name differs from the Medical Council's register. Check both spellings against your licence; if your name has changed, tell the Council first.",
        ),
        LicenceFault::Unreachable => Text::new(
            "ติดต่อทะเบียนแพทยสภาไม่ได้ในขณะนี้ ข้อมูลยังไม่ถูกบันทึก โปรดลองใหม่ภายหลัง",
            "The Medical Council's register cannot be reached now. Nothing was saved; try again later.",
        ),
    }
}
