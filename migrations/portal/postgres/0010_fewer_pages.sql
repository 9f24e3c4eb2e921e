-- Every change commits an entry, and each index it stands in is a page to write: a place is listed once there
-- is one.
alter table ledger_entry drop constraint ledger_entry_sequence_key;
create unique index ledger_entry_sequence on ledger_entry (sequence) where sequence is not null;
