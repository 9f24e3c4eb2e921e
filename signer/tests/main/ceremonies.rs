//! What ceremonies and the root's later acts need.

use signer::ceremony::{Ceremony, Names, Plan, RootActs, Tokens, Years};
use signer::edge::Clock;
use store::Journal;

use crate::contents;
use crate::place::{Place, module, token};
use crate::service::{configuration, randomness};
use crate::world::World;

/// A document with one shard: stories know where a certificate is listed.
pub(crate) fn plan() -> Plan {
    Plan {
        organisation: "กระทรวงสาธารณสุข".to_owned(),
        organisation_identifier: None,
        shards: 1,
        root_crl_days: 365,
        backup: false,
        units: "units.json".into(),
        officers: "officers.json".into(),
        outputs: "ceremony".into(),
        operators: ["สมศรี หนึ่ง".to_owned(), "สมชาย สอง".to_owned()],
        tokens: Tokens { root: "root".to_owned(), online: "online".to_owned() },
        names: Names::default(),
        years: Years::default(),
    }
}

/// A ceremony on two tokens that are initialised.
pub(crate) async fn ceremony(place: &Place, plan: Plan, journal: Journal, clock: Clock) -> Ceremony {
    let tokens = tokio::task::spawn_blocking(|| ["root", "online"].map(token)).await.unwrap();
    let [root_token, online] = tokens;
    Ceremony {
        configuration: configuration(place),
        plan,
        document_sha256: "d0".repeat(32),
        program: "rabrong, tested".to_owned(),
        units: contents::units(),
        root_token,
        token: online,
        identities: ["root", "online"].map(|label| hsm::token_identity(&module(), label).unwrap()),
        backups: None,
        journal,
        clock,
        randomness: randomness(),
    }
}

/// The root at work after the ceremony.
pub(crate) async fn root_acts(world: &World) -> RootActs {
    RootActs {
        configuration: configuration(&world.place),
        program: "rabrong, tested".to_owned(),
        operators: plan().operators,
        root_token: tokio::task::spawn_blocking(|| token("root")).await.unwrap(),
        kept_crl: None,
        journal: world.journal.clone(),
        clock: world.clock(),
        randomness: randomness(),
    }
}
