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
create trigger revocation_event_no_change before update or delete on revocation_event
    for each row execute function refuse_change();
create trigger revocation_event_no_truncate before truncate on revocation_event
    for each statement execute function refuse_change();

alter table certificate drop constraint certificate_kind_check;
alter table certificate add constraint certificate_kind_check
    check (kind in ('root', 'issuing', 'tsa_ca', 'ocsp', 'tsa', 'doctor', 'api_client'));
alter table certificate add column issuer text, add column shard bigint, add column unit_code text,
    add column subject_sha256 text;
drop trigger certificate_no_change on certificate;
update certificate set
    issuer = case kind when 'doctor' then 'issuing-1' when 'ocsp' then 'issuing-1' when 'tsa' then 'tsa-ca'
        else 'root' end,
    shard = case kind when 'doctor' then 0 end,
    unit_code = case kind when 'doctor' then details::json ->> 'unit_code' end;
alter table certificate alter column issuer set not null;
drop index certificate_state;
create index certificate_kind on certificate (kind, recorded_at);
create index certificate_key on certificate (spki_sha256);
create index certificate_unit on certificate (unit_code, serial);
create index certificate_end on certificate (not_after, serial);
create index certificate_recorded on certificate (recorded_at);
create index certificate_unfinished on certificate (recorded_at, serial) where state = 'recorded';
-- One person's name is never certified twice for one key.
create unique index certificate_subject_key on certificate (subject_sha256, spki_sha256)
    where kind in ('doctor', 'api_client');
create trigger certificate_no_change before update on certificate for each row
when (new.serial is distinct from old.serial
    or new.kind is distinct from old.kind
    or new.issuer is distinct from old.issuer
    or new.shard is distinct from old.shard
    or new.request_id is distinct from old.request_id
    or new.request_sha256 is distinct from old.request_sha256
    or new.person_id is distinct from old.person_id
    or new.unit_code is distinct from old.unit_code
    or new.key_id is distinct from old.key_id
    or new.spki_sha256 is distinct from old.spki_sha256
    or new.subject_sha256 is distinct from old.subject_sha256
    or new.tbs is distinct from old.tbs
    or new.profile_version is distinct from old.profile_version
    or new.details is distinct from old.details
    or new.not_before is distinct from old.not_before
    or new.not_after is distinct from old.not_after
    or new.recorded_at is distinct from old.recorded_at
    or old.state = 'issued')
    execute function refuse_change();

-- Keys that are never certified again, by the SHA-256 of their SubjectPublicKeyInfo.
create table blocked_key (
    spki_sha256 text not null primary key,
    at bigint not null,
    reason text not null,
    activation_id text references activation (activation_id)
);
create trigger blocked_key_no_change before update or delete on blocked_key
    for each row execute function refuse_change();
create trigger blocked_key_no_truncate before truncate on blocked_key
    for each statement execute function refuse_change();

-- A CRL's bytes may be forgotten once their digest is kept; nothing else of it changes.
drop trigger crl_no_change on crl;
alter table crl alter column der drop not null;
alter table crl add column sha256 text;
alter table crl add constraint crl_check check (der is not null or sha256 is not null);
create index crl_kept on crl (shard, number) where der is not null;
create trigger crl_no_delete before delete on crl
    for each row execute function refuse_change();
create trigger crl_no_change before update on crl for each row
when (new.shard is distinct from old.shard
    or new.number is distinct from old.number
    or new.der is not null
    or (old.sha256 is not null and new.sha256 is distinct from old.sha256)
    or new.this_update is distinct from old.this_update
    or new.next_update is distinct from old.next_update)
    execute function refuse_change();

-- The newest entry's instant is asked before each issue: the clock may not have gone back behind it.
create index ledger_entry_at on ledger_entry (at);
