-- Units whose doctors may sign digests that others made: statements signed by the binding key,
-- the highest version counts; without one it is not allowed.
create table digest_permission (
    unit_code text not null references unit (code),
    version bigint not null check (version > 0),
    allowed bigint not null check (allowed in (0, 1)),
    statement text not null,
    signature bytea not null,
    at bigint not null,
    primary key (unit_code, version)
);
create trigger digest_permission_no_change before update or delete on digest_permission
    for each row execute function refuse_change();
create trigger digest_permission_no_truncate before truncate on digest_permission
    for each statement execute function refuse_change();

-- Digests that doctors' keys sign: recorded before, completed afterwards, one signature each.
create table digest_signature (
    certificate_serial text not null references certificate (serial),
    digest text not null,
    activation_id text not null references activation (activation_id),
    client text not null,
    state text not null check (state in ('recorded', 'signed')),
    signature bytea,
    recorded_at bigint not null,
    signed_at bigint,
    primary key (certificate_serial, digest),
    check ((state = 'signed') = (signature is not null and signed_at is not null))
);
create index digest_signature_activation on digest_signature (activation_id);
create trigger digest_signature_no_delete before delete on digest_signature
    for each row execute function refuse_change();
create trigger digest_signature_no_change before update on digest_signature for each row
when (new.certificate_serial is distinct from old.certificate_serial
    or new.digest is distinct from old.digest
    or new.activation_id is distinct from old.activation_id
    or new.client is distinct from old.client
    or new.recorded_at is distinct from old.recorded_at
    or old.state = 'signed')
    execute function refuse_change();
create trigger digest_signature_no_truncate before truncate on digest_signature
    for each statement execute function refuse_change();
