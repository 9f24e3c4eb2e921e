-- Every change commits an entry, and each index it stands in is a page to write: a place is listed once there
-- is one.
alter table ledger_entry rename to ledger_entry_before;
drop index ledger_entry_unsequenced;
drop index ledger_entry_subject;
create table ledger_entry (
    id text not null primary key,
    at bigint not null,
    kind text not null,
    subject text not null,
    payload text,
    salt blob,
    leaf blob not null check (length(leaf) = 32),
    sequence bigint check (sequence >= 0)
);
insert into ledger_entry (id, at, kind, subject, payload, salt, leaf, sequence)
select id, at, kind, subject, payload, salt, leaf, sequence from ledger_entry_before order by rowid;
drop table ledger_entry_before;
create unique index ledger_entry_sequence on ledger_entry (sequence) where sequence is not null;
create index ledger_entry_unsequenced on ledger_entry (id) where sequence is null;
create index ledger_entry_subject on ledger_entry (subject, at);

create trigger ledger_entry_no_delete before delete on ledger_entry
begin
    select raise(abort, 'ledger_entry is append-only');
end;

create trigger ledger_entry_no_change before update on ledger_entry
when new.id is not old.id or new.at is not old.at or new.kind is not old.kind
    or new.subject is not old.subject or new.leaf is not old.leaf
    or (old.sequence is not null and new.sequence is not old.sequence)
    or (new.payload is not null and new.payload is not old.payload)
    or (new.salt is not null and new.salt is not old.salt)
begin
    select raise(abort, 'ledger_entry is append-only');
end;
