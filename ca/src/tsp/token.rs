//! Building time-stamp tokens.

use time::OffsetDateTime;

use super::{HashAlgorithm, Rejection, TimeStampRequest, TimeStampingUnit};
use crate::asn1::write::{
    self, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, constructed, primitive, tlv,
};
use crate::oid::{self, Oid};
use crate::{Curve, Error, PublicKey};

/// `INTEGER 1`: version of `TSTInfo` and of a `SignerInfo` with issuer and serial number.
const VERSION_1: [u8; 3] = [INTEGER, 1, 1];
/// `INTEGER 3`: version of `SignedData` with any other content than `data` (RFC 5652 §5.1).
const VERSION_3: [u8; 3] = [INTEGER, 1, 3];

/// How far the stated time may be from UTC, to either side: 1 ms to 1 s (EN 319 421 §7.7.2, EN 319 422 §5.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accuracy {
    milliseconds: u16,
}

impl Accuracy {
    /// An accuracy of so many milliseconds.
    ///
    /// # Errors
    /// [`Error::Value`] if it is not between 1 and 1000.
    pub const fn from_milliseconds(milliseconds: u16) -> Result<Self, Error> {
        match milliseconds {
            1..=1000 => Ok(Self { milliseconds }),
            _ => Err(Error::Value { what: "accuracy of time-stamps" }),
        }
    }

    /// In milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> u16 {
        self.milliseconds
    }

    /// ```text
    /// Accuracy ::= SEQUENCE {
    ///     seconds     INTEGER OPTIONAL,
    ///     millis  [0] INTEGER (1..999) OPTIONAL,
    ///     micros  [1] INTEGER (1..999) OPTIONAL }
    /// ```
    fn to_der(self) -> Vec<u8> {
        if self.milliseconds == 1000 {
            return tlv(SEQUENCE, &[&write::unsigned(&[1])]);
        }
        let mut millis = write::unsigned(&self.milliseconds.to_be_bytes());
        // IMPLICIT: the same content under another tag.
        if let Some(tag) = millis.first_mut() {
            *tag = primitive(0);
        }
        tlv(SEQUENCE, &[&millis])
    }
}

/// What a token is to say besides what was asked.
#[derive(Debug, Clone, Copy)]
pub struct TokenParameters<'a> {
    /// Its number, never given twice by one unit (RFC 3161 §2.4.2): 128 random bits, not zero.
    pub serial: u128,
    /// The time, stated to the millisecond (rounded down).
    pub gen_time: OffsetDateTime,
    /// How far that may be off.
    pub accuracy: Accuracy,
    /// Under which policy.
    pub policy: &'a Oid,
}

/// A token to be signed.
#[derive(Debug)]
#[must_use = "a prepared token is to be signed"]
pub struct PreparedToken {
    tst_info: Vec<u8>,
    /// The signed attributes as the SET that is hashed (RFC 5652 §5.4).
    attributes: Vec<u8>,
    unit: TimeStampingUnit,
    with_certificates: bool,
}

/// Builds the token for a request.
///
/// # Errors
/// [`Rejection::UnacceptedPolicy`] if another policy was asked for; [`Rejection::TimeNotAvailable`] if the time is
/// outside the validity of the unit's certificate; [`Rejection::SystemFailure`] if it cannot be written, or the serial
/// number is zero.
pub fn prepare_token(
    request: &TimeStampRequest,
    unit: &TimeStampingUnit,
    parameters: &TokenParameters<'_>,
) -> Result<PreparedToken, Rejection> {
    if request.policy().is_some_and(|asked| asked != parameters.policy) {
        return Err(Rejection::UnacceptedPolicy);
    }
    let parts = &unit.0;
    if parameters.gen_time < parts.validity.not_before || parameters.gen_time > parts.validity.not_after {
        return Err(Rejection::TimeNotAvailable);
    }
    if parameters.serial == 0 {
        return Err(Rejection::SystemFailure);
    }
    // RFC 3161 §2.4.2:
    // TSTInfo ::= SEQUENCE {
    //     version         INTEGER { v1(1) },
    //     policy          TSAPolicyId,
    //     messageImprint  MessageImprint,
    //     serialNumber    INTEGER,
    //     genTime         GeneralizedTime,
    //     accuracy        Accuracy OPTIONAL,       -- EN 319 422 §5.2.2: present
    //     ordering        BOOLEAN DEFAULT FALSE,   -- EN 319 422 §5.2.2: not TRUE
    //     nonce           INTEGER OPTIONAL,        -- as asked
    //     tsa         [0] GeneralName OPTIONAL,    -- the signing certificate says it
    //     extensions  [1] IMPLICIT Extensions OPTIONAL }
    let tst_info = tlv(
        SEQUENCE,
        &[
            &VERSION_1,
            &tlv(OBJECT_IDENTIFIER, &[parameters.policy.content()]),
            request.imprint_der(),
            &write::unsigned(&parameters.serial.to_be_bytes()),
            &tlv(GENERALIZED_TIME, &[generalized_time(parameters.gen_time)?.as_bytes()]),
            &parameters.accuracy.to_der(),
            request.nonce_der().unwrap_or_default(),
        ],
    );
    // RFC 5652 §11.2; no signing-time: the content is the time (EN 319 422 §5.2.2 wants none).
    let digest = tlv(OCTET_STRING, &[&parts.key.curve().digest(&tst_info)]);
    let message_digest = tlv(SEQUENCE, &[&write::identifier(oid::CMS_MESSAGE_DIGEST), &tlv(SET, &[&digest])]);
    let attributes = vec![parts.content_type.clone(), message_digest, parts.signing_certificate.clone()];
    Ok(PreparedToken {
        tst_info,
        attributes: write::set_of(SET, attributes),
        unit: unit.clone(),
        with_certificates: request.wants_certificates(),
    })
}

/// An upper bound in bytes for the unit's tokens over SHA-256 digests, with certificates and without a nonce: the room
/// to be kept where a token will be put.
///
/// # Errors
/// As [`prepare_token`].
pub fn longest_token(unit: &TimeStampingUnit, policy: &Oid) -> Result<usize, Rejection> {
    let request = TimeStampRequest::of_digest(HashAlgorithm::Sha256, &[0; 32])?;
    // Every part at its longest; DER lengths only grow with what they hold.
    let parameters = TokenParameters {
        serial: u128::MAX,
        gen_time: unit.validity().not_before + time::Duration::milliseconds(123),
        accuracy: Accuracy { milliseconds: 999 },
        policy,
    };
    let prepared = prepare_token(&request, unit, &parameters)?;
    let integer = match unit.0.key.curve() {
        Curve::P256 => 33,
        Curve::P384 => 49,
    };
    // ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
    Ok(prepared.assemble(&vec![0; 2 + 2 * (2 + integer)]).len())
}

/// RFC 3161 §2.4.2: UTC, `Z`, the fraction without trailing zeros and without its point if it is zero.
fn generalized_time(instant: OffsetDateTime) -> Result<String, Rejection> {
    let utc = instant.to_offset(time::UtcOffset::UTC);
    let (hour, minute, second, milli) = utc.time().as_hms_milli();
    let year = u16::try_from(utc.year()).ok().filter(|year| *year <= 9999).ok_or(Rejection::SystemFailure)?;
    let (month, day) = (u8::from(utc.month()), utc.day());
    let whole = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}");
    if milli == 0 {
        return Ok(whole + "Z");
    }
    let fraction = format!("{milli:03}");
    Ok(format!("{whole}.{}Z", fraction.trim_end_matches('0')))
}

impl PreparedToken {
    /// The key whose signature belongs to it.
    #[must_use]
    pub fn signer(&self) -> &PublicKey {
        &self.unit.0.key
    }

    /// What the unit's key signs (ECDSA): SHA-256, SHA-384 for a P-384 key.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        self.unit.0.key.curve().digest(&self.attributes)
    }

    /// Puts the signature (DER `ECDSA-Sig-Value`) to it; gives the DER of the `TimeStampToken`.
    ///
    /// # Errors
    /// [`Error::Signature`] if it does not verify under the unit's key.
    pub fn complete(self, signature: &[u8]) -> Result<Vec<u8>, Error> {
        self.unit.0.key.verify(&self.attributes, signature)?;
        Ok(self.assemble(signature))
    }

    fn assemble(self, signature: &[u8]) -> Vec<u8> {
        let parts = &self.unit.0;
        // In the message they are `[0] IMPLICIT`, under the signature a SET (RFC 5652 §5.4).
        let mut attributes = self.attributes;
        if let Some(tag) = attributes.first_mut() {
            *tag = constructed(0);
        }
        // RFC 5652 §5.3: SignerInfo ::= SEQUENCE { version, sid, digestAlgorithm, signedAttrs [0], signatureAlgorithm,
        // signature, unsignedAttrs [1] OPTIONAL }
        let signer_info = tlv(
            SEQUENCE,
            &[
                &VERSION_1,
                &parts.signer_identifier,
                &parts.digest_algorithm,
                &attributes,
                &parts.signature_algorithm,
                &tlv(OCTET_STRING, &[signature]),
            ],
        );
        // RFC 5652 §5.2: EncapsulatedContentInfo ::= SEQUENCE { eContentType, eContent [0] EXPLICIT OCTET STRING }
        let content = tlv(constructed(0), &[&tlv(OCTET_STRING, &[&self.tst_info])]);
        // RFC 5652 §5.1: SignedData ::= SEQUENCE { version, digestAlgorithms SET, encapContentInfo,
        // certificates [0] OPTIONAL, crls [1] OPTIONAL, signerInfos SET }
        let signed_data = tlv(
            SEQUENCE,
            &[
                &VERSION_3,
                &tlv(SET, &[&parts.digest_algorithm]),
                &tlv(SEQUENCE, &[&write::identifier(oid::CT_TST_INFO), &content]),
                if self.with_certificates { &parts.certificates } else { &[] },
                &tlv(SET, &[&signer_info]),
            ],
        );
        // RFC 5652 §3: ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT }
        tlv(SEQUENCE, &[&write::identifier(oid::CMS_SIGNED_DATA), &tlv(constructed(0), &[&signed_data])])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn fractions_are_written_as_the_standard_says() {
        for (instant, expected) in [
            (datetime!(2026-03-02 09:00:00 UTC), "20260302090000Z"),
            (datetime!(2026-03-02 09:00:00.0009 UTC), "20260302090000Z"),
            (datetime!(2026-03-02 16:00:00.5 +7), "20260302090000.5Z"),
            (datetime!(2026-03-02 09:00:00.050_999 UTC), "20260302090000.05Z"),
            (datetime!(2026-03-02 09:00:00.123 UTC), "20260302090000.123Z"),
        ] {
            assert_eq!(generalized_time(instant).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn accuracies_are_between_a_millisecond_and_a_second() {
        assert_eq!(Accuracy::from_milliseconds(1000).unwrap().to_der(), [0x30, 3, 2, 1, 1]);
        assert_eq!(Accuracy::from_milliseconds(500).unwrap().to_der(), [0x30, 4, 0x80, 2, 1, 0xf4]);
        assert_eq!(Accuracy::from_milliseconds(200).unwrap().to_der(), [0x30, 4, 0x80, 2, 0, 0xc8]);
        assert!(Accuracy::from_milliseconds(0).is_err() && Accuracy::from_milliseconds(1001).is_err());
    }
}
