-- What the two operators approved in the place of an officer who is missing: a transcript that the root's key signed.
create table operators_approval (
    request_id text not null primary key references credential_replacement (request_id),
    transcript text not null,
    signature bytea not null,
    at bigint not null
);
create trigger operators_approval_no_change before update or delete on operators_approval
    for each row execute function refuse_change();
create trigger operators_approval_no_truncate before truncate on operators_approval
    for each statement execute function refuse_change();
