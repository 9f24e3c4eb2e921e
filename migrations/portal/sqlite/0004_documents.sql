-- Medical certificates: drafts, what was prepared for signing, and where the signed file lies.

create table book (
    -- Unit code, '/', year of the Buddhist era.
    book text not null primary key,
    -- The last running number allotted.
    last_number bigint not null
);

create table document (
    id text not null primary key,
    person_id text not null references person (id),
    unit_code text not null,
    form text not null,
    form_version bigint not null,
    -- draft, prepared, signed, abandoned.
    state text not null,
    -- JSON of the draft's fields, or of the prepared content, sealed.
    content_sealed blob,
    -- Book, number and code are allotted when prepared; empty before.
    book text not null,
    number text not null,
    code text,
    -- Where the encrypted file lies in the object store; empty before it is stored.
    object_path text not null,
    -- The document's data key, wrapped by the signer, hexadecimal; empty before.
    wrapped_key text not null,
    file_sha256 text not null,
    created_at bigint not null,
    updated_at bigint not null,
    prepared_at bigint,
    signed_at bigint
);
create index document_person on document (person_id, updated_at);
create unique index document_code on document (code);
create index document_file on document (file_sha256);
