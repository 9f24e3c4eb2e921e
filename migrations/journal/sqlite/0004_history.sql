-- Revocation becomes a history: what was decided of a certificate, in the order it was committed.
create table revocation_event (
    sequence bigint not null primary key check (sequence > 0),
    serial text not null references certificate (serial),
    kind text not null check (kind in ('revoke', 'hold', 'lift', 'amend')),
    at bigint not null,
    reason text not null,
    invalid_since bigint,
    -- The date CRL and OCSP state: the first moment of the hold or revocation this event belongs to.
    revoked_at bigint not null,
    activation_id text references activation (activation_id),
    source text not null check (source in ('activation', 'hotline', 'licence_feed', 'termination')),
    check (source <> 'activation' or activation_id is not null),
    check (kind not in ('hold', 'lift') or reason = 'certificate_hold'),
    check (kind not in ('revoke', 'amend') or reason <> 'certificate_hold')
);
insert into revocation_event
    (sequence, serial, kind, at, reason, invalid_since, revoked_at, activation_id, source)
select sequence, serial, case reason when 'certificate_hold' then 'hold' else 'revoke' end, at, reason,
    invalid_since, at, activation_id, case when activation_id is null then 'hotline' else 'activation' end
from revocation;
drop table revocation;
create unique index revocation_event_serial on revocation_event (serial, sequence);
create index revocation_event_activation on revocation_event (activation_id);
create trigger revocation_event_no_delete before delete on revocation_event
begin
    select raise(abort, 'revocation_event is append-only');
end;
create trigger revocation_event_no_change before update on revocation_event
begin
    select raise(abort, 'revocation_event is append-only');
end;

-- A check constraint cannot be altered: the table is made anew under its name. What refers to it (document,
-- revocation_event) is checked again when the migration commits, each reference found by the row put back.
pragma defer_foreign_keys = on;
create table certificate_before as select * from certificate;
drop table certificate;
create table certificate (
    serial text not null primary key,
    kind text not null
        check (kind in ('root', 'issuing', 'tsa_ca', 'ocsp', 'tsa', 'doctor', 'api_client')),
    issuer text not null,
    shard bigint,
    request_id text unique,
    request_sha256 text,
    person_id text,
    unit_code text,
    key_id text,
    spki_sha256 text not null,
    subject_sha256 text,
    tbs blob not null,
    der blob,
    sha256 text unique,
    profile_version text not null,
    details text not null,
    not_before bigint not null,
    not_after bigint not null,
    state text not null check (state in ('recorded', 'issued')),
    recorded_at bigint not null,
    issued_at bigint,
    unique (person_id, spki_sha256),
    check ((state = 'issued') = (der is not null and sha256 is not null and issued_at is not null))
);
insert into certificate
    (serial, kind, issuer, shard, request_id, request_sha256, person_id, unit_code, key_id, spki_sha256,
    subject_sha256, tbs, der, sha256, profile_version, details, not_before, not_after, state, recorded_at, issued_at)
select serial, kind,
    case kind when 'doctor' then 'issuing-1' when 'ocsp' then 'issuing-1' when 'tsa' then 'tsa-ca' else 'root' end,
    case kind when 'doctor' then 0 end,
    request_id, request_sha256, person_id,
    case when kind = 'doctor' and json_valid(details) then json_extract(details, '$.unit_code') end,
    key_id, spki_sha256, null, tbs, der, sha256, profile_version, details, not_before, not_after, state,
    recorded_at, issued_at
from certificate_before;
drop table certificate_before;
create index certificate_person on certificate (person_id, recorded_at);
create index certificate_kind on certificate (kind, recorded_at);
create index certificate_key on certificate (spki_sha256);
create index certificate_unit on certificate (unit_code, serial);
create index certificate_end on certificate (not_after, serial);
create index certificate_recorded on certificate (recorded_at);
create index certificate_unfinished on certificate (recorded_at, serial) where state = 'recorded';
-- One person's name is never certified twice for one key.
create unique index certificate_subject_key on certificate (subject_sha256, spki_sha256)
    where kind in ('doctor', 'api_client');
create trigger certificate_no_delete before delete on certificate
begin
    select raise(abort, 'certificate is append-only');
end;
create trigger certificate_no_change before update on certificate
when new.serial is not old.serial
    or new.kind is not old.kind
    or new.issuer is not old.issuer
    or new.shard is not old.shard
    or new.request_id is not old.request_id
    or new.request_sha256 is not old.request_sha256
    or new.person_id is not old.person_id
    or new.unit_code is not old.unit_code
    or new.key_id is not old.key_id
    or new.spki_sha256 is not old.spki_sha256
    or new.subject_sha256 is not old.subject_sha256
    or new.tbs is not old.tbs
    or new.profile_version is not old.profile_version
    or new.details is not old.details
    or new.not_before is not old.not_before
    or new.not_after is not old.not_after
    or new.recorded_at is not old.recorded_at
    or old.state = 'issued'
begin
    select raise(abort, 'certificate is append-only');
end;

-- Keys that are never certified again, by the SHA-256 of their SubjectPublicKeyInfo.
create table blocked_key (
    spki_sha256 text not null primary key,
    at bigint not null,
    reason text not null,
    activation_id text references activation (activation_id)
);
create trigger blocked_key_no_delete before delete on blocked_key
begin
    select raise(abort, 'blocked_key is append-only');
end;
create trigger blocked_key_no_change before update on blocked_key
begin
    select raise(abort, 'blocked_key is append-only');
end;

-- A CRL's bytes may be forgotten once their digest is kept; nothing else of it changes.
create table crl_before as select * from crl;
drop table crl;
create table crl (
    shard text not null,
    number bigint not null,
    der blob,
    sha256 text,
    this_update bigint not null,
    next_update bigint not null,
    primary key (shard, number),
    check (der is not null or sha256 is not null)
);
insert into crl (shard, number, der, this_update, next_update)
select shard, number, der, this_update, next_update from crl_before;
drop table crl_before;
create index crl_kept on crl (shard, number) where der is not null;
create trigger crl_no_delete before delete on crl
begin
    select raise(abort, 'crl is append-only');
end;
create trigger crl_no_change before update on crl
when new.shard is not old.shard
    or new.number is not old.number
    or new.der is not null
    or (old.sha256 is not null and new.sha256 is not old.sha256)
    or new.this_update is not old.this_update
    or new.next_update is not old.next_update
begin
    select raise(abort, 'crl is append-only');
end;

-- The newest entry's instant is asked before each issue: the clock may not have gone back behind it.
create index ledger_entry_at on ledger_entry (at);
