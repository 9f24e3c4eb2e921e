-- Ends of appointments: statements signed by the binding key.
create table appointment_end (
    appointment_id text not null primary key references appointment (appointment_id),
    ended_by text not null,
    statement text not null,
    signature bytea not null,
    at bigint not null
);
create trigger appointment_end_no_change before update or delete on appointment_end
    for each row execute function refuse_change();
create trigger appointment_end_no_truncate before truncate on appointment_end
    for each statement execute function refuse_change();

-- What officers approve for a person whose passkey is lost. It is about one version of the person's
-- bindings: whatever changes these ends it.
create table credential_replacement (
    request_id text not null primary key,
    person_id text not null,
    after_version bigint not null,
    content text not null,
    content_sha256 text not null,
    at bigint not null
);
create index credential_replacement_person on credential_replacement (person_id, after_version);
create trigger credential_replacement_no_change before update or delete on credential_replacement
    for each row execute function refuse_change();
create trigger credential_replacement_no_truncate before truncate on credential_replacement
    for each statement execute function refuse_change();

-- Who approved which: statements signed by the binding key.
create table replacement_approval (
    activation_id text not null primary key references activation (activation_id),
    request_id text not null references credential_replacement (request_id),
    officer_id text not null,
    statement text not null,
    signature bytea not null,
    at bigint not null,
    unique (request_id, officer_id)
);
create trigger replacement_approval_no_change before update or delete on replacement_approval
    for each row execute function refuse_change();
create trigger replacement_approval_no_truncate before truncate on replacement_approval
    for each statement execute function refuse_change();

-- What evidence officers touched their passkey for: statements signed by the binding key.
create table evidence_record (
    record_id text not null primary key,
    person_id text not null,
    officer_id text not null,
    content_sha256 text not null,
    statement text not null,
    signature bytea not null,
    at bigint not null
);
create index evidence_record_person on evidence_record (person_id, at);
create trigger evidence_record_no_change before update or delete on evidence_record
    for each row execute function refuse_change();
create trigger evidence_record_no_truncate before truncate on evidence_record
    for each statement execute function refuse_change();
