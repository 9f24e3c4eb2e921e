//! A journal of the first three migrations, with rows, is brought up to date without loss; so is a portal's ledger.

use std::borrow::Cow;

use sqlx::migrate::Migrator;
use sqlx::{AnyPool, AssertSqlSafe, Executor as _};
use store::journal::{RevocationKind, RevocationSource};
use store::testing::{Cluster, ClusterError};
use store::{Database, Engine, Error, Journal, Role};
use time::OffsetDateTime;

use crate::fixtures::document;

static JOURNAL_SQLITE: Migrator = sqlx::migrate!("../migrations/journal/sqlite");
static JOURNAL_POSTGRES: Migrator = sqlx::migrate!("../migrations/journal/postgres");
static PORTAL_SQLITE: Migrator = sqlx::migrate!("../migrations/portal/sqlite");
static PORTAL_POSTGRES: Migrator = sqlx::migrate!("../migrations/portal/postgres");

/// What the program wrote before revocation had a history.
const BEFORE: &str = "
insert into unit (code, parent, kind, name_th, name_en, address_th, position)
    values ('moph', null, 'ministry', 'ก', 'a', 'ข', 0), ('10660', 'moph', 'hospital', 'ก', 'a', 'ข', 1);
insert into credential (credential_id, person_id, cose_key, sign_count, backup_eligible, backup_state, state, enrolled_at)
    values ('cred', 'dora', BYTES, 0, 0, 0, 'bound', 1);
insert into ticket (ticket_hash, kind, sealed, return_path, nonce, created_at, expires_at, state)
    values ('t1', 'revoke_certificate', BYTES, '/', BYTES, 1, 2, 'activated');
insert into activation (activation_id, ticket_hash, person_id, credential_id, operation_digest, challenge,
        client_data, authenticator_data, signature, at)
    values ('act', 't1', 'dora', 'cred', 'aa', BYTES, BYTES, BYTES, BYTES, 1);
insert into certificate (serial, kind, request_id, request_sha256, person_id, key_id, spki_sha256, tbs, der, sha256,
        profile_version, details, not_before, not_after, state, recorded_at, issued_at)
    values ('ff', 'root', null, null, null, null, 'k0', BYTES, BYTES, 's0', 'v1:aa', '{}', 1, 90, 'issued', 1, 2),
        ('fe', 'issuing', null, null, null, null, 'k1', BYTES, BYTES, 's1', 'v1:aa', '{}', 1, 80, 'issued', 2, 3),
        ('01', 'ocsp', null, null, null, null, 'k2', BYTES, BYTES, 's2', 'v1:aa', '{}', 1, 8, 'issued', 3, 4),
        ('01aa', 'doctor', 'r1', 'd1', 'dora', 'key1', 'k3', BYTES, BYTES, 's3', 'v1:aa',
            '{\"name_th\":\"ดรา\",\"unit_code\":\"10660\"}', 1, 9, 'issued', 4, 5),
        ('01bb', 'doctor', 'r2', 'd2', 'dora', 'key2', 'k4', BYTES, BYTES, 's4', 'v1:aa', '{}', 1, 9, 'issued', 5, 6),
        ('01cc', 'doctor', 'r3', 'd3', 'dora', 'key3', 'k5', BYTES, null, null, 'v1:aa', '{}', 1, 9, 'recorded', 6, null);
insert into counter (name, value) values ('revocation', 7), ('crl-0', 3);
insert into revocation (serial, at, reason, invalid_since, activation_id, sequence)
    values ('01aa', 50, 'key_compromise', 40, 'act', 5), ('01bb', 60, 'certificate_hold', null, null, 7);
insert into document (document_id, code, book, number, content_digest, certificate_serial, activation_id, state,
        prepared_digest, sealed_content, form, masked_patient, unit_code, unit_name_th, unit_name_en, exam_date, recorded_at)
    values ('d1', 'CODEd1', '1', '1', 'aa', '01aa', 'act', 'recorded', 'dd', BYTES, 'two_part_general', 'ส***',
        '10660', 'ก', 'a', '2026-03-01', 160);
insert into document (document_id, code, book, number, content_digest, certificate_serial, activation_id, state,
        prepared_digest, file_sha256, form, masked_patient, unit_code, unit_name_th, unit_name_en, exam_date,
        recorded_at, signed_at)
    values ('d2', 'CODEd2', '1', '2', 'ab', '01aa', 'act', 'signed', 'de', 'f2', 'two_part_general', 'ส***',
        '10660', 'ก', 'a', '2026-03-01', 160, 161);
insert into crl (shard, number, der, this_update, next_update)
    values ('0', 1, BYTES, 1, 2), ('0', 2, BYTES, 2, 3), ('0', 3, BYTES, 3, 4), ('root', 1, BYTES, 1, 9);
";

/// Entries with a place and without, not in the order of their ids, and one that was erased.
const ENTRIES: &str = "
insert into ledger_entry (id, at, kind, subject, payload, salt, leaf, sequence)
    values ('e3', 12, 'k', 's', '{}', BYTES, LEAF, null), ('e2', 11, 'k', 's', null, null, LEAF, 1),
        ('e4', 13, 'k', 's', '{}', BYTES, LEAF, null), ('e1', 10, 'k', 's', '{}', BYTES, LEAF, 0);
";

/// A database as it was: the migrations up to that one, then the rows.
async fn database_before(url: &str, role: Role, engine: Engine, version: i64, rows: &str) {
    sqlx::any::install_default_drivers();
    let all = match (role, engine) {
        (Role::Journal, Engine::Sqlite) => &JOURNAL_SQLITE,
        (Role::Journal, Engine::Postgres) => &JOURNAL_POSTGRES,
        (Role::Portal, Engine::Sqlite) => &PORTAL_SQLITE,
        (Role::Portal, Engine::Postgres) => &PORTAL_POSTGRES,
    };
    let bytes = |octets: usize| match engine {
        Engine::Sqlite => format!("x'{}'", "0102".repeat(octets / 2)),
        Engine::Postgres => format!("'\\x{}'::bytea", "0102".repeat(octets / 2)),
    };
    let rows = rows.replace("BYTES", &bytes(2)).replace("LEAF", &bytes(32));
    let first: Vec<_> = all.migrations.iter().filter(|migration| migration.version <= version).cloned().collect();
    assert_eq!(i64::try_from(first.len()), Ok(version));
    let old = Migrator { migrations: Cow::Owned(first), ..Migrator::DEFAULT };
    let create = if engine == Engine::Sqlite { format!("{url}?mode=rwc") } else { url.to_owned() };
    let pool = AnyPool::connect(&create).await.unwrap();
    old.run(&pool).await.unwrap();
    pool.execute(sqlx::raw_sql(AssertSqlSafe(rows))).await.unwrap();
    pool.close().await;
}

async fn the_rows_are_there(journal: &Journal) {
    let mut tx = journal.begin_write().await.unwrap();
    let issuers = [("ff", "root"), ("fe", "root"), ("01", "issuing-1"), ("01aa", "issuing-1"), ("01cc", "issuing-1")];
    for (serial, issuer) in issuers {
        let row = tx.certificate(serial).await.unwrap().unwrap();
        assert_eq!((row.issuer.as_str(), row.tbs.as_slice()), (issuer, [1, 2].as_slice()), "{serial}");
        assert_eq!(row.shard, (row.kind == "doctor").then_some(0));
    }
    let doctor = tx.certificate_of_request("r1").await.unwrap().unwrap();
    assert_eq!((doctor.unit_code.as_deref(), doctor.sha256.as_deref()), (Some("10660"), Some("s3")));
    assert_eq!((doctor.not_after, doctor.issued_at, doctor.recorded_at), (9, Some(5), 4));
    assert_eq!(tx.certificate("01bb").await.unwrap().unwrap().unit_code, None);
    assert_eq!(tx.unfinished_certificates().await.unwrap().len(), 1);

    let revoked = tx.revocation("01aa").await.unwrap().unwrap();
    assert_eq!((revoked.kind, revoked.sequence, revoked.at, revoked.revoked_at), (RevocationKind::Revoke, 5, 50, 50));
    assert_eq!((revoked.invalid_since, revoked.activation_id.as_deref()), (Some(40), Some("act")));
    let held = tx.revocation("01bb").await.unwrap().unwrap();
    assert_eq!((held.kind, held.source), (RevocationKind::Hold, RevocationSource::Hotline));
    assert_eq!(tx.revocation_sequence().await.unwrap(), 7);

    assert_eq!(tx.document("d1").await.unwrap().unwrap().certificate_serial, "01aa");
    assert!(!tx.record_document(&document("d1", "1", "aa")).await.unwrap().is_new());
    let versions = tx.document_versions("d2").await.unwrap();
    let versions: Vec<_> = versions.iter().map(|file| (file.version, file.sha256.as_str(), file.at)).collect();
    assert_eq!(versions, [(1, "f2", 161)]);
    assert_eq!(tx.newest_crl("0").await.unwrap().unwrap().number, 3);
    // The next CRL makes an old one whose digest was never kept forget its bytes.
    let number = tx.next_crl_number("0").await.unwrap();
    let crl = store::journal::Crl { shard: "0".into(), number, der: vec![4], this_update: 4, next_update: 5 };
    tx.insert_crl(&crl).await.unwrap();
    let past = tx.past_crls("0", 9).await.unwrap();
    // `printf '\1\2' | sha256sum`
    let digest = Some("a12871fee210fb8619291eaea194581cbd2531e4b23759d225f6806923f63222".to_owned());
    let digests: Vec<_> = past.into_iter().map(|crl| crl.sha256).skip(1).collect();
    assert_eq!(digests, [None, digest.clone(), digest]);
    tx.commit().await.unwrap();
}

/// The entries as they were; those without a place get theirs, in the order of their ids.
async fn the_ledger_is_there(database: &Database) {
    let mut tx = database.begin_write().await.unwrap();
    assert_eq!(tx.sequence_next("me", OffsetDateTime::UNIX_EPOCH, 9).await.unwrap(), Some(2));
    let entries = tx.entries(0, 9).await.unwrap();
    let seen: Vec<_> =
        entries.iter().map(|entry| (entry.sequence, entry.id.as_str(), entry.content.is_some())).collect();
    assert_eq!(seen, [(0, "e1", true), (1, "e2", false), (2, "e3", true), (3, "e4", true)]);
    assert!(entries.iter().all(|entry| entry.leaf.starts_with(&[1, 2])));
    let (first, salt) = entries.first().and_then(|entry| entry.content.as_ref()).unwrap();
    assert_eq!((first.at, first.kind.as_str(), first.subject.as_str(), first.payload.as_str()), (10, "k", "s", "{}"));
    assert_eq!(salt, &[1, 2]);
    tx.commit().await.unwrap();
    for statement in [
        "delete from ledger_entry",
        "update ledger_entry set kind = 'x'",
        "update ledger_entry set sequence = 9",
        "insert into ledger_entry (id, at, kind, subject, leaf, sequence) \
         select 'e5', at, kind, subject, leaf, 3 from ledger_entry where id = 'e1'",
    ] {
        let done = database.execute_raw(statement).await;
        assert!(matches!(done, Err(Error::Refused(_) | Error::Conflict { .. })), "{statement}: {done:?}");
    }
}

async fn references_and_triggers_hold(journal: &Journal) {
    for statement in [
        "delete from certificate where serial = '01cc'",
        "update certificate set issuer = 'root' where serial = '01cc'",
        "update certificate set shard = 1 where serial = '01cc'",
        "update certificate set unit_code = 'x' where serial = '01cc'",
        "update revocation_event set at = 1",
        "delete from revocation_event",
        "delete from document where document_id = 'd1'",
        "update document set book = 'x' where document_id = 'd1'",
        "update document set state = 'refused', refusal = '{}' where document_id = 'd2'",
        "delete from document_version",
        "update document_version set at = 1",
        "insert into document_version (document_id, version, sha256, level, at) values ('none', 1, 'f9', 'b-b', 1)",
        "insert into revocation_event (sequence, serial, kind, at, reason, revoked_at, source) \
         values (99, 'none', 'revoke', 1, 'superseded', 1, 'hotline')",
        "insert into revocation_event (sequence, serial, kind, at, reason, revoked_at, source) \
         values (99, '01cc', 'revoke', 1, 'superseded', 1, 'activation')",
        "insert into document (document_id, code, book, number, content_digest, certificate_serial, activation_id, \
         state, prepared_digest, form, masked_patient, unit_code, unit_name_th, unit_name_en, exam_date, recorded_at) \
         values ('d9', 'C9', '1', '9', 'aa', 'none', 'act', 'recorded', 'dd', 'f', 'm', '10660', 'a', 'a', 'e', 1)",
    ] {
        let done = journal.database().execute_raw(statement).await;
        assert!(matches!(done, Err(Error::Refused(_))), "{statement}: {done:?}");
    }
}

async fn moves(prefix: &str, url: impl Fn(&str) -> String, engine: Engine) {
    let (journal_url, portal_url) = (url(&format!("{prefix}journal")), url(&format!("{prefix}portal")));
    database_before(&journal_url, Role::Journal, engine, 3, &format!("{BEFORE}{ENTRIES}")).await;
    let journal = Journal::connect(&journal_url).await.unwrap();
    the_rows_are_there(&journal).await;
    the_ledger_is_there(journal.database()).await;
    references_and_triggers_hold(&journal).await;
    journal.database().close().await;

    database_before(&portal_url, Role::Portal, engine, 9, ENTRIES).await;
    let portal = Database::connect(&portal_url, Role::Portal).await.unwrap();
    the_ledger_is_there(&portal).await;
    portal.close().await;
}

#[tokio::test]
async fn sqlite_databases_keep_their_rows() {
    let folder = std::env::temp_dir().join(format!("rabrong-moves-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    moves("", |name| format!("sqlite:{}", folder.join(name).display()), Engine::Sqlite).await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn postgres_databases_keep_their_rows() {
    match Cluster::shared() {
        Ok(cluster) => moves("moves", |name| cluster.database(name).unwrap(), Engine::Postgres).await,
        Err(ClusterError::NotInstalled) => println!("skipped: databases move on PostgreSQL (not installed)"),
        Err(error) => panic!("{error}"),
    }
}
