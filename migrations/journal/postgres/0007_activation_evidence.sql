-- All that an activation rests on stays beside it: it can be checked again by whoever has the journal and
-- the published keys.
alter table activation add column operation text not null default '';
alter table activation add column authority text not null default '';
alter table activation add column nonce bytea not null default ''::bytea;
alter table activation add column expires_at bigint not null default 0;
alter table activation add column binding_id text references binding (binding_id);
alter table activation add column backup_eligible bigint not null default 0 check (backup_eligible in (0, 1));
alter table activation add column backup_state bigint not null default 0 check (backup_state in (0, 1));
alter table activation add column assurance text not null default '';
create index activation_credential on activation (credential_id, at);

-- Assertions that a bound passkey made and that were refused, each counted once.
create table failed_assertion (
    failure_id text not null primary key,
    credential_id text not null references credential (credential_id),
    ticket_hash text not null references ticket (ticket_hash),
    -- SHA-256 of what the passkey signed.
    signed_sha256 text not null,
    fault text not null,
    at bigint not null,
    unique (credential_id, signed_sha256)
);
create index failed_assertion_credential on failed_assertion (credential_id, at);
create trigger failed_assertion_no_change before update or delete on failed_assertion
    for each row execute function refuse_change();
create trigger failed_assertion_no_truncate before truncate on failed_assertion
    for each statement execute function refuse_change();

-- Passkeys that may not be used for a while.
create table passkey_lock (
    lock_id text not null primary key,
    credential_id text not null references credential (credential_id),
    number bigint not null check (number > 0),
    at bigint not null,
    until bigint not null,
    unique (credential_id, number)
);
create trigger passkey_lock_no_change before update or delete on passkey_lock
    for each row execute function refuse_change();
create trigger passkey_lock_no_truncate before truncate on passkey_lock
    for each statement execute function refuse_change();

-- Locks that an officer lifted before their time.
create table passkey_unlock (
    lock_id text not null primary key references passkey_lock (lock_id),
    activation_id text not null references activation (activation_id),
    at bigint not null
);
create trigger passkey_unlock_no_change before update or delete on passkey_unlock
    for each row execute function refuse_change();
create trigger passkey_unlock_no_truncate before truncate on passkey_unlock
    for each statement execute function refuse_change();
