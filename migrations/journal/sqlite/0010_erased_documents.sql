-- Documents that are erased: nothing of them is kept, opened or recorded any more.
create table erased_document (
    document_id text not null primary key,
    at bigint not null,
    -- SHA-256 of the portal's record of who asked and why, hexadecimal.
    reason_sha256 text not null
);
create trigger erased_document_no_delete before delete on erased_document
begin
    select raise(abort, 'erased_document is append-only');
end;
create trigger erased_document_no_change before update on erased_document
begin
    select raise(abort, 'erased_document is append-only');
end;
create trigger document_not_after_erasure before insert on document
when exists (select 1 from erased_document where erased_document.document_id = new.document_id)
begin
    select raise(abort, 'the document is erased');
end;
create trigger document_stays_erased before update on document
when (new.masked_patient <> '' or new.sealed_content is not null or new.sealed_file is not null)
    and exists (select 1 from erased_document where erased_document.document_id = new.document_id)
begin
    select raise(abort, 'the document is erased');
end;
