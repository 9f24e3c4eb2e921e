-- Which holders were told that their certificate ends: once each at 60, 30 and 7 days.
create table expiry_notice (
    certificate_serial text not null,
    days bigint not null,
    -- Empty for a program's.
    person_id text not null,
    unit_code text not null,
    not_after bigint not null,
    made_at bigint not null,
    primary key (certificate_serial, days)
);
create index expiry_notice_unit on expiry_notice (unit_code, not_after);
