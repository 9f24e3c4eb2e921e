-- An officer who approved with a passkey that is no longer theirs may approve again: each touch counts or not by
-- itself, and at most one of each officer.
alter table replacement_approval drop constraint replacement_approval_request_id_officer_id_key;
create index replacement_approval_request on replacement_approval (request_id);
