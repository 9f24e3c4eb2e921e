-- Who may come in: persons, invitations, login passkeys, sessions.
-- Columns named *_sealed hold AES-256-GCM under serve's field key; *_digest are keyed or plain digests.
-- Instants are microseconds since 1970-01-01T00:00:00Z.

create table person (
    id text not null primary key,
    -- doctor, ra_officer, evidence_officer or central: what the invitation was for. Rights come from the signer.
    invited_as text not null,
    -- The unit the invitation named.
    unit_code text not null,
    -- JSON of the names, sealed.
    names_sealed bytea not null,
    -- HMAC-SHA-256 of the national ID: tells natural persons apart. Empty until it is known.
    identity_digest text not null,
    -- The national ID, sealed; null until it is known.
    national_id_sealed bytea,
    -- The signing passkey enrolled at the signer's origin: JSON of its reference; null until enrolled.
    signing_credential text,
    created_at bigint not null,
    updated_at bigint not null
);
create index person_identity_digest on person (identity_digest);
create index person_unit_code on person (unit_code);

create table invitation (
    id text not null primary key,
    -- SHA-256 of the token in the link, hexadecimal.
    token_digest text not null unique,
    role text not null,
    unit_code text not null,
    -- The name the inviter gave, sealed.
    name_sealed bytea not null,
    -- Person who invited; empty for the command line.
    invited_by text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    person_id text references person (id)
);

create table login_passkey (
    -- base64url without padding.
    credential_id text not null primary key,
    person_id text not null references person (id),
    -- The credential as webauthn-rs writes it, JSON.
    passkey text not null,
    created_at bigint not null,
    last_used_at bigint
);
create index login_passkey_person on login_passkey (person_id);

-- State of a login or enrolment between start and finish; used once.
create table passkey_ceremony (
    id text not null primary key,
    kind text not null,
    -- The invitation for an enrolment; empty for a login.
    subject_id text not null,
    state text not null,
    expires_at bigint not null
);

create table session (
    -- SHA-256 of the cookie's value, hexadecimal.
    token_digest text not null primary key,
    person_id text not null references person (id),
    created_at bigint not null,
    expires_at bigint not null
);
create index session_expires_at on session (expires_at);
