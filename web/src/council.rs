//! The licence register of the Medical Council, asked over HTTP.
//!
//! The council publishes no interface. The contract here is this project's proposal:
//! `GET {base}/v1/licences/{number}` with a bearer token, answered by [`Licence`] as JSON,
//! or 404 if there is no such licence.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::MedicalCouncil;
use crate::error::Error;

/// How long the register may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// An answer longer than this is not read.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A licence as the register has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Licence number, digits.
    pub licence: String,
    /// `physician`, ….
    pub profession: String,
    /// `active`, `suspended`, `revoked` or `expired`.
    pub status: String,
    /// นายแพทย์ or แพทย์หญิง.
    pub title_th: String,
    /// Given name in Thai.
    pub given_name_th: String,
    /// Surname in Thai.
    pub surname_th: String,
    /// Given name in English.
    pub given_name_en: String,
    /// Surname in English.
    pub surname_en: String,
    /// Last day of the licence (ISO date), if it ends.
    pub valid_until: Option<String>,
    /// When the register answered (RFC 3339).
    pub checked_at: String,
}

/// Why there is no licence to rely on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LicenceFault {
    /// The register knows no such licence.
    #[error("the register knows no such licence")]
    Unknown,
    /// The licence is suspended.
    #[error("the licence is suspended")]
    Suspended,
    /// The licence was revoked.
    #[error("the licence is revoked")]
    Revoked,
    /// The licence is past its last day.
    #[error("the licence has ended")]
    Ended,
    /// It is a licence of another profession.
    #[error("the licence is not a physician's")]
    OtherProfession,
    /// It is another person's licence.
    #[error("the register has another name for this licence")]
    OtherName,
    /// The register could not be asked, or its answer is not understood.
    #[error("the register cannot be asked")]
    Unreachable,
}

/// The names a doctor claims.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedNames<'a> {
    /// Given name in Thai.
    pub given_name_th: &'a str,
    /// Surname in Thai.
    pub surname_th: &'a str,
    /// Given name in English.
    pub given_name_en: &'a str,
    /// Surname in English.
    pub surname_en: &'a str,
}

/// The register.
#[derive(Clone)]
pub(crate) struct LicenceRegister {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl LicenceRegister {
    pub(crate) fn new(config: &MedicalCouncil) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Configuration(format!("medical_council: {error}")))?;
        Ok(Self { http, base: config.url.trim_end_matches('/').to_owned(), token: config.token.clone() })
    }

    /// Asks for a licence. The number must be digits.
    pub(crate) async fn ask(&self, number: &str) -> Result<Licence, LicenceFault> {
        if number.is_empty() || number.len() > 6 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(LicenceFault::Unknown);
        }
        let answer = self
            .http
            .get(format!("{}/v1/licences/{number}", self.base))
            .bearer_auth(&self.token)
            .send()
            .await
            .map_err(unreachable)?;
        match answer.status().as_u16() {
            200 => {}
            404 => return Err(LicenceFault::Unknown),
            status => {
                tracing::warn!(status, "the licence register gave no answer");
                return Err(LicenceFault::Unreachable);
            }
        }
        let body = limited(answer).await?;
        serde_json::from_slice(&body).map_err(|_| {
            tracing::warn!("the licence register's answer is not understood");
            LicenceFault::Unreachable
        })
    }
}

async fn limited(mut answer: reqwest::Response) -> Result<Vec<u8>, LicenceFault> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            return Err(LicenceFault::Unreachable);
        }
    }
    Ok(body)
}

fn unreachable(error: reqwest::Error) -> LicenceFault {
    // Without the address: it holds the licence number.
    tracing::warn!(error = %error.without_url(), "the licence register cannot be asked");
    LicenceFault::Unreachable
}

/// Is this an active physician's licence of the person who claims it, on the day `today`?
///
/// # Errors
/// The [`LicenceFault`].
pub fn judge(
    licence: &Licence,
    number: &str,
    claimed: ClaimedNames<'_>,
    today: time::Date,
) -> Result<(), LicenceFault> {
    if licence.licence != number {
        return Err(LicenceFault::Unreachable);
    }
    if licence.profession != "physician" {
        return Err(LicenceFault::OtherProfession);
    }
    match licence.status.as_str() {
        "active" => {}
        "suspended" => return Err(LicenceFault::Suspended),
        "revoked" => return Err(LicenceFault::Revoked),
        "expired" => return Err(LicenceFault::Ended),
        _ => return Err(LicenceFault::Unreachable),
    }
    if let Some(last) = &licence.valid_until {
        let format = time::macros::format_description!("[year]-[month]-[day]");
        let last = time::Date::parse(last, format).map_err(|_| LicenceFault::Unreachable)?;
        if last < today {
            return Err(LicenceFault::Ended);
        }
    }
    let same = same_name(&licence.given_name_th, claimed.given_name_th)
        && same_name(&licence.surname_th, claimed.surname_th)
        && same_name(&licence.given_name_en, claimed.given_name_en)
        && same_name(&licence.surname_en, claimed.surname_en);
    if same { Ok(()) } else { Err(LicenceFault::OtherName) }
}

/// Names are the same up to white space and, in English, letter case.
fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let one = plain(one);
    !one.is_empty() && one == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn licence() -> Licence {
        Licence {
            licence: "12345".into(),
            profession: "physician".into(),
            status: "active".into(),
            title_th: "แพทย์หญิง".into(),
            given_name_th: "กานดา".into(),
            surname_th: "ใจดี".into(),
            given_name_en: "Kanda".into(),
            surname_en: "Jaidee".into(),
            valid_until: Some("2027-01-31".into()),
            checked_at: "2026-11-21T00:00:00Z".into(),
        }
    }

    const KANDA: ClaimedNames<'static> =
        ClaimedNames {
            given_name_th: "กานดา", surname_th: "ใจดี", given_name_en: "KANDA", surname_en: " jaidee"
        };

    fn check(licence: &Licence, expected: Result<(), LicenceFault>) {
        assert_eq!(judge(licence, "12345", KANDA, date!(2026 - 11 - 21)), expected);
    }

    #[test]
    fn only_an_active_licence_of_the_same_person_will_do() {
        check(&licence(), Ok(()));
        check(&Licence { status: "suspended".into(), ..licence() }, Err(LicenceFault::Suspended));
        check(&Licence { status: "revoked".into(), ..licence() }, Err(LicenceFault::Revoked));
        check(&Licence { status: "expired".into(), ..licence() }, Err(LicenceFault::Ended));
        check(&Licence { status: "?".into(), ..licence() }, Err(LicenceFault::Unreachable));
        check(&Licence { profession: "dentist".into(), ..licence() }, Err(LicenceFault::OtherProfession));
        check(&Licence { surname_th: "ใจร้าย".into(), ..licence() }, Err(LicenceFault::OtherName));
        check(&Licence { surname_en: String::new(), ..licence() }, Err(LicenceFault::OtherName));
        check(&Licence { valid_until: Some("2026-11-20".into()), ..licence() }, Err(LicenceFault::Ended));
        check(&Licence { valid_until: Some("2026-11-21".into()), ..licence() }, Ok(()));
        check(&Licence { valid_until: Some("soon".into()), ..licence() }, Err(LicenceFault::Unreachable));
        check(&Licence { licence: "54321".into(), ..licence() }, Err(LicenceFault::Unreachable));
    }
}
