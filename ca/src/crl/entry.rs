//! The entries of CRLs.

use der::Encode;
use time::OffsetDateTime;

use crate::asn1::write::{self, ENUMERATED, SEQUENCE, tlv};
use crate::instant::{to_generalized, to_time};
use crate::{Error, RevocationReason, Serial, oid};

/// A revoked certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its serial number.
    pub serial: Serial,
    /// When it was revoked, to the second.
    pub at: OffsetDateTime,
    /// Why.
    pub reason: RevocationReason,
    /// Since when the key or the right is believed lost, if known, to the second.
    pub invalid_since: Option<OffsetDateTime>,
}

/// An entry as it stands in every CRL that lists it. Made once per revocation; CRLs are put together from these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedEntry {
    pub(super) serial: Serial,
    pub(super) at: OffsetDateTime,
    pub(super) der: Box<[u8]>,
}

impl EncodedEntry {
    /// Encodes an entry (RFC 5280 §5.1.2.6):
    ///
    /// ```text
    /// SEQUENCE {
    ///     userCertificate     CertificateSerialNumber,
    ///     revocationDate      Time,
    ///     crlEntryExtensions  Extensions OPTIONAL }
    /// ```
    ///
    /// # Errors
    /// [`Error::Time`] for an instant before 1970 or after 9999.
    pub fn new(entry: &Entry) -> Result<Self, Error> {
        // §5.3.1: absent instead of `unspecified`.
        let reason =
            entry.reason.to_der().map(|reason| write::extension(oid::REASON_CODE, &[ENUMERATED, 1, reason as u8]));
        let reason = reason.unwrap_or_default();
        // §5.3.2
        let since = match entry.invalid_since {
            Some(since) => {
                let since = to_generalized(since)?.to_der().map_err(Error::encoding("invalidityDate"))?;
                write::extension(oid::INVALIDITY_DATE, &since)
            }
            None => Vec::new(),
        };
        let extensions =
            if reason.is_empty() && since.is_empty() { Vec::new() } else { tlv(SEQUENCE, &[&reason, &since]) };
        let time = to_time(entry.at)?.to_der().map_err(Error::encoding("revocationDate"))?;
        let der = tlv(SEQUENCE, &[&write::unsigned(entry.serial.as_bytes()), &time, &extensions]);
        // As it is written, so that an entry read from a CRL equals the one it was made from.
        let at = entry.at.replace_nanosecond(0).map_err(|_| Error::Time { what: "revocationDate" })?;
        Ok(Self { serial: entry.serial, at, der: der.into_boxed_slice() })
    }

    /// Whose entry it is.
    #[must_use]
    pub const fn serial(&self) -> Serial {
        self.serial
    }
}
