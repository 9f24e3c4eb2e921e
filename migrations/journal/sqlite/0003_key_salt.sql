-- Drawn by the signer after the key arrived: the key code people compare cannot be ground out
-- beforehand.
alter table credential add column key_salt blob not null default x'';
create trigger credential_no_salt_change before update on credential
when new.key_salt is not old.key_salt
begin
    select raise(abort, 'credential is append-only');
end;
