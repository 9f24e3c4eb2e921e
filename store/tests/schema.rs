//! Both engines have the same tables and columns.

use store::Role;

use crate::support::both;

async fn the_engines_agree(name: &str, role: Role) {
    let engines = both(name, role).await;
    let sqlite = engines.sqlite.columns().await.unwrap();
    assert!(sqlite.contains(&("ledger_entry".into(), "leaf".into())));
    if let Some(postgres) = &engines.postgres {
        assert_eq!(sqlite, postgres.columns().await.unwrap());
    }
}

#[tokio::test]
async fn the_portal_has_one_schema() {
    the_engines_agree("portalschema", Role::Portal).await;
}

#[tokio::test]
async fn the_journal_has_one_schema() {
    the_engines_agree("journalschema", Role::Journal).await;
}
