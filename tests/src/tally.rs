//! What an installation holds, counted before trouble and after it: whatever happened between, a document
//! is recorded and signed once, and what is kept stands up.

use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ciborium::Value;

use crate::acts::{self, Signed};
use crate::visitor::Visitor;
use crate::world::World;
use crate::{paper, rows};

/// How much is recorded and signed in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    recorded: i64,
    signed: i64,
}

impl Tally {
    /// As it is now.
    pub async fn of(world: &World) -> Self {
        let count = async |kind: &str| {
            let count = format!("select count(*) from ledger_entry where kind = '{kind}'");
            rows::number(world.journal_rows(), &count).await
        };
        Self { recorded: count("document.recorded").await, signed: count("document.signed").await }
    }

    /// Nothing was signed since, and nobody has a file under this code.
    ///
    /// # Panics
    /// If something was.
    pub async fn holds_nothing_of(&self, world: &World, code: &str) {
        assert_eq!(Self::of(world).await.signed, self.signed, "nothing is signed");
        let kept = format!("select count(*) from document where code = '{code}' and state <> 'recorded'");
        assert_eq!(rows::number(world.journal_rows(), &kept).await, 0, "nothing half-signed is kept");
        let stored = format!("select count(*) from document where code = '{code}' and state = 'signed'");
        assert_eq!(rows::number(world.portal_rows(), &stored).await, 0, "nothing is handed out");
        assert_ne!(world.verdict_of(code).await["tone"], "green");
    }

    /// The documents of these codes, and no others, were recorded and signed since, each once.
    ///
    /// # Panics
    /// If it was otherwise, or one of them does not stand up.
    pub async fn grew_by(&self, world: &World, doctor: &Visitor, codes: &[String]) {
        for code in codes {
            let signed = world.finished(doctor, code).await;
            let file = world.file("finished.pdf");
            std::fs::write(&file, doctor.download(&signed.file_url).await).expect("a file");
            let verdict = world.rabrong(&["verify", "--json", file.to_str().expect("a path")]).await;
            assert_eq!(verdict.code, 0, "{}", verdict.out);
            world.knows_the_seal_of(&paper::qr_code(&file)).await;
        }
        let more = i64::try_from(codes.len()).unwrap_or_default();
        let now = Self::of(world).await;
        assert_eq!((now.recorded, now.signed), (self.recorded + more, self.signed + more), "each once");
        world.orders_its_ledgers().await;
    }
}

impl World {
    /// A page of the document that carries this code.
    ///
    /// # Panics
    /// If the portal knows none.
    pub async fn page_of(&self, code: &str, page: &str) -> String {
        let id = rows::text(self.portal_rows(), &format!("select id from document where code = '{code}'")).await;
        self.url(&format!("/documents/{id}/{page}"))
    }

    /// What the page of a finished document leads to.
    ///
    /// # Panics
    /// If it is not finished.
    pub async fn finished(&self, doctor: &Visitor, code: &str) -> Signed {
        acts::signed(&doctor.open(self.page_of(code, "done").await).await.ok())
    }

    /// Waits until both ledgers have put everything into order.
    ///
    /// # Panics
    /// If they do not.
    pub async fn orders_its_ledgers(&self) {
        let waiting = "select count(*) from ledger_entry where sequence is null";
        for rows_of in [self.journal_rows(), self.portal_rows()] {
            let mut tries = 0;
            while rows::number(rows_of, waiting).await > 0 {
                assert!(tries < 150, "entries wait in {rows_of}");
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// The seal in a QR code's link (`COSE_Sign1`, RFC 9052 §4.4) is by a seal key that the portal publishes.
    ///
    /// # Panics
    /// If it is not.
    pub async fn knows_the_seal_of(&self, link: &str) {
        let (_, seal) = link.split_once('#').expect("a seal behind the code");
        let seal = BASE64_URL_SAFE_NO_PAD.decode(seal).expect("base64url");
        let Ok(Value::Array(parts)) = ciborium::from_reader(seal.as_slice()) else { panic!("no COSE_Sign1") };
        let [protected, _, payload, Value::Bytes(signature)] = parts.as_slice() else { panic!("no COSE_Sign1") };
        let context = Value::Text("Signature1".to_owned());
        let structure = Value::Array(vec![context, protected.clone(), Value::Bytes(Vec::new()), payload.clone()]);
        let mut signed = Vec::new();
        ciborium::into_writer(&structure, &mut signed).expect("CBOR");

        let keys = Visitor::stranger().json(self.url("/.well-known/rabrong-keys.json")).await;
        let keys: Vec<&serde_json::Value> = keys["keys"].as_array().expect("keys").iter().collect();
        let good = keys.iter().filter(|key| key["purpose"] == "seal").any(|key| {
            let spki = hex::decode(key["spki"].as_str().expect("a key")).expect("hexadecimal");
            // The point ends it, uncompressed.
            let point = &spki[spki.len() - 65..];
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(&signed, signature).is_ok()
        });
        assert!(good, "the QR code's seal does not verify: {link}");
    }
}
