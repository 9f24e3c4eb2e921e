-- Ends of appointments: statements signed by the binding key.
create table appointment_end (
    appointment_id text not null primary key references appointment (appointment_id),
    ended_by text not null,
    statement text not null,
    signature blob not null,
    at bigint not null
);
create trigger appointment_end_no_delete before delete on appointment_end
begin
    select raise(abort, 'appointment_end is append-only');
end;
create trigger appointment_end_no_change before update on appointment_end
begin
    select raise(abort, 'appointment_end is append-only');
end;

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
create trigger credential_replacement_no_delete before delete on credential_replacement
begin
    select raise(abort, 'credential_replacement is append-only');
end;
create trigger credential_replacement_no_change before update on credential_replacement
begin
    select raise(abort, 'credential_replacement is append-only');
end;

-- Who approved which: statements signed by the binding key.
create table replacement_approval (
    activation_id text not null primary key references activation (activation_id),
    request_id text not null references credential_replacement (request_id),
    officer_id text not null,
    statement text not null,
    signature blob not null,
    at bigint not null,
    unique (request_id, officer_id)
);
create trigger replacement_approval_no_delete before delete on replacement_approval
begin
    select raise(abort, 'replacement_approval is append-only');
end;
create trigger replacement_approval_no_change before update on replacement_approval
begin
    select raise(abort, 'replacement_approval is append-only');
end;

-- What evidence officers touched their passkey for: statements signed by the binding key.
create table evidence_record (
    record_id text not null primary key,
    person_id text not null,
    officer_id text not null,
    content_sha256 text not null,
    statement text not null,
    signature blob not null,
    at bigint not null
);
create index evidence_record_person on evidence_record (person_id, at);
create trigger evidence_record_no_delete before delete on evidence_record
begin
    select raise(abort, 'evidence_record is append-only');
end;
create trigger evidence_record_no_change before update on evidence_record
begin
    select raise(abort, 'evidence_record is append-only');
end;
