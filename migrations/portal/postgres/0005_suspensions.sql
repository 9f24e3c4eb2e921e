-- What is known beside the signer's journal about certificates in force: on whose word one was
-- suspended, and when its licence was last found at the council.

create table suspension_report (
    id text not null primary key,
    certificate_serial text not null,
    -- person, call or licence_feed.
    channel text not null,
    -- JSON of who called, where they can be called back, and what was said, sealed; its digest is over the JSON.
    record_sealed bytea not null,
    -- What the signer's journal keeps as evidence.
    record_sha256 text not null,
    -- Person who wrote it down; empty for the licence feed.
    reported_by text not null,
    reported_at bigint not null
);
create index suspension_report_certificate on suspension_report (certificate_serial, reported_at);

create table licence_check (
    certificate_serial text not null primary key,
    -- active, not_active, unclear, unreachable, not_permitted or over (the certificate is: nobody asks any more).
    result text not null,
    -- When the council was last asked, and when it last answered; null if it never did.
    asked_at bigint not null,
    answered_at bigint,
    -- Since when every answer was other than active; null while it is active.
    not_active_since bigint
);
create index licence_check_asked_at on licence_check (asked_at);

create index doctor_request_certificate on doctor_request (certificate_serial);
