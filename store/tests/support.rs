//! What the tests share.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use store::Role;
use store::testing::BothEngines;
use time::OffsetDateTime;

/// Both engines, with a line printed if one is absent.
pub(crate) async fn both(name: &str, role: Role) -> BothEngines {
    let both = BothEngines::start(name, role).await.unwrap();
    if both.postgres.is_none() {
        println!("skipped: {name} on PostgreSQL (not installed)");
    }
    both
}

/// Noon of an ordinary day.
pub(crate) fn noon() -> OffsetDateTime {
    store::ids::instant(1_750_000_000_000_000)
}

/// A generator that gives the same numbers each time.
pub(crate) fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// A journal on each engine. Keep the engines as long as the journals.
pub(crate) async fn journals(name: &str) -> (BothEngines, Vec<store::Journal>) {
    let both = both(name, Role::Journal).await;
    let journals = both.all().cloned().map(store::Journal::from).collect();
    (both, journals)
}
