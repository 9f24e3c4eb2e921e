-- Drawn by the signer after the key arrived: the key code people compare cannot be ground out
-- beforehand.
alter table credential add column key_salt bytea not null default ''::bytea;
create trigger credential_no_salt_change before update on credential for each row
when (new.key_salt is distinct from old.key_salt)
    execute function refuse_change();
