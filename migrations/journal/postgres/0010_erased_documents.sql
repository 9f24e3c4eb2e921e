-- Documents that are erased: nothing of them is kept, opened or recorded any more.
create table erased_document (
    document_id text not null primary key,
    at bigint not null,
    -- SHA-256 of the portal's record of who asked and why, hexadecimal.
    reason_sha256 text not null
);
create trigger erased_document_no_change before update or delete on erased_document
    for each row execute function refuse_change();
create trigger erased_document_no_truncate before truncate on erased_document
    for each statement execute function refuse_change();
create function refuse_erased_document() returns trigger language plpgsql as $$
begin
    if (tg_op = 'INSERT' or new.masked_patient <> '' or new.sealed_content is not null or new.sealed_file is not null)
        and exists (select 1 from erased_document where erased_document.document_id = new.document_id)
    then
        raise exception 'the document is erased';
    end if;
    return new;
end;
$$;
create trigger document_not_after_erasure before insert on document
    for each row execute function refuse_erased_document();
create trigger document_stays_erased before update on document
    for each row execute function refuse_erased_document();
