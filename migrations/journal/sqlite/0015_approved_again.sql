-- An officer who approved with a passkey that is no longer theirs may approve again: each touch counts or not by
-- itself, and at most one of each officer.
create table replacement_approval_again (
    activation_id text not null primary key references activation (activation_id),
    request_id text not null references credential_replacement (request_id),
    officer_id text not null,
    statement text not null,
    signature blob not null,
    at bigint not null
);
insert into replacement_approval_again (activation_id, request_id, officer_id, statement, signature, at)
    select activation_id, request_id, officer_id, statement, signature, at from replacement_approval;
drop table replacement_approval;
alter table replacement_approval_again rename to replacement_approval;
create index replacement_approval_request on replacement_approval (request_id);
create trigger replacement_approval_no_delete before delete on replacement_approval
begin
    select raise(abort, 'replacement_approval is append-only');
end;
create trigger replacement_approval_no_change before update on replacement_approval
begin
    select raise(abort, 'replacement_approval is append-only');
end;
