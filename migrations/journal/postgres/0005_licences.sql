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
select 'physician', details::json ->> 'licence', details::json ->> 'identity_digest', recorded_at
from certificate
where kind = 'doctor' and details::json ->> 'licence' is not null and details::json ->> 'identity_digest' is not null
order by recorded_at, serial
on conflict do nothing;
create trigger licence_holder_no_change before update or delete on licence_holder
    for each row execute function refuse_change();
create trigger licence_holder_no_truncate before truncate on licence_holder
    for each statement execute function refuse_change();
