-- A signature is lifted to the configured level after it was made; every file handed out is remembered.
drop trigger document_no_change on document;
alter table document
    drop constraint document_state_check,
    drop constraint document_check,
    -- The signature's algorithm, the level wanted and the octets kept for its time-stamp: fixed when recorded.
    add column scheme text not null default 'ecdsa-p256',
    add column wanted_level text not null default 'b-b',
    add column stamp_room bigint not null default 0,
    -- The level reached; none before it is signed.
    add column level text,
    -- What it waits for; why it will never be finished (JSON).
    add column waiting text,
    add column refusal text,
    -- Until when the newest time-stamp proves it, and the digest that one is over.
    add column proof_ends bigint,
    add column proof_algorithm text;
alter table document
    alter column scheme drop default,
    alter column wanted_level drop default,
    alter column stamp_room drop default;
update document set state = 'finished', level = 'b-b' where state = 'signed';
alter table document
    -- signed: the signature is made and waits to be lifted; finished: at the level wanted; refused: never to be.
    add constraint document_state_check check (state in ('recorded', 'signed', 'finished', 'refused')),
    add constraint document_file_check check ((state = 'finished') = (file_sha256 is not null)),
    add constraint document_level_check
        check (state not in ('signed', 'finished') or (signed_at is not null and level is not null)),
    add constraint document_signed_check check (state <> 'signed' or sealed_file is not null),
    add constraint document_refusal_check check ((state = 'refused') = (refusal is not null));
drop index document_state;
create index document_unfinished on document (recorded_at, document_id) where state in ('recorded', 'signed');
create index document_proof on document (proof_ends, document_id) where proof_ends is not null;
create trigger document_no_change before update on document for each row
when (new.document_id is distinct from old.document_id
    or new.code is distinct from old.code
    or new.book is distinct from old.book
    or new.number is distinct from old.number
    or new.content_digest is distinct from old.content_digest
    or new.certificate_serial is distinct from old.certificate_serial
    or new.activation_id is distinct from old.activation_id
    or new.prepared_digest is distinct from old.prepared_digest
    or new.scheme is distinct from old.scheme
    or new.wanted_level is distinct from old.wanted_level
    or new.stamp_room is distinct from old.stamp_room
    or new.form is distinct from old.form
    or new.unit_code is distinct from old.unit_code
    or new.exam_date is distinct from old.exam_date
    or new.valid_until is distinct from old.valid_until
    or new.recorded_at is distinct from old.recorded_at
    or (old.state in ('finished', 'refused') and new.state is distinct from old.state)
    or (old.state = 'signed' and new.state = 'recorded')
    or (old.file_sha256 is not null and new.file_sha256 is null)
    or (old.refusal is not null and new.refusal is distinct from old.refusal)
    or (old.signed_at is not null and new.signed_at is distinct from old.signed_at))
    execute function refuse_change();

-- Every file of a document that was ever handed out.
create table document_version (
    document_id text not null references document (document_id),
    version bigint not null check (version > 0),
    sha256 text not null unique,
    level text not null,
    at bigint not null,
    primary key (document_id, version)
);
insert into document_version (document_id, version, sha256, level, at)
select document_id, 1, file_sha256, 'b-b', signed_at from document where state = 'finished';
create trigger document_version_no_change before update or delete on document_version
    for each row execute function refuse_change();
create trigger document_version_no_truncate before truncate on document_version
    for each statement execute function refuse_change();

-- What kind of key a doctor has.
alter table doctor_key add column algorithm text not null default 'p-256';
create trigger doctor_key_no_algorithm_change before update on doctor_key for each row
when (new.algorithm is distinct from old.algorithm)
    execute function refuse_change();
