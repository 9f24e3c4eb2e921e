//! Whoever owns the journal's database changes what was recorded, between the touch and the
//! signature: then nothing is signed.

use signer::protocol::{Outcome, Refusal};
use signer::step::{Step, Steps};

use crate::contents::{document, issue, request, sign};
use crate::crashes::{certificates, killed_at, recover};
use crate::place::{Engine, on_both_engines};
use crate::world::World;

on_both_engines!(what_was_changed_while_it_was_down_is_not_signed);

async fn what_was_changed_while_it_was_down_is_not_signed(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    for table in ["certificate", "document", "doctor_key"] {
        world.unlock(table).await;
    }
    let before = world.tally().await;
    // Another name or licence in what will be certified, another key, another file.
    let swap = |name: &str, from: &[u8], to: &[u8]| Change { name: name.to_owned(), from: from.into(), to: to.into() };
    for change in [
        swap("tbs", b"MD:TH-123", b"MD:TH-543"),
        swap("tbs", "ใจดี".as_bytes(), "ใจดำ".as_bytes()),
        swap("key", &[], &[]),
    ] {
        world.start(killed_at(Step::Sealed, 1)).await;
        let mut person = world.person();
        world.enrol(&mut person).await;
        let asked = request(&world, &person, &mut staff.evidence).await;
        let waiting = world.propose(&staff.ra, issue(&asked)).await.unwrap();
        world.touch(&mut staff.ra, &waiting).await;
        change.apply(&world, &asked.request_id).await;
        world.start(Steps::default()).await;
        recover(&world).await;
        let outcome = world.outcome(&waiting).await;
        assert_eq!(outcome, Outcome::Refused { refusal: Refusal::Conflict }, "{}", change.name);
        assert!(certificates(&world, &person.id).await.is_empty());
    }
    world.start(killed_at(Step::Sealed, 1)).await;
    let content = document(&world, &doctor);
    let waiting = world.propose(&doctor.person, sign(std::slice::from_ref(&content))).await.unwrap();
    world.touch(&mut doctor.person, &waiting).await;
    world.sql(&format!("update document set prepared_digest = '{}'", "ab".repeat(32))).await;
    world.start(Steps::default()).await;
    recover(&world).await;
    assert_eq!(world.outcome(&waiting).await, Outcome::Refused { refusal: Refusal::Conflict });
    let after = world.tally().await;
    assert_eq!(after["certificate.issued"], before["certificate.issued"]);
    assert_eq!(after.get("document.signed"), None);
}

/// What the owner of the journal's database changes in a certificate that is recorded and not
/// signed yet.
struct Change {
    name: String,
    from: Vec<u8>,
    to: Vec<u8>,
}

impl Change {
    async fn apply(&self, world: &World, request_id: &str) {
        let mut tx = world.journal.begin().await.unwrap();
        let row = tx.certificate_of_request(request_id).await.unwrap().unwrap();
        let key = tx.doctor_key_of_certificate(&row.serial).await.unwrap().unwrap();
        drop(tx);
        let replaced = |bytes: &[u8], from: &[u8], to: &[u8]| {
            let (bytes, from, to) = (hex::encode(bytes), hex::encode(from), hex::encode(to));
            assert!(bytes.contains(&from) && from != to, "{} is there", self.name);
            match world.place.engine {
                Engine::Sqlite => format!("x'{}'", bytes.replace(&from, &to)),
                Engine::Postgres => format!("'\\x{}'", bytes.replace(&from, &to)),
            }
        };
        if self.name == "tbs" {
            let tbs = replaced(&row.tbs, &self.from, &self.to);
            world.sql(&format!("update certificate set tbs = {tbs} where serial = '{}'", row.serial)).await;
            return;
        }
        // A key pair of their own, with everything about it that is not under the token made to fit.
        let thief = aws_lc_rs::signature::EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING);
        let point = aws_lc_rs::signature::KeyPair::public_key(&thief.unwrap()).as_ref().to_vec();
        let identifier = |point: &[u8]| {
            let sha1 = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
            aws_lc_rs::digest::digest(sha1, point).as_ref().to_vec()
        };
        let own = &key.spki[key.spki.len() - 65..];
        let spki = replaced(&key.spki, own, &point);
        let (own_id, thiefs_id) = (hex::encode(identifier(own)), hex::encode(identifier(&point)));
        let tbs = replaced(&row.tbs, own, &point);
        assert!(tbs.contains(&own_id), "the subject key identifier");
        let tbs = tbs.replace(&own_id, &thiefs_id);
        world.sql(&format!("update doctor_key set spki = {spki} where key_id = '{}'", key.key_id)).await;
        world.sql(&format!("update certificate set tbs = {tbs} where serial = '{}'", row.serial)).await;
    }
}
