-- SQLite reads what stands behind a long value page by page through it: content and file stand last in their
-- row. The digest of a file is unique among all that were handed out (document_version).

-- Columns cannot be moved: the table is made anew under its name, and what refers to it does so again at the end.
pragma defer_foreign_keys = on;
create table document_before as select * from document order by rowid;
drop table document;
create table document (
    document_id text not null primary key,
    code text not null unique,
    book text not null,
    number text not null,
    content_digest text not null,
    certificate_serial text not null references certificate (serial),
    activation_id text not null references activation (activation_id),
    -- signed: the signature is made and waits to be lifted; finished: at the level wanted; refused: never to be.
    state text not null check (state in ('recorded', 'signed', 'finished', 'refused')),
    prepared_digest text not null,
    -- The signature's algorithm, the level wanted and the octets kept for its time-stamp: fixed when recorded.
    scheme text not null,
    wanted_level text not null,
    stamp_room bigint not null,
    -- The level reached; none before it is signed.
    level text,
    -- What it waits for; why it will never be finished (JSON).
    waiting text,
    refusal text,
    file_sha256 text,
    -- Until when the newest time-stamp proves it, and the digest that one is over.
    proof_ends bigint,
    proof_algorithm text,
    form text not null,
    masked_patient text not null,
    unit_code text not null references unit (code),
    unit_name_th text not null,
    unit_name_en text not null,
    exam_date text not null,
    valid_until text,
    recorded_at bigint not null,
    signed_at bigint,
    sealed_content blob,
    sealed_file blob,
    unique (unit_code, book, number),
    check ((state = 'finished') = (file_sha256 is not null)),
    check (state not in ('signed', 'finished') or (signed_at is not null and level is not null)),
    check (state <> 'signed' or sealed_file is not null),
    check ((state = 'refused') = (refusal is not null))
);
insert into document
    (document_id, code, book, number, content_digest, certificate_serial, activation_id, state, prepared_digest,
    scheme, wanted_level, stamp_room, level, waiting, refusal, file_sha256, proof_ends, proof_algorithm, form,
    masked_patient, unit_code, unit_name_th, unit_name_en, exam_date, valid_until, recorded_at, signed_at,
    sealed_content, sealed_file)
select document_id, code, book, number, content_digest, certificate_serial, activation_id, state, prepared_digest,
    scheme, wanted_level, stamp_room, level, waiting, refusal, file_sha256, proof_ends, proof_algorithm, form,
    masked_patient, unit_code, unit_name_th, unit_name_en, exam_date, valid_until, recorded_at, signed_at,
    sealed_content, sealed_file
from document_before order by rowid;
drop table document_before;
create index document_unfinished on document (recorded_at, document_id) where state in ('recorded', 'signed');
create index document_certificate on document (certificate_serial);
create index document_activation on document (activation_id);
create index document_proof on document (proof_ends, document_id) where proof_ends is not null;
create trigger document_no_delete before delete on document
begin
    select raise(abort, 'document is append-only');
end;
create trigger document_no_change before update on document
when new.document_id is not old.document_id
    or new.code is not old.code
    or new.book is not old.book
    or new.number is not old.number
    or new.content_digest is not old.content_digest
    or new.certificate_serial is not old.certificate_serial
    or new.activation_id is not old.activation_id
    or new.prepared_digest is not old.prepared_digest
    or new.scheme is not old.scheme
    or new.wanted_level is not old.wanted_level
    or new.stamp_room is not old.stamp_room
    or new.form is not old.form
    or new.unit_code is not old.unit_code
    or new.exam_date is not old.exam_date
    or new.valid_until is not old.valid_until
    or new.recorded_at is not old.recorded_at
    or (old.state in ('finished', 'refused') and new.state is not old.state)
    or (old.state = 'signed' and new.state = 'recorded')
    or (old.file_sha256 is not null and new.file_sha256 is null)
    or (old.refusal is not null and new.refusal is not old.refusal)
    or (old.signed_at is not null and new.signed_at is not old.signed_at)
begin
    select raise(abort, 'document is append-only');
end;
create trigger document_not_after_erasure before insert on document
when exists (select 1 from erased_document where erased_document.document_id = new.document_id)
begin
    select raise(abort, 'the document is erased');
end;
create trigger document_stays_erased before update on document
when (new.masked_patient <> '' or new.sealed_content is not null or new.sealed_file is not null)
    and exists (select 1 from erased_document where erased_document.document_id = new.document_id)
begin
    select raise(abort, 'the document is erased');
end;
