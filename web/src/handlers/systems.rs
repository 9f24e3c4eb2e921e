//! The console's hospital systems: registered, given another secret, switched off by the
//! registration officer over their unit.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use store::portal::api_client::ApiClient;

use super::{go, listing, page, page_with_errors};
use crate::api::{Refusal as AddressRefusal, webhook_address};
use crate::app::App;
use crate::instants::rfc3339;
use crate::oauth::Scopes;
use crate::oauth::registration::{self, Registration, Secrets};
use crate::pages::{ApiClientForm, ApiClientList, ApiClientRow, ApiClientSecret, FieldErrors, Text, Values};
use crate::problem::Problem;
use crate::units::{Office, Units};
use crate::visitor::{SignedForm, SignedIn};

/// The longest name, in characters.
const LONGEST_NAME: usize = 80;

/// The list.
pub(crate) async fn list(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<Values>,
) -> Result<Response, Problem> {
    let (units, codes) = Office::of_registrar(&app, who.id()).await?;
    let layout = who.layout();
    let mut rows = Vec::new();
    for code in codes {
        let mut tx = app.portal().begin().await?;
        for client in tx.api_clients_of_unit(&code).await? {
            let newest = tx.api_notices_of(&client.id, 1).await?.pop();
            rows.push(ApiClientRow {
                unit: layout.text(&units.name(&client.unit_code)).to_owned(),
                told: newest.map(|notice| told(&notice.settled, &notice.last_result)),
                since: rfc3339(client.created_at),
                disabled: client.disabled_at.is_some(),
                url: format!("/console/systems/{}", client.id),
                name: client.name,
                client_id: client.id,
                scopes: client.scopes,
                webhook_url: client.webhook_url,
            });
        }
    }
    match listing("/console/systems", rows, &query, &layout) {
        Ok(listing) => page(&ApiClientList { layout, listing }),
        Err(file) => Ok(*file),
    }
}

fn told(settled: &str, result: &str) -> Text {
    match settled {
        "delivered" => Text::new("รับแล้ว", "Taken"),
        "given_up" => Text::new(format!("เลิกพยายาม ({result})"), format!("Given up ({result})")),
        _ if result.is_empty() => Text::new("กำลังส่ง", "On its way"),
        _ => Text::new(format!("จะลองใหม่ ({result})"), format!("Will be tried again ({result})")),
    }
}

fn form(who: &SignedIn, units: &Units, codes: &[String], values: &Values, errors: &FieldErrors) -> ApiClientForm {
    let offered: Vec<(String, Text)> = codes.iter().map(|code| (code.clone(), units.name(code))).collect();
    ApiClientForm { layout: who.layout(), groups: ApiClientForm::groups(&offered, values, errors) }
}

/// The form.
pub(crate) async fn form_page(State(app): State<App>, who: SignedIn) -> Result<Response, Problem> {
    let (units, codes) = Office::of_registrar(&app, who.id()).await?;
    page(&form(&who, &units, &codes, &Values::new(), &FieldErrors::new()))
}

/// Registers; the secret is shown once.
pub(crate) async fn registered(State(app): State<App>, posted: SignedForm) -> Result<Response, Problem> {
    let who = &posted.who;
    let (units, codes) = Office::of_registrar(&app, who.id()).await?;
    match read(&app, &posted, &codes) {
        Ok(asked) => {
            let name = asked.name.clone();
            let secrets = registration::register(&app, who.id(), asked).await?;
            page(&shown(who, name, secrets))
        }
        Err(errors) => {
            let page = form(who, &units, &codes, &posted.values(), &errors);
            page_with_errors(&ApiClientForm {
                layout: crate::pages::Layout { path: "/console/systems/new".into(), ..page.layout },
                ..page
            })
        }
    }
}

fn read(app: &App, posted: &SignedForm, codes: &[String]) -> Result<Registration, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut wrong = |id: &str, th: &str, en: &str| {
        errors.insert(id.to_owned(), Text::new(th, en));
    };
    let name = posted.value("name").to_owned();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(is_unseen) {
        wrong("name", "โปรดตั้งชื่อไม่เกิน 80 ตัวอักษร", "Give it a name of at most 80 characters.");
    }
    let unit_code = posted.value("unit").to_owned();
    if !codes.contains(&unit_code) {
        wrong("unit", "โปรดเลือกหน่วย", "Choose a unit.");
    }
    let scopes = Scopes::parse(posted.value("scopes")).filter(|scopes| {
        let offered = Scopes::parse("documents:write documents:read").unwrap_or_default();
        !scopes.is_empty() && scopes.are_within(&offered)
    });
    if scopes.is_none() {
        wrong("scopes", "โปรดเลือกว่าระบบทำอะไรได้", "Choose what it may do.");
    }
    let webhook_url = posted.value("webhook_url").to_owned();
    if !webhook_url.is_empty() {
        match webhook_address(app, &webhook_url) {
            Ok(_) => {}
            Err(AddressRefusal::NotAnAddress) => {
                wrong("webhook_url", "โปรดพิมพ์ที่อยู่ที่ขึ้นต้นด้วย https://", "Type an address that begins with https://.");
            }
            Err(AddressRefusal::Forbidden) => wrong(
                "webhook_url",
                "ที่อยู่นี้อยู่ในเครือข่ายภายใน ผู้ดูแลระบบต้องอนุญาตก่อน",
                "This address lies in an inner network: the administrator must allow it first.",
            ),
        }
    }
    match scopes {
        Some(scopes) if errors.is_empty() => Ok(Registration { unit_code, name, scopes, webhook_url }),
        _ => Err(errors),
    }
}

/// Control characters and those that turn the direction of writing.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn shown(who: &SignedIn, name: String, secrets: Secrets) -> ApiClientSecret {
    ApiClientSecret {
        layout: crate::pages::Layout { path: "/console/systems".into(), ..who.layout() },
        name,
        client_id: secrets.client_id,
        client_secret: secrets.client_secret,
        webhook_secret: secrets.webhook_secret,
    }
}

/// Another secret, or switched off.
pub(crate) async fn changed(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: SignedForm,
) -> Result<Response, Problem> {
    let who = &posted.who;
    let (_, codes) = Office::of_registrar(&app, who.id()).await?;
    let client = find(&app, &id).await?.filter(|client| codes.contains(&client.unit_code));
    let client = client.ok_or_else(Problem::not_found)?;
    match posted.value("act") {
        "rotate" => {
            let secrets = registration::rotate(&app, who.id(), &client).await?;
            page(&shown(who, client.name, secrets))
        }
        "disable" => {
            registration::disable(&app, who.id(), &client).await?;
            Ok(go("/console/systems"))
        }
        _ => Err(Problem::bad_input()),
    }
}

async fn find(app: &App, id: &str) -> Result<Option<ApiClient>, Problem> {
    if !crate::randomness::is_uuid(id) {
        return Ok(None);
    }
    let mut tx = app.portal().begin().await?;
    Ok(tx.api_client(id).await?)
}
