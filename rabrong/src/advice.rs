//! What to do about a failure, in Thai and English, for whoever typed the command.

use std::error::Error;

use signer::client::ClientError;
use signer::core::OpenError;

/// Advice on the first cause in the chain that has one.
#[must_use]
pub fn on(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(|cause| {
        cause
            .downcast_ref::<hsm::Error>()
            .and_then(on_token)
            .or_else(|| cause.downcast_ref::<store::Error>().map(on_database))
            .or_else(|| cause.downcast_ref::<ClientError>().and_then(on_signer))
            .or_else(|| cause.downcast_ref::<OpenError>().and_then(on_opening))
            .or_else(|| on_port(cause))
    })
}

fn on_token(error: &hsm::Error) -> Option<&'static str> {
    Some(match error {
        hsm::Error::TokenAbsent(_) => {
            "ไม่พบโทเค็น: ตรวจชื่อ signer.token และ signer.module ถ้ายังไม่เคยทำพิธีสร้างกุญแจให้สั่ง rabrong init\n\
             No such token: check signer.token and signer.module; if there was no ceremony yet, run `rabrong init`"
        }
        hsm::Error::PinIncorrect => {
            "PIN ไม่ถูกต้อง: แก้ไฟล์ signer.pin_file ก่อนลองใหม่ โทเค็นจะล็อกถ้าผิดหลายครั้ง\n\
             Wrong PIN: mend signer.pin_file before you try again; a token locks after several wrong PINs"
        }
        hsm::Error::PinLocked => {
            "PIN ถูกล็อก: ให้เจ้าหน้าที่ความมั่นคง (SO) ตั้ง PIN ใหม่\n\
             The PIN is locked: the security officer sets a new one"
        }
        hsm::Error::ModuleUnusable { .. } => {
            "เปิดไลบรารี PKCS#11 ไม่ได้: ตรวจ signer.module (Debian: apt-get install softhsm2)\n\
             The PKCS#11 library cannot be loaded: check signer.module (Debian: apt-get install softhsm2)"
        }
        _ => return None,
    })
}

fn on_database(error: &store::Error) -> &'static str {
    if error.is_unavailable() {
        "ต่อฐานข้อมูลไม่ได้: ตรวจที่อยู่ สิทธิ์ และว่าฐานข้อมูลเปิดอยู่ ข้อมูลเดิมไม่เสียหาย\n\
         The database cannot be reached: check its address, this user's rights, and that it is up. Nothing was lost"
    } else {
        "ฐานข้อมูลไม่ยอมรับ: ตรวจว่าเป็นฐานข้อมูลของส่วนนี้และโปรแกรมไม่เก่ากว่าฐานข้อมูล\n\
         The database refused: check that it is this part's own, and that this program is not older than it"
    }
}

fn on_signer(error: &ClientError) -> Option<&'static str> {
    matches!(error, ClientError::Unreachable(_) | ClientError::TimedOut).then_some(
        "ติดต่อบริการลงนามไม่ได้: สั่ง rabrong signer หรือตรวจ signer.socket\n\
         The signer cannot be reached: start `rabrong signer`, or check signer.socket",
    )
}

fn on_opening(error: &OpenError) -> Option<&'static str> {
    matches!(error, OpenError::NotInitialised).then_some(
        "ยังไม่ได้ทำพิธีสร้างกุญแจ: สั่ง rabrong init ก่อน\n\
         There was no ceremony yet: run `rabrong init` first",
    )
}

fn on_port(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    let cause = cause.downcast_ref::<std::io::Error>()?;
    (cause.kind() == std::io::ErrorKind::AddrInUse).then_some(
        "ที่อยู่นี้มีโปรแกรมอื่นใช้อยู่: ปิดโปรแกรมนั้นหรือเปลี่ยนพอร์ตในการตั้งค่า\n\
         Another program uses this address: stop it, or change the port in the configuration",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn the_cause_that_counts_may_lie_deep() {
        let error = Err::<(), _>(hsm::Error::PinIncorrect).context("token").context("start").unwrap_err();
        assert!(on(&error).unwrap().contains("signer.pin_file"));
        assert!(on(&anyhow::anyhow!("nothing we know")).is_none());
    }
}
