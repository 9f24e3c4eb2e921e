-- Programs that ask through the API: hospital systems and others, each registered for one unit.

create table api_client (
    -- The client_id of RFC 6749.
    id text not null primary key,
    unit_code text not null,
    -- What the officer calls it; doctors read it beside what it brought in.
    name text not null,
    -- Grant types, scopes: separated by spaces. Addresses to redirect to: JSON array.
    grants text not null,
    scopes text not null,
    redirect_uris text not null,
    -- SHA-256 of the secret, hexadecimal.
    secret_sha256 text not null,
    secret_changed_at bigint not null,
    -- Where it wants to be told, and the key of those messages, sealed; empty and null if nowhere.
    webhook_url text not null,
    webhook_secret_sealed bytea,
    -- Persons.
    created_by text not null,
    created_at bigint not null,
    disabled_by text not null,
    disabled_at bigint
);
create index api_client_unit on api_client (unit_code, created_at);

create table api_token (
    -- SHA-256 of the token, hexadecimal.
    token_sha256 text not null primary key,
    client_id text not null references api_client (id),
    -- On whose behalf; empty if on the program's own.
    person_id text not null,
    scopes text not null,
    -- What the grant binds it to, JSON; empty if nothing.
    bound_to text not null,
    issued_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint
);
create index api_token_client on api_token (client_id);
create index api_token_expires_at on api_token (expires_at);

-- The program that brought a document in; empty if the doctor began it.
alter table document add column client_id text not null default '';
create index document_client on document (client_id, updated_at, id);

create table api_submission (
    document_id text not null primary key references document (id),
    client_id text not null references api_client (id),
    -- The program's own id of it.
    external_id text not null,
    -- Keyed digest of what was sent: tells a repeat from another content.
    content_digest text not null,
    submitted_at bigint not null,
    -- When the doctor opened it first.
    taken_up_at bigint,
    expires_at bigint not null,
    -- Empty while it lives or once it is signed; rejected, withdrawn, expired.
    ended text not null,
    -- Code of the doctor's reason for a rejection; empty otherwise.
    reason text not null,
    ended_at bigint
);
create unique index api_submission_external on api_submission (client_id, external_id);
create index api_submission_expires_at on api_submission (ended, expires_at);

-- What a program is to be told at its webhook.
create table api_notice (
    id text not null primary key,
    client_id text not null references api_client (id),
    document_id text not null references document (id),
    state text not null,
    made_at bigint not null,
    -- How often it was tried, when it is tried next, and how the last try ended.
    tries bigint not null,
    due_at bigint not null,
    last_result text not null,
    -- delivered, given_up; empty while neither.
    settled text not null,
    settled_at bigint
);
create index api_notice_due on api_notice (settled, due_at);
create index api_notice_client on api_notice (client_id, made_at);
