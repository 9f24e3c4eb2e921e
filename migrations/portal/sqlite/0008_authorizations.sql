-- What persons are asked to let programs do (RFC 6749 §4.1): one row for each visit to the
-- authorization endpoint.
create table oauth_authorization (
    -- SHA-256 of the value in the page's address, hexadecimal.
    id text not null primary key,
    client_id text not null references api_client (id),
    scope text not null,
    redirect_uri text not null,
    -- The program's own word, given back to it.
    client_state text not null,
    -- RFC 7636 §4.2, S256.
    code_challenge text not null,
    -- Of the scope credential: which certificate, which digests. JSON; empty otherwise.
    asked text not null,
    -- Who acts; empty until somebody does.
    person_id text not null,
    -- SHA-256 of the signer's ticket; empty if there is none.
    ticket_digest text not null,
    -- asked, proposed, granted, redeemed, denied.
    state text not null,
    -- What the signer gave, JSON; empty before.
    given text not null,
    -- SHA-256 of the code, and of the token it was redeemed for; empty before.
    code_sha256 text not null,
    code_expires_at bigint,
    token_sha256 text not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index oauth_authorization_client on oauth_authorization (client_id, state, expires_at);
create index oauth_authorization_code on oauth_authorization (code_sha256);
create index oauth_authorization_ticket on oauth_authorization (ticket_digest);
create index oauth_authorization_expires_at on oauth_authorization (expires_at);
