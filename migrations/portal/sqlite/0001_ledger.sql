-- The portal's ledger: entries are committed with the change they tell of and ordered afterwards.
-- salt and payload may be erased with the record they speak of; the leaf stays.
create table ledger_entry (
    id text not null primary key,
    at bigint not null,
    kind text not null,
    subject text not null,
    payload text,
    salt blob,
    leaf blob not null check (length(leaf) = 32),
    sequence bigint unique check (sequence >= 0)
);
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

-- Signed statements of the ledger's size and Merkle root.
create table checkpoint (
    size bigint not null primary key check (size >= 0),
    root blob not null check (length(root) = 32),
    note text not null,
    at bigint not null
);

create trigger checkpoint_no_delete before delete on checkpoint
begin
    select raise(abort, 'checkpoint is append-only');
end;

create trigger checkpoint_no_change before update on checkpoint
begin
    select raise(abort, 'checkpoint is append-only');
end;

-- Who may do a periodic task now, and until when.
create table lease (
    name text not null primary key,
    holder text not null,
    until bigint not null
);
