-- What the two operators approved in the place of an officer who is missing: a statement signed by the binding key,
-- and the transcript that the root's key signed.
create table operators_approval (
    transcript_sha256 text not null primary key,
    request_id text not null references credential_replacement (request_id),
    statement text not null,
    signature blob not null,
    transcript text not null,
    transcript_signature blob not null,
    at bigint not null
);
create index operators_approval_request on operators_approval (request_id);
create trigger operators_approval_no_delete before delete on operators_approval
begin
    select raise(abort, 'operators_approval is append-only');
end;
create trigger operators_approval_no_change before update on operators_approval
begin
    select raise(abort, 'operators_approval is append-only');
end;
