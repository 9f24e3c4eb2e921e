//! A doctor consents to the processing of their data, or withdraws the consent (PDPA s. 19).

use people::consent::{CURRENT_NOTICE, ConsentRecord, Notice, Purpose};
use people::{Aal, Ial};
use serde_json::json;
use store::portal::evidence::Consent;

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::pages::{ConsentPurpose, Text};
use crate::problem::Problem;

/// The notice shown now.
pub(crate) fn notice(app: &App) -> Result<Notice, Error> {
    Notice::of(CURRENT_NOTICE, &app.config().contacts).ok_or(Error::Stored("notice"))
}

/// The purposes that were ticked and exist.
pub(crate) fn known(ticked: &[String]) -> Vec<Purpose> {
    Purpose::ALL.into_iter().filter(|purpose| ticked.iter().any(|id| id == purpose.as_str())).collect()
}

/// Is everything ticked without which no certificate can be issued?
pub(crate) fn suffices(purposes: &[Purpose]) -> bool {
    Purpose::ALL.into_iter().filter(|purpose| purpose.is_needed_for_issue()).all(|needed| purposes.contains(&needed))
}

/// A stored consent as the domain knows it.
pub(crate) fn read(consent: &Consent) -> Result<ConsentRecord, Error> {
    let wrong = |_| Error::Stored("consent");
    Ok(ConsentRecord {
        id: consent.id.clone(),
        person_id: consent.person_id.clone(),
        notice_version: consent.notice_version.clone(),
        notice_sha256: consent.notice_sha256.clone(),
        purposes: serde_json::from_str(&consent.purposes).map_err(|_| Error::Stored("consent.purposes"))?,
        channel: consent.channel.clone(),
        ial: Ial::parse(&consent.ial).map_err(wrong)?,
        aal: Aal::parse(&consent.aal).map_err(wrong)?,
        given_at: consent.given_at,
        withdrawn_at: consent.withdrawn_at,
    })
}

/// Writes the consent down; an earlier one ends.
pub(crate) async fn give(app: &App, person_id: &str, purposes: &[Purpose]) -> Result<(), Problem> {
    let now = app.now();
    let notice = notice(app)?;
    let consent = Consent {
        id: app.randomness().uuid(now),
        person_id: person_id.to_owned(),
        notice_version: notice.version.to_owned(),
        notice_sha256: notice.sha256(),
        purposes: serde_json::to_string(purposes).map_err(|_| Error::Stored("consent.purposes"))?,
        // Signed in, but not proofed yet: the person's own word.
        ial: Ial::L11.as_str().to_owned(),
        aal: Aal::of_passkey(true).as_str().to_owned(),
        channel: "portal".to_owned(),
        given_at: now,
        withdrawn_at: None,
    };
    let facts =
        json!({ "notice": consent.notice_version, "notice_sha256": consent.notice_sha256, "purposes": purposes });
    let mut tx = app.portal().begin_write().await?;
    tx.withdraw_consent(person_id, now).await?;
    tx.add_consent(&consent).await?;
    record(app, &mut tx, Event::new("consent.given", person_id, person_id).with(facts)).await?;
    let request = tx.latest_request(person_id).await?;
    tx.commit().await?;
    match request {
        Some(request) => super::submit_request::if_complete(app, &request.id, person_id).await,
        None => Ok(()),
    }
}

/// Withdraws every consent in force.
pub(crate) async fn withdraw(app: &App, person_id: &str) -> Result<(), Problem> {
    let mut tx = app.portal().begin_write().await?;
    if tx.withdraw_consent(person_id, app.now()).await? > 0 {
        record(app, &mut tx, Event::new("consent.withdrawn", person_id, person_id)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The purposes as the page asks for them; `given` are ticked.
pub(crate) fn purposes(given: &[Purpose]) -> Vec<ConsentPurpose> {
    Purpose::ALL
        .into_iter()
        .map(|purpose| {
            let (label, detail) = words(purpose);
            ConsentPurpose {
                id: purpose.as_str().to_owned(),
                label,
                detail,
                needed: purpose.is_needed_for_issue(),
                given: given.contains(&purpose),
            }
        })
        .collect()
}

fn words(purpose: Purpose) -> (Text, Text) {
    let needed = Text::new("จำเป็น หากไม่ยินยอมจะออกใบรับรองไม่ได้", "Needed: without it no certificate can be issued");
    match purpose {
        Purpose::LicenceInquiry => {
            (Text::new("สอบถามสถานะใบอนุญาตของข้าพเจ้าจากแพทยสภา", "Ask the Medical Council about my licence"), needed)
        }
        Purpose::PublicVerification => (
            Text::new(
                "แสดงชื่อ เลขที่ใบอนุญาต หน่วยบริการ และสถานะใบรับรองของข้าพเจ้าแก่ผู้ตรวจสอบเอกสาร",
                "Show my name, licence number, unit and certificate status to whoever verifies a document",
            ),
            needed,
        ),
        Purpose::FaceComparison => (
            Text::new("เปรียบเทียบใบหน้าของข้าพเจ้ากับรูปในบัตรด้วยเครื่อง", "Compare my face with my card's picture by machine"),
            Text::new("ไม่บังคับ หากไม่ยินยอม เจ้าหน้าที่จะเปรียบเทียบให้", "Optional: otherwise an officer compares"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_purposes_count_and_the_needed_ones_must_be_there() {
        let ticked = known(&["licence_inquiry".into(), "sell_my_data".into()]);
        assert_eq!(ticked, [Purpose::LicenceInquiry]);
        assert!(!suffices(&ticked));
        assert!(suffices(&known(&["licence_inquiry".into(), "public_verification".into()])));
        assert_eq!(purposes(&ticked).iter().filter(|purpose| purpose.given).count(), 1);
    }
}
