//! Levels B-LT and B-LTA: validation material and document time-stamps, appended to a signed file at once or
//! years later (ETSI EN 319 142-1 §5.4, §5.5, §6.3).
//!
//! Each round appends one revision: the material that is not there yet, and a document time-stamp over the
//! whole file. Renewal is another round, before the last time-stamp's certificate or algorithm ends. Its
//! material must say what became of that certificate: nobody will be able to ask later.

use crate::sign::Signed;
use crate::x509::algorithm::sha256_of;
use crate::{Error, cms};
use pdf::append::{
    SignatureField, Unsigned, append_validation, free_timestamp_name, prepare_signature, prepare_timestamp,
};
use time::OffsetDateTime;

pub use pdf::read::ValidationMaterial;

/// What a screen reader says of the field.
const TOOLTIP: &str = "ตราประทับเวลาของเอกสาร (document time-stamp)";

/// Prepares a document time-stamp over `pdf` with `material`, as the field `field_name`.
///
/// `room` is the bytes reserved for the token. Material that the file holds already is not written again. The
/// file's signatures are not verified: the caller knows it by its digest.
///
/// # Errors
/// [`Error::Pdf`] if the file is not signed or cannot be appended to, or a field has that name.
pub fn prepare_archive(
    pdf: &[u8],
    material: &ValidationMaterial,
    field_name: &str,
    room: usize,
) -> Result<PreparedTimestamp, Error> {
    let unsigned = prepare_timestamp(pdf, material, field_name, TOOLTIP, room)?;
    let digest = sha256_of(&unsigned.signed_parts());
    Ok(PreparedTimestamp { unsigned, digest })
}

/// Appends `material` without a time-stamp: level B-LT of a file at B-T (ETSI EN 319 142-1 §6.3).
///
/// # Errors
/// As [`prepare_archive`].
pub fn append_material(pdf: &[u8], material: &ValidationMaterial) -> Result<Vec<u8>, Error> {
    Ok(append_validation(pdf, material)?)
}

/// The field name for the next document time-stamp of a file: `Timestamp1`, `Timestamp2` …
///
/// # Errors
/// [`Error::Pdf`] if the file cannot be read.
pub fn next_field_name(pdf: &[u8]) -> Result<String, Error> {
    Ok(free_timestamp_name(pdf)?)
}

/// A revision that is complete but for its time-stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedTimestamp {
    unsigned: Unsigned,
    digest: [u8; 32],
}

impl PreparedTimestamp {
    /// SHA-256 over the file without the place of the token: what the token covers.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Puts the RFC 3161 token (DER) in its place.
    ///
    /// # Errors
    /// [`Error::OtherTimeStamp`] if it is over something else, [`Error::MalformedTimeStamp`];
    /// [`Error::Pdf`] if the room is too small.
    pub fn complete(self, token: &[u8]) -> Result<Vec<u8>, Error> {
        cms::check_imprint_of(token, &self.digest)?;
        Ok(self.unsigned.complete(token)?)
    }
}

/// Appends every kind of revision to any bytes and drops them: the body of a fuzz target. Answers whether
/// that went as far as a time-stamp.
///
/// # Panics
/// If a byte that was there is not there any more: what is appended to must stay a prefix.
pub fn exercise(bytes: &[u8]) -> bool {
    let field = SignatureField {
        page: 0,
        rect: [0.0; 4],
        field_name: "Signature1".to_owned(),
        tooltip: "x".to_owned(),
        signing_time: OffsetDateTime::UNIX_EPOCH,
        name: None,
        reason: None,
        location: None,
        contact_info: None,
    };
    let material = ValidationMaterial { certificates: vec![b"endobj".to_vec()], ..ValidationMaterial::default() };
    let signed = prepare_signature(bytes, &field, 64).and_then(|unsigned| unsigned.complete(&[0x30, 0]));
    let mut stamped_one = false;
    for base in signed.iter().map(Vec::as_slice).chain([bytes]) {
        let stamped = prepare_timestamp(base, &material, "Timestamp1", "x", 64);
        let stamped = stamped.and_then(|unsigned| unsigned.complete(&[0x30, 0]));
        stamped_one |= stamped.is_ok();
        let again = stamped.as_deref().map_or(base, |stamped| stamped);
        let _ = append_material(again, &material);
        let _ = next_field_name(again);
        let _ = Signed::reopen(again.to_vec());
        assert!(again.starts_with(bytes), "bytes were changed");
    }
    stamped_one
}
