-- What the two operators approved in the place of an officer who is missing: a transcript that the root's key signed.
create table operators_approval (
    request_id text not null primary key references credential_replacement (request_id),
    transcript text not null,
    signature blob not null,
    at bigint not null
);
create trigger operators_approval_no_delete before delete on operators_approval
begin
    select raise(abort, 'operators_approval is append-only');
end;
create trigger operators_approval_no_change before update on operators_approval
begin
    select raise(abort, 'operators_approval is append-only');
end;
