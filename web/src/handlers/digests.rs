//! The console's switch for signing digests, unit by unit, and the programs that may ask for it.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use webauthn_rs::prelude::Url;

use super::{go_to_signer, listing, page, page_with_errors};
use crate::app::App;
use crate::oauth::registration::{self, Registration};
use crate::oauth::{AUTHORIZATION_CODE, Scope, Scopes};
use crate::pages::{
    DigestUnit, DigestUnitRow, DigestUnits, FieldErrors, SigningProgram, SigningProgramSecret, Text, Values,
};
use crate::problem::Problem;
use crate::units::Office;
use crate::visitor::{SignedForm, SignedIn};
use crate::workflow::switch_digests;

/// The longest name, in characters: the signer shows no longer one.
const LONGEST_NAME: usize = 80;
/// The longest address, in characters.
const LONGEST_ADDRESS: usize = 500;

/// The units of this officer.
pub(crate) async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let (units, codes) = Office::of_registrar(&app, who.id()).await?;
    let layout = who.layout();
    let mut rows = Vec::new();
    for code in codes {
        rows.push(DigestUnitRow {
            name: layout.text(&units.name(&code)).to_owned(),
            allowed: app.signer().digests_allowed(&code).await?,
            code,
        });
    }
    match listing("/console/digests", rows, &query, &layout) {
        Ok(listing) => page(&DigestUnits { layout, listing }),
        Err(file) => Ok(*file),
    }
}

async fn unit_page(
    app: &App,
    who: &SignedIn,
    code: &str,
    values: &Values,
    errors: &FieldErrors,
) -> Result<DigestUnit, Problem> {
    let (units, codes) = Office::of_registrar(app, who.id()).await?;
    if !codes.iter().any(|known| known == code) {
        return Err(Problem::not_found());
    }
    let mut tx = app.portal().begin().await?;
    let programs = tx.api_clients_of_unit(code).await?;
    drop(tx);
    let programs = programs.into_iter().filter(|program| program.grants.split(' ').any(|g| g == AUTHORIZATION_CODE));
    Ok(DigestUnit {
        layout: crate::pages::Layout { path: format!("/console/digests/{code}"), ..who.layout() },
        unit: units.name(code),
        allowed: app.signer().digests_allowed(code).await?,
        programs: programs
            .map(|program| SigningProgram {
                name: program.name,
                client_id: program.id,
                disabled: program.disabled_at.is_some(),
            })
            .collect(),
        groups: DigestUnit::groups(values, errors),
    })
}

/// One unit.
pub(crate) async fn show(State(app): State<App>, Path(code): Path<String>, who: SignedIn) -> Result<Response, Problem> {
    page(&unit_page(&app, &who, &code, &Values::new(), &FieldErrors::new()).await?)
}

/// Switches, or registers a program.
pub(crate) async fn posted(
    State(app): State<App>,
    Path(code): Path<String>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let who = &form.who;
    let (_, codes) = Office::of_registrar(&app, who.id()).await?;
    if !codes.contains(&code) {
        return Err(Problem::not_found());
    }
    match form.value("act") {
        "allow" => Ok(go_to_signer(&who.manner, &switch_digests::propose_switch(&app, who.id(), &code, true).await?)),
        "disallow" => {
            Ok(go_to_signer(&who.manner, &switch_digests::propose_switch(&app, who.id(), &code, false).await?))
        }
        "register" => match read(&app, &form, &code) {
            Ok((asked, redirect_uri)) => {
                let name = asked.name.clone();
                let secrets = registration::register_for_persons(&app, who.id(), asked, &redirect_uri).await?;
                page(&SigningProgramSecret {
                    layout: crate::pages::Layout { path: format!("/console/digests/{code}"), ..who.layout() },
                    name,
                    client_id: secrets.client_id,
                    client_secret: secrets.client_secret,
                    service_url: app.origin().to_owned(),
                })
            }
            Err(errors) => page_with_errors(&unit_page(&app, who, &code, &form.values(), &errors).await?),
        },
        _ => Err(Problem::bad_input()),
    }
}

/// What is to be registered, and the address a browser goes back to.
fn read(app: &App, form: &SignedForm, code: &str) -> Result<(Registration, String), FieldErrors> {
    let mut errors = FieldErrors::new();
    let name = form.value("name").to_owned();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || !name.chars().all(is_plain) {
        let words = Text::new("โปรดตั้งชื่อไม่เกิน 80 ตัวอักษร", "Give it a name of at most 80 characters.");
        errors.insert("name".to_owned(), words);
    }
    let redirect_uri = form.value("redirect_uri").to_owned();
    if !is_address(&redirect_uri, app.config().demo) {
        let words = Text::new(
            "โปรดพิมพ์ที่อยู่เต็มที่ขึ้นต้นด้วย https:// และไม่มีเครื่องหมาย #",
            "Type the whole address: it begins with https:// and has no #.",
        );
        errors.insert("redirect_uri".to_owned(), words);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let asked = Registration {
        unit_code: code.to_owned(),
        name,
        scopes: Scopes::of([Scope::Service, Scope::Credential]),
        webhook_url: String::new(),
    };
    Ok((asked, redirect_uri))
}

/// Letters, Thai with its marks, and what stands on every keyboard: a name that shows as it reads.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || c.is_ascii_graphic() || ('\u{e01}'..='\u{e5b}').contains(&c)
}

/// An address that a browser may be sent back to: encrypted, or this very machine in a demonstration.
fn is_address(text: &str, demo: bool) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let local = demo && url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (url.scheme() == "https" || local) && url.has_host() && plain && text.len() <= LONGEST_ADDRESS && text.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::{is_address, is_plain};

    #[test]
    fn a_name_shows_as_it_reads() {
        assert!("ระบบส่งตัวผู้ป่วย HIS-2 (รพ.)".chars().all(is_plain));
        for wrong in ['\u{202e}', '\u{200b}', '\0', '\n', '\u{feff}'] {
            assert!(!is_plain(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_browser_is_sent_back_to_an_encrypted_address() {
        assert!(is_address("https://his.example.go.th/back?unit=1", false));
        assert!(is_address("http://localhost:9000/back", true));
        for wrong in [
            "",
            "his.example",
            "http://his.example/back",
            "http://localhost/back",
            "https://a@his.example/",
            "https://his.example/#a",
            "javascript:alert(1)",
        ] {
            assert!(!is_address(wrong, false), "{wrong}");
        }
    }
}
