-- Documents put before the signer together, and documents erased at somebody's request.

create table signing_batch (
    id text not null primary key,
    person_id text not null references person (id),
    created_at bigint not null
);
create index signing_batch_person on signing_batch (person_id, created_at);

create table signing_batch_document (
    batch_id text not null references signing_batch (id),
    document_id text not null references document (id),
    -- Its place in the batch, from 0.
    position bigint not null,
    -- JSON of the signer's refusal of this document; null if it refused nothing.
    refusal text,
    primary key (batch_id, document_id)
);

create table erasure (
    id text not null primary key,
    document_id text not null unique references document (id),
    -- JSON of who asked and why, sealed; its digest is over the JSON.
    reason_sealed blob not null,
    reason_sha256 text not null,
    -- The officer.
    requested_by text not null,
    requested_at bigint not null,
    -- Confirmed in the second step: from then on it is carried out to its end.
    confirmed_at bigint,
    done_at bigint
);
