-- The portal's ledger: entries are committed with the change they tell of and ordered afterwards.
-- salt and payload may be erased with the record they speak of; the leaf stays.
create table ledger_entry (
    id text not null primary key,
    at bigint not null,
    kind text not null,
    subject text not null,
    payload text,
    salt bytea,
    leaf bytea not null check (length(leaf) = 32),
    sequence bigint unique check (sequence >= 0)
);
create index ledger_entry_unsequenced on ledger_entry (id) where sequence is null;
create index ledger_entry_subject on ledger_entry (subject, at);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name;
end;
$$;

create trigger ledger_entry_no_delete before delete on ledger_entry
    for each row execute function refuse_change();
create trigger ledger_entry_no_truncate before truncate on ledger_entry
    for each statement execute function refuse_change();

create trigger ledger_entry_no_change before update on ledger_entry
for each row
when (new.id is distinct from old.id or new.at is distinct from old.at
    or new.kind is distinct from old.kind or new.subject is distinct from old.subject
    or new.leaf is distinct from old.leaf
    or (old.sequence is not null and new.sequence is distinct from old.sequence)
    or (new.payload is not null and new.payload is distinct from old.payload)
    or (new.salt is not null and new.salt is distinct from old.salt))
    execute function refuse_change();

-- Signed statements of the ledger's size and Merkle root.
create table checkpoint (
    size bigint not null primary key check (size >= 0),
    root bytea not null check (length(root) = 32),
    note text not null,
    at bigint not null
);

create trigger checkpoint_no_change before update or delete on checkpoint
    for each row execute function refuse_change();
create trigger checkpoint_no_truncate before truncate on checkpoint
    for each statement execute function refuse_change();

-- Who may do a periodic task now, and until when.
create table lease (
    name text not null primary key,
    holder text not null,
    until bigint not null
);
