//! Two portals before one signer: what becomes of a certificate is said by OCSP at both within a
//! second, and by the CRL at both within sixty, on a real clock.

use std::sync::Arc;
use std::time::Duration;

use rabrong::demo::persons::RA;
use stories::visitor::text;
use stories::world::now;
use stories::{Engine, Relying, Visitor, World};

const OCSP_WITHIN: Duration = Duration::from_secs(1);
const CRL_WITHIN: Duration = Duration::from_secs(60);

/// What is to be seen.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    ocsp: &'static str,
    /// The reason in the list; none if the certificate is not to be in it.
    crl: Option<&'static str>,
}

const GOOD: Wanted = Wanted { ocsp: "good", crl: None };
const HELD: Wanted = Wanted { ocsp: "revoked certificateHold", crl: Some("Certificate Hold") };
const LEFT: Wanted = Wanted { ocsp: "revoked affiliationChanged", crl: Some("Affiliation Changed") };

/// When one node said so first, in microseconds since 1970, and in which CRL.
#[derive(Debug, Clone, Copy)]
struct Seen {
    ocsp: i64,
    crl: i64,
    number: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    revocation_reaches_two_nodes(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    revocation_reaches_two_nodes(Engine::Postgres).await;
}

async fn revocation_reaches_two_nodes(engine: Engine) {
    let mut world = World::raise(engine).await;
    let nodes = [world.numeric_url(""), world.start_further_portal().await];
    let party = Arc::new(Relying::party(&world));
    let serial = world.told.serial.clone();
    // Both have an answer and a list of their own to give again.
    let before = see(&party, &nodes, &serial, GOOD).await;
    assert_eq!(before[0].number, before[1].number, "{before:?}");

    let mut ra = world.the(&RA).await;
    let watch = watches(&party, &nodes, &serial, HELD);
    world.suspends(&ra, &serial, "โทรศัพท์หาย").await.ok();
    it_was_in_time(&world, engine, &ra, "suspended", watch.await.unwrap()).await;

    let page = world.proposes_restoration(&ra, &serial).await.ok();
    let watch = watches(&party, &nodes, &serial, GOOD);
    ra.touch(&page).await.ok();
    it_was_in_time(&world, engine, &ra, "restored", watch.await.unwrap()).await;

    let page = world.proposes_revocation(&ra, &serial, "affiliation_changed", "").await.ok();
    let watch = watches(&party, &nodes, &serial, LEFT);
    ra.touch(&page).await.ok();
    it_was_in_time(&world, engine, &ra, "revoked", watch.await.unwrap()).await;
    world.rabrong(&["audit", "verify"]).await.ok();
}

fn watches(
    party: &Arc<Relying>,
    nodes: &[String; 2],
    serial: &str,
    wanted: Wanted,
) -> tokio::task::JoinHandle<[Seen; 2]> {
    let (party, nodes, serial) = (Arc::clone(party), nodes.clone(), serial.to_owned());
    tokio::spawn(async move { see(&party, &nodes, &serial, wanted).await })
}

async fn see(party: &Relying, nodes: &[String; 2], serial: &str, wanted: Wanted) -> [Seen; 2] {
    let one = |place: usize| see_at(party, place, &nodes[place], serial, wanted);
    let (first, second) = tokio::join!(one(0), one(1));
    [first, second]
}

/// Asks one node until both OCSP and the list say what is wanted. What it once said it must not
/// take back.
async fn see_at(party: &Relying, place: usize, node: &str, serial: &str, wanted: Wanted) -> Seen {
    let request = party.ocsp_request("issuing.pem", "doctor.pem", "-no_nonce");
    let shard = format!("{node}/crl/{}.crl", party.shard_of("doctor.pem"));
    let (mut ocsp, mut last) = (None, Vec::new());
    let started = tokio::time::Instant::now();
    while started.elapsed() < 2 * CRL_WITHIN {
        let answer = party.post(&format!("{node}/ocsp"), "application/ocsp-request", request.clone()).await;
        let at = micros();
        assert_eq!(answer.status, 200, "{node}");
        let said = party.status_in(&format!("answer-{place}.der"), &answer.body);
        match ocsp {
            None if said == wanted.ocsp => ocsp = Some(at),
            Some(_) => assert_eq!(said, wanted.ocsp, "{node} took it back"),
            None => {}
        }
        let der = party.has(&shard, "application/pkix-crl").await;
        let at = micros();
        if der != last || ocsp.is_some() {
            let list = party.list_in(&format!("shard-{place}.crl"), &der, "issuing.pem");
            let entry = list.entries.get(serial).map(String::as_str);
            if let Some(ocsp) = ocsp
                && entry == wanted.crl
            {
                return Seen { ocsp, crl: at, number: list.number };
            }
            last = der;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{node} never said {wanted:?}");
}

/// Measures from when the journal recorded it, and compares with what the signer says of itself and
/// the portal shows.
async fn it_was_in_time(world: &World, engine: Engine, officer: &Visitor, what: &str, seen: [Seen; 2]) {
    let serial = &world.told.serial;
    let recorded = world.newest_event(serial).await;
    let since = |at: i64| Duration::from_micros(u64::try_from(at - recorded).expect("seen before it was recorded"));
    for (node, seen) in seen.into_iter().enumerate() {
        let (ocsp, crl) = (since(seen.ocsp), since(seen.crl));
        println!("{engine:?}, {what}, node {node}: OCSP after {ocsp:?}, CRL {} after {crl:?}", seen.number);
        assert!(ocsp <= OCSP_WITHIN, "{what}, node {node}: OCSP after {ocsp:?}");
        assert!(crl <= CRL_WITHIN, "{what}, node {node}: CRL after {crl:?}");
    }
    assert_eq!(seen[0].number, seen[1].number, "{what}: both nodes hand out the same list");
    let state = world.revocation_state(serial).await;
    let crl = state.crl.expect("where the list stands");
    assert_eq!((crl.number, crl.due_by), (Some(seen[0].number), None), "{what}");
    assert!(state.ocsp_since.is_some(), "{what}");
    assert_eq!(state.revoked.is_some(), what != "restored");
    let page = officer.open(world.url(&format!("/certificates/{serial}"))).await.ok();
    let shown = text(&page);
    let list = format!("ฉบับที่ {},", seen[0].number);
    assert!(shown.contains("บอกทุกครั้งตั้งแต่") && shown.contains(&list), "{what}, {list}: {shown}");
}

fn micros() -> i64 {
    i64::try_from(now().unix_timestamp_nanos() / 1_000).unwrap()
}
