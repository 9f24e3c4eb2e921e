//! A document that is signed and has no time-stamp yet is nobody's to download: not the doctor's, not the
//! hospital system's, not a stranger's. It is finished when there are time-stamps again; and if its
//! certificate ends before that it never is, which the system that brought it in is told.

use std::collections::BTreeMap;
use std::time::Duration;

use rabrong::demo::browser::Page;
use rabrong::demo::persons::{DOCTOR, RA};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use stories::judges::Court;
use stories::receiver::Receiver;
use stories::visitor::text;
use stories::world::now;
use stories::{Engine, Visitor, World, rows};
use time::format_description::well_known::Rfc3339;

use crate::a_hospital_system_brings_drafts_in::{client, documented, registers, said};

/// Nobody knows how far the signer's clock is from UTC: it gives no time-stamps.
const NO_TIME: [(&str, &str); 1] = [("RABRONG__SIGNER__TIME_STAMPING__CLOCK", "chrony")];

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    story(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    story(Engine::Postgres).await;
}

/// A program of the hospital's, with a token.
pub(crate) struct System {
    http: Client,
    documents: String,
    token: String,
    draft: Value,
}

impl System {
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        said(self.http.get(format!("{}{path}", self.documents)).bearer_auth(&self.token)).await
    }

    async fn brings(&self, external_id: &str) -> String {
        let mut draft = self.draft.clone();
        draft["external_id"] = json!(external_id);
        let (status, taken) = said(self.http.post(&self.documents).bearer_auth(&self.token).json(&draft)).await;
        assert_eq!(status, 201, "{taken}");
        taken["id"].as_str().expect("an id").to_owned()
    }

    /// Many at once, each under an external id of its own; their ids.
    pub(crate) async fn brings_many(&self, external_ids: &[String]) -> Vec<String> {
        let (status, taken) = said(self.request_of_many(external_ids)).await;
        assert_eq!((status, taken["accepted"].as_u64()), (207, Some(external_ids.len() as u64)), "{taken}");
        let results = taken["results"].as_array().expect("results");
        results.iter().map(|one| one["document"]["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// The same, not sent yet.
    pub(crate) fn request_of_many(&self, external_ids: &[String]) -> RequestBuilder {
        let drafts: Vec<Value> = external_ids
            .iter()
            .map(|external_id| {
                let mut draft = self.draft.clone();
                draft["external_id"] = json!(external_id);
                draft
            })
            .collect();
        self.http.post(&self.documents).bearer_auth(&self.token).json(&drafts)
    }

    async fn reads_until(&self, id: &str, state: &str) -> Value {
        for _ in 0..240 {
            let (_, document) = self.get(&format!("/{id}")).await;
            if document["state"] == state {
                return document;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("{id} was never {state}: {}", self.get(&format!("/{id}")).await.1)
    }
}

async fn story(engine: Engine) {
    let mut world = World::raise(engine).await;
    let receiver = Receiver::listens(0).await;
    let mut ra = world.the(&RA).await;
    let mut doctor = world.the(&DOCTOR).await;
    let system = registered(&world, &ra, &receiver.url()).await;

    world.stop_signer().await;
    world.start_signer_with(&[], &NO_TIME).await;
    let (late, never) = (system.brings("HIS/late").await, system.brings("HIS/never").await);
    signs_without_a_time_stamp(&world, &system, &mut doctor, &late).await;
    world.stop_signer().await;
    world.start_signer(&[]).await;
    let document = system.reads_until(&late, "signed").await;
    assert_eq!(document["help_url"], world.url("/help/acrobat"));
    let file = doctor.download(world.url(&format!("/documents/{late}/file.pdf"))).await;
    assert!(file.starts_with(b"%PDF"));
    let code = document["verify_url"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(world.verdict_of(code).await["verdict"], "genuine");

    world.stop_signer().await;
    world.start_signer_with(&[], &NO_TIME).await;
    signs_without_a_time_stamp(&world, &system, &mut doctor, &never).await;
    let page = world.proposes_revocation(&ra, &world.told.serial, "affiliation_changed", "").await.ok();
    ra.touch(&page).await.ok();
    world.lets_a_second_pass().await;
    let before = now().replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
    world.stop_signer().await;
    world.start_signer(&[]).await;
    let document = system.reads_until(&never, "rejected").await;
    assert_eq!(document["reason"], "could_not_be_signed");
    assert_eq!(system.get(&format!("/{never}/file")).await.0, 404);
    // Who asks for what changed reads it too; the list is two seconds late.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let (_, changed) = system.get(&format!("?since={before}")).await;
    let ids: Vec<&str> = changed["documents"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, [never.as_str()], "{changed}");
    let heard = receiver.hears(2).await;
    let told = |id: &str, state: &str| {
        let of = |body: &str| serde_json::from_str::<Value>(body).expect("JSON");
        heard
            .iter()
            .filter(|message| of(&message.body)["data"]["id"] == *id && of(&message.body)["data"]["state"] == *state)
            .count()
    };
    assert_eq!((told(&late, "signed"), told(&never, "rejected")), (1, 1), "{heard:?}");
    // The doctor reads why.
    let page = doctor.open(world.url(&format!("/documents/{never}/done"))).await.ok();
    assert!(text(&page).contains("เพิกถอน"), "{}", text(&page));

    // What to do about the unknown signer is told beside the download, to anybody.
    let done = doctor.open(world.url(&format!("/documents/{late}/done"))).await.ok();
    let help = Visitor::stranger().open(done.link("/help/acrobat").expect("help beside the file")).await.ok();
    for part in ["Adobe Acrobat", "SHA-256", "/ca/"] {
        assert!(help.html.contains(part), "{part}: {}", help.html);
    }
    the_printed_digits_are_the_roots(&help).await;
    world.rabrong(&["audit", "verify"]).await.ok();
}

/// What the page prints to compare by is what the commands that it gives say of the file that it offers.
async fn the_printed_digits_are_the_roots(help: &Page) {
    let court = Court::sits();
    court.exhibits("root.cer", &Visitor::stranger().download(help.link("/ca/root.cer").unwrap()).await);
    let said = court.hears("openssl", "dgst -sha256 -r root.cer");
    let digest = said.split_whitespace().next().unwrap().to_uppercase();
    let printed: String = text(help).chars().filter(|c| !c.is_whitespace()).collect();
    assert!(printed.contains(&format!("SHA-256{digest}")), "{digest}: {printed}");
}

pub(crate) async fn registered(world: &World, ra: &Visitor, webhook: &str) -> System {
    let secrets = registers(world, ra, "10670", webhook).await;
    let court = Court::sits();
    let mut variables = BTreeMap::from([
        ("PORTAL", world.url("")),
        ("CLIENT_ID", secrets.id.clone()),
        ("CLIENT_SECRET", secrets.secret),
        ("LICENCE", "12345".to_owned()),
        ("TODAY", (now() + time::Duration::hours(7)).date().to_string()),
    ]);
    variables.insert("TOKEN", documented(&court, "oauth2/token", &variables)["TOKEN"].clone());
    documented(&court, "draft.json", &variables);
    let draft = serde_json::from_slice(&std::fs::read(court.file("draft.json")).expect("a draft")).expect("JSON");
    let token = variables["TOKEN"].clone();
    System { http: client(), documents: world.url("/api/v1/documents"), token, draft }
}

/// The doctor puts their passkey to it: it is signed, and handed to nobody.
async fn signs_without_a_time_stamp(world: &World, system: &System, doctor: &mut Visitor, id: &str) {
    doctor.open(world.url(&format!("/documents/{id}"))).await.ok();
    let check = doctor.open(world.url(&format!("/documents/{id}/check"))).await.ok();
    let page = doctor.submit(&check.form("/sign").expect("a form"), &[]).await.ok();
    doctor.touch(&page).await.ok();

    let (_, document) = system.get(&format!("/{id}")).await;
    assert_eq!(document["state"], "signing", "{document}");
    assert_eq!(system.get(&format!("/{id}/file")).await.0, 404);
    doctor.open(world.url(&format!("/documents/{id}/file.pdf"))).await.refused(404);
    let page = doctor.open(world.url(&format!("/documents/{id}/done"))).await.ok();
    let words = text(&page);
    assert!(words.contains("ประทับเวลา") && page.link("file.pdf").is_err(), "{words}");
    let code = rows::text(world.portal_rows(), &format!("select code from document where id = '{id}'")).await;
    let verdict = world.verdict_of(&code).await;
    assert_ne!(verdict["tone"], "green", "{verdict}");
}
