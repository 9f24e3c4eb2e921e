-- The unit tree the ceremony fixed.
create table unit (
    code text not null primary key,
    parent text references unit (code),
    kind text not null,
    name_th text not null,
    name_en text not null,
    address_th text not null,
    position bigint not null unique
);
create trigger unit_no_delete before delete on unit
begin
    select raise(abort, 'unit is append-only');
end;
create trigger unit_no_change before update on unit
begin
    select raise(abort, 'unit is append-only');
end;

-- What is set once: installation id, epoch, digest of the ceremony's transcript.
create table setting (
    name text not null primary key,
    value text not null
);
create trigger setting_no_delete before delete on setting
begin
    select raise(abort, 'setting is append-only');
end;
create trigger setting_no_change before update on setting
begin
    select raise(abort, 'setting is append-only');
end;

-- Numbers that only grow.
create table counter (
    name text not null primary key,
    value bigint not null
);
create trigger counter_no_delete before delete on counter
begin
    select raise(abort, 'counter is append-only');
end;

-- Signing passkeys, enrolled at the signer's origin.
create table credential (
    credential_id text not null primary key,
    person_id text not null,
    cose_key blob not null,
    sign_count bigint not null,
    backup_eligible bigint not null check (backup_eligible in (0, 1)),
    backup_state bigint not null check (backup_state in (0, 1)),
    state text not null check (state in ('pending', 'bound', 'ended')),
    enrolled_at bigint not null
);
create index credential_person on credential (person_id);
create trigger credential_no_delete before delete on credential
begin
    select raise(abort, 'credential is append-only');
end;
create trigger credential_no_change before update on credential
when new.credential_id is not old.credential_id
    or new.person_id is not old.person_id
    or new.cose_key is not old.cose_key
    or new.enrolled_at is not old.enrolled_at
begin
    select raise(abort, 'credential is append-only');
end;

-- Who acts with which passkey: statements signed by the binding key, the highest version counts.
create table binding (
    binding_id text not null primary key,
    person_id text not null,
    credential_id text not null references credential (credential_id),
    version bigint not null check (version > 0),
    ended bigint not null check (ended in (0, 1)),
    statement text not null,
    signature blob not null,
    at bigint not null,
    unique (person_id, version)
);
create index binding_credential on binding (credential_id);
create trigger binding_no_delete before delete on binding
begin
    select raise(abort, 'binding is append-only');
end;
create trigger binding_no_change before update on binding
begin
    select raise(abort, 'binding is append-only');
end;

-- Officers and the unit they act for: statements signed by the binding key.
create table appointment (
    appointment_id text not null primary key,
    person_id text not null,
    identity_digest text not null,
    role text not null check (role in ('ra_officer', 'evidence_officer')),
    unit_code text not null references unit (code),
    name_th text not null,
    name_en text not null,
    statement text not null,
    signature blob not null,
    appointed_by text not null,
    at bigint not null,
    ended_at bigint
);
create index appointment_person on appointment (person_id);
create index appointment_identity on appointment (identity_digest);
create trigger appointment_no_delete before delete on appointment
begin
    select raise(abort, 'appointment is append-only');
end;
create trigger appointment_no_change before update on appointment
when new.appointment_id is not old.appointment_id
    or new.person_id is not old.person_id
    or new.identity_digest is not old.identity_digest
    or new.role is not old.role
    or new.unit_code is not old.unit_code
    or new.statement is not old.statement
    or new.signature is not old.signature
    or new.appointed_by is not old.appointed_by
    or new.at is not old.at
begin
    select raise(abort, 'appointment is append-only');
end;

-- Pages that wait for a person. The operation is sealed by the token and forgotten when it is over.
create table ticket (
    ticket_hash text not null primary key,
    kind text not null,
    person_id text,
    sealed blob,
    return_path text not null,
    nonce blob not null unique,
    created_at bigint not null,
    expires_at bigint not null,
    state text not null check (state in ('open', 'activated', 'done', 'refused', 'ended')),
    outcome text
);
create index ticket_state on ticket (state, expires_at);
create trigger ticket_no_delete before delete on ticket
begin
    select raise(abort, 'ticket is append-only');
end;
create trigger ticket_no_change before update on ticket
when new.ticket_hash is not old.ticket_hash
    or new.kind is not old.kind
    or new.nonce is not old.nonce
    or new.created_at is not old.created_at
    or new.expires_at is not old.expires_at
begin
    select raise(abort, 'ticket is append-only');
end;

-- What people put their passkeys to.
create table activation (
    activation_id text not null primary key,
    ticket_hash text not null unique references ticket (ticket_hash),
    person_id text not null,
    credential_id text not null references credential (credential_id),
    operation_digest text not null,
    challenge blob not null,
    client_data blob not null,
    authenticator_data blob not null,
    signature blob not null,
    at bigint not null
);
create trigger activation_no_delete before delete on activation
begin
    select raise(abort, 'activation is append-only');
end;
create trigger activation_no_change before update on activation
begin
    select raise(abort, 'activation is append-only');
end;

-- Doctors' keys, wrapped by the token. Erased when their certificate is over.
create table doctor_key (
    key_id text not null primary key,
    person_id text not null,
    epoch bigint not null,
    wrapped blob,
    spki blob not null unique,
    created_at bigint not null,
    certificate_serial text unique
);
create index doctor_key_person on doctor_key (person_id);
create trigger doctor_key_no_delete before delete on doctor_key
begin
    select raise(abort, 'doctor_key is append-only');
end;
create trigger doctor_key_no_change before update on doctor_key
when new.key_id is not old.key_id
    or new.person_id is not old.person_id
    or new.epoch is not old.epoch
    or new.spki is not old.spki
    or new.created_at is not old.created_at
begin
    select raise(abort, 'doctor_key is append-only');
end;

-- Every certificate this CA recorded for signing.
create table certificate (
    serial text not null primary key,
    kind text not null check (kind in ('root', 'issuing', 'ocsp', 'tsa_ca', 'tsa', 'doctor')),
    request_id text unique,
    request_sha256 text,
    person_id text,
    key_id text,
    spki_sha256 text not null,
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
create index certificate_person on certificate (person_id, recorded_at);
create index certificate_state on certificate (state);
create trigger certificate_no_delete before delete on certificate
begin
    select raise(abort, 'certificate is append-only');
end;
create trigger certificate_no_change before update on certificate
when new.serial is not old.serial
    or new.kind is not old.kind
    or new.request_id is not old.request_id
    or new.request_sha256 is not old.request_sha256
    or new.person_id is not old.person_id
    or new.key_id is not old.key_id
    or new.spki_sha256 is not old.spki_sha256
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

-- Ends of certificates. A hold may become final or be lifted; nothing else leaves.
create table revocation (
    serial text not null primary key references certificate (serial),
    at bigint not null,
    reason text not null,
    invalid_since bigint,
    activation_id text references activation (activation_id),
    sequence bigint not null unique
);
create trigger revocation_no_delete before delete on revocation
begin
    select raise(abort, 'revocation is append-only');
end;
create trigger revocation_no_change before update on revocation
when new.serial is not old.serial
    or old.reason <> 'certificate_hold'
begin
    select raise(abort, 'revocation is append-only');
end;

-- Medical certificates: what was recorded to be signed, and what was signed.
create table document (
    document_id text not null primary key,
    code text not null unique,
    book text not null,
    number text not null,
    content_digest text not null,
    certificate_serial text not null references certificate (serial),
    activation_id text not null references activation (activation_id),
    state text not null check (state in ('recorded', 'signed')),
    prepared_digest text not null,
    sealed_content blob,
    sealed_file blob,
    file_sha256 text unique,
    form text not null,
    masked_patient text not null,
    unit_code text not null references unit (code),
    unit_name_th text not null,
    unit_name_en text not null,
    exam_date text not null,
    valid_until text,
    recorded_at bigint not null,
    signed_at bigint,
    unique (unit_code, book, number),
    check ((state = 'signed') = (file_sha256 is not null and signed_at is not null))
);
create index document_state on document (state);
create index document_certificate on document (certificate_serial);
create index document_activation on document (activation_id);
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
    or new.form is not old.form
    or new.unit_code is not old.unit_code
    or new.exam_date is not old.exam_date
    or new.valid_until is not old.valid_until
    or new.recorded_at is not old.recorded_at
    or (old.file_sha256 is not null and new.file_sha256 is not old.file_sha256)
    or (old.signed_at is not null and new.signed_at is not old.signed_at)
begin
    select raise(abort, 'document is append-only');
end;

-- Every CRL signed.
create table crl (
    shard text not null,
    number bigint not null,
    der blob not null,
    this_update bigint not null,
    next_update bigint not null,
    primary key (shard, number)
);
create trigger crl_no_delete before delete on crl
begin
    select raise(abort, 'crl is append-only');
end;
create trigger crl_no_change before update on crl
begin
    select raise(abort, 'crl is append-only');
end;
