-- Whose a licence is: it was certified for one person, and is never certified for another.
create table licence_holder (
    profession text not null,
    licence text not null,
    -- Keyed digest of the national ID: tells natural persons apart, whatever their accounts.
    identity_digest text not null,
    at bigint not null,
    primary key (profession, licence)
);
insert into licence_holder (profession, licence, identity_digest, at)
select 'physician', json_extract(details, '$.licence'), json_extract(details, '$.identity_digest'), recorded_at
from certificate
where kind = 'doctor' and json_valid(details) and json_extract(details, '$.licence') is not null
    and json_extract(details, '$.identity_digest') is not null
order by recorded_at, serial
on conflict do nothing;
create trigger licence_holder_no_delete before delete on licence_holder
begin
    select raise(abort, 'licence_holder is append-only');
end;
create trigger licence_holder_no_change before update on licence_holder
begin
    select raise(abort, 'licence_holder is append-only');
end;
