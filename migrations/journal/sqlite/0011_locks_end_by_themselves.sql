-- A lock of a passkey ends by itself: nothing ever lifted one before its time.
drop table passkey_unlock;
