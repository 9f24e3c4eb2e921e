-- How a doctor becomes certified: the request, its evidence, the consent; and what was proposed to the signer.

create table doctor_request (
    id text not null primary key,
    person_id text not null references person (id),
    unit_code text not null,
    -- draft, submitted, returned, rejected, issued.
    state text not null,
    -- JSON of names and licence as claimed and checked, sealed.
    claims_sealed bytea not null,
    identity_digest text not null,
    created_at bigint not null,
    updated_at bigint not null,
    submitted_at bigint,
    decided_at bigint,
    -- Person who decided; empty while nobody has.
    decided_by text not null,
    -- The reason given to the doctor for a return or a rejection, sealed; null if none.
    reason_sealed bytea,
    -- Serial of the certificate issued; empty before.
    certificate_serial text not null
);
create index doctor_request_person on doctor_request (person_id);
create index doctor_request_queue on doctor_request (state, unit_code, submitted_at);

create table evidence (
    id text not null primary key,
    person_id text not null references person (id),
    request_id text not null references doctor_request (id),
    kind text not null,
    -- The record as JSON, sealed; its digest is over the JSON.
    record_sealed bytea not null,
    record_sha256 text not null,
    -- Person who recorded it; empty for a system's own check.
    recorded_by text not null,
    recorded_at bigint not null
);
create index evidence_request on evidence (request_id);

create table consent (
    id text not null primary key,
    person_id text not null references person (id),
    notice_version text not null,
    notice_sha256 text not null,
    -- JSON array of purposes.
    purposes text not null,
    ial text not null,
    aal text not null,
    channel text not null,
    given_at bigint not null,
    withdrawn_at bigint
);
create index consent_person on consent (person_id);

-- What was proposed to the signer, and what came of it.
create table proposal (
    ticket_digest text not null primary key,
    -- sign_documents, issue_certificate, appoint_officer, revoke_certificate, enrol_credential.
    kind text not null,
    -- The document, request, person or certificate it is about.
    subject_id text not null,
    proposed_by text not null references person (id),
    proposed_at bigint not null,
    -- waiting, done, refused, ended.
    state text not null,
    settled_at bigint
);
create index proposal_subject on proposal (subject_id, kind);
