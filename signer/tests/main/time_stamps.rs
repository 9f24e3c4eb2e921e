//! Time-stamps, as `openssl ts` reads them, and none when the clock is not known to be right.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ca::tsp::{HashAlgorithm, Rejection};
use signer::client::Client;
use signer::protocol::Request;
use signer::step::Steps;

use crate::judges::Court;
use crate::place::on_both_engines;
use crate::world::{DEVIATION, World};

on_both_engines!(stamps_stand_up_to_openssl, no_stamp_by_a_clock_nobody_knows, a_unit_stamps_for_one_year);

async fn court_of(world: &World) -> Court {
    let court = Court::at(&world.place.folder);
    for name in ["root", "tsa-ca"] {
        court.write(&format!("{name}.der"), &world.der(Request::CaCertificate { name: name.to_owned() }).await);
        court.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
    unit(world, &court).await;
    court.write("data", b"what is to be stamped");
    court
}

/// The certificate of the unit in use.
async fn unit(world: &World, court: &Court) -> Vec<u8> {
    let der = world.der(Request::CaCertificate { name: "tsa".to_owned() }).await;
    court.write("tsa.der", &der);
    court.openssl("x509 -inform DER -in tsa.der -out tsa.pem");
    court.write("chain.pem", &[court.read("tsa-ca.pem"), court.read("tsa.pem")].concat());
    der
}

async fn stamp(world: &World, request: &[u8]) -> Vec<u8> {
    Client::new(&world.place.socket(), Duration::from_secs(20)).time_stamp(request).await.unwrap()
}

async fn stamps_stand_up_to_openssl(world: World) {
    let court = court_of(&world).await;
    for options in ["-sha256", "-sha384 -no_nonce", "-sha512 -cert", "-sha256 -no_nonce -cert"] {
        court.openssl(&format!("ts -query -data data {options} -out query.tsq"));
        court.write("reply.tsr", &stamp(&world, &court.read("query.tsq")).await);
        let said = court.openssl("ts -verify -queryfile query.tsq -in reply.tsr -CAfile root.pem -untrusted chain.pem");
        assert!(said.contains("Verification: OK"), "{options}: {said}");
        let text = court.openssl("ts -reply -in reply.tsr -text");
        assert!(text.contains("Status: Granted.") && text.contains("Accuracy: 0x01 seconds"), "{text}");
    }
    // In this process, for signatures of our own.
    let digest = [7; 32];
    let token = world
        .service()
        .with(move |core| async move { core.stamp_digest(HashAlgorithm::Sha256, &digest).await })
        .await
        .unwrap();
    court.write("token.der", &token);
    let said = court.openssl(&format!(
        "ts -verify -digest {} -in token.der -token_in -CAfile root.pem -untrusted chain.pem",
        hex::encode(digest)
    ));
    assert!(said.contains("Verification: OK"), "{said}");
}

async fn no_stamp_by_a_clock_nobody_knows(world: World) {
    let court = court_of(&world).await;
    court.openssl("ts -query -data data -sha256 -out query.tsq");
    let query = court.read("query.tsq");
    let rejected = |rejection| ca::tsp::rejected(rejection);
    for deviation in [-1, 1_000, 60_000] {
        DEVIATION.store(deviation, Ordering::SeqCst);
        assert_eq!(stamp(&world, &query).await, rejected(Rejection::TimeNotAvailable), "{deviation} ms");
    }
    DEVIATION.store(999, Ordering::SeqCst);
    assert!(stamp(&world, &query).await.len() > 300);
    // A clock that went back was wrong, then or now.
    world.later(time::Duration::minutes(-1));
    assert_eq!(stamp(&world, &query).await, rejected(Rejection::TimeNotAvailable));
    world.later(time::Duration::minutes(1));
    assert!(stamp(&world, &query).await.len() > 300);

    // What is no request, or not an acceptable one, is told so.
    court.openssl("ts -query -data data -sha1 -out sha1.tsq");
    assert_eq!(stamp(&world, &court.read("sha1.tsq")).await, rejected(Rejection::BadAlgorithm));
    court.openssl("ts -query -data data -sha256 -tspolicy 1.2.3.4 -out policy.tsq");
    assert_eq!(stamp(&world, &court.read("policy.tsq")).await, rejected(Rejection::UnacceptedPolicy));
    for broken in [&b""[..], b"0", &[0x30, 0], &query[..query.len() - 1], &[0x30; 4096]] {
        let said = stamp(&world, broken).await;
        let told = [Rejection::BadDataFormat, Rejection::BadRequest].map(rejected);
        assert!(told.contains(&said), "{}: {said:?}", hex::encode(&broken[..broken.len().min(8)]));
    }
}

async fn a_unit_stamps_for_one_year(mut world: World) {
    let court = court_of(&world).await;
    let units = async |world: &World| {
        let rows = world.journal.begin().await.unwrap().certificates_of_kind("tsa").await.unwrap();
        rows.into_iter().filter(|row| row.state == "issued").map(|row| row.spki_sha256).collect::<Vec<_>>()
    };
    let first = unit(&world, &court).await;
    world.start(Steps::default()).await;
    assert_eq!(units(&world).await.len(), 1, "a new start makes none");
    world.later(time::Duration::days(360));
    world.start(Steps::default()).await;
    let second = unit(&world, &court).await;
    assert_ne!(first, second, "the next unit takes over before the year ends");
    let keys = units(&world).await;
    assert!(keys.len() == 2 && keys[0] != keys[1], "with a key of its own");

    // Its stamps, and those of the first, verify: a certificate lasts longer than its key is used.
    court.openssl("ts -query -data data -sha256 -cert -out query.tsq");
    court.write("reply.tsr", &stamp(&world, &court.read("query.tsq")).await);
    let later = world.now().unix_timestamp();
    let said = court.openssl(&format!(
        "ts -verify -attime {later} -queryfile query.tsq -in reply.tsr -CAfile root.pem -untrusted chain.pem"
    ));
    assert!(said.contains("Verification: OK"), "{said}");

    // A year passes while nobody looks: the next question brings the next unit.
    world.later(time::Duration::days(370));
    assert!(stamp(&world, &court.read("query.tsq")).await.len() > 300);
    assert_eq!(units(&world).await.len(), 3);
}
