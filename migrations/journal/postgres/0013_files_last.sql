-- The digest of a file is unique among all that were handed out (document_version).
alter table document drop constraint document_file_sha256_key;
