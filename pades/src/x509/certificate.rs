//! X.509 certificates as far as a path and a verdict need them (RFC 5280 §4).

use time::OffsetDateTime;

use super::asn1::{
    Algorithm, BIT_STRING, Element, INTEGER, Malformed, Parsed, SEQUENCE, UTC_TIME, bits, instant, single,
};
use super::extensions::Extensions;
use super::name;

/// A parsed certificate; all slices lie in its DER.
#[derive(Debug, Clone)]
pub(crate) struct Certificate<'a> {
    pub(crate) raw: &'a [u8],
    pub(crate) tbs: &'a [u8],
    /// 1, 2 or 3.
    pub(crate) version: u8,
    /// Contents octets of the serial number.
    pub(crate) serial: &'a [u8],
    /// DER of the names.
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    /// Both instants are in the form that their year asks for (RFC 5280 §4.1.2.5).
    pub(crate) time_forms: bool,
    pub(crate) key: PublicKey<'a>,
    pub(crate) algorithm: Algorithm<'a>,
    pub(crate) signature: &'a [u8],
    pub(crate) extensions: Extensions<'a>,
}

/// `SubjectPublicKeyInfo`
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicKey<'a> {
    pub(crate) algorithm: Algorithm<'a>,
    /// Contents of the BIT STRING.
    pub(crate) bits: &'a [u8],
}

pub(crate) const DIGITAL_SIGNATURE: u16 = 0x8000;
pub(crate) const NON_REPUDIATION: u16 = 0x4000;
pub(crate) const KEY_CERT_SIGN: u16 = 0x0400;
pub(crate) const CRL_SIGN: u16 = 0x0200;

impl<'a> PublicKey<'a> {
    pub(crate) fn parse(info: Element<'a>) -> Parsed<Self> {
        if info.tag != SEQUENCE {
            return Err(Malformed);
        }
        let mut inside = info.inside();
        let key = Self { algorithm: Algorithm::parse(inside.any()?)?, bits: bits(inside.any()?)? };
        inside.finish()?;
        Ok(key)
    }
}

impl<'a> Certificate<'a> {
    pub(crate) fn parse(raw: &'a [u8]) -> Parsed<Self> {
        let mut outer = single(raw, SEQUENCE)?.inside();
        let tbs = outer.expect(SEQUENCE)?;
        let algorithm = outer.expect(SEQUENCE)?;
        let signature = bits(outer.expect(BIT_STRING)?)?;
        outer.finish()?;
        let mut inside = tbs.inside();
        let version = match inside.optional(0xa0)? {
            None => 1,
            Some(tagged) => match single(tagged.value, INTEGER)?.value {
                [1] => 2,
                [2] => 3,
                _ => return Err(Malformed),
            },
        };
        let serial = inside.expect(INTEGER)?.value;
        // RFC 5280 §4.1.1.2: both algorithm fields are the same.
        if serial.is_empty() || inside.expect(SEQUENCE)?.raw != algorithm.raw {
            return Err(Malformed);
        }
        let issuer = inside.expect(SEQUENCE)?.raw;
        let mut validity = inside.expect(SEQUENCE)?.inside();
        let (from, to) = (validity.any()?, validity.any()?);
        validity.finish()?;
        let (not_before, not_after) = (instant(from, false)?, instant(to, false)?);
        let time_forms =
            [(from, not_before), (to, not_after)].iter().all(|(e, t)| (e.tag == UTC_TIME) == (t.year() < 2050));
        let subject = inside.expect(SEQUENCE)?.raw;
        let key = PublicKey::parse(inside.expect(SEQUENCE)?)?;
        inside.optional(0x81)?;
        inside.optional(0x82)?;
        let extensions = match inside.optional(0xa3)? {
            Some(tagged) => Extensions::parse(single(tagged.value, SEQUENCE)?)?,
            None => Extensions::default(),
        };
        inside.finish()?;
        let algorithm = Algorithm::parse(algorithm)?;
        Ok(Self {
            raw,
            tbs: tbs.raw,
            version,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            time_forms,
            key,
            algorithm,
            signature,
            extensions,
        })
    }

    pub(crate) fn valid_at(&self, when: OffsetDateTime) -> bool {
        self.not_before <= when && when <= self.not_after
    }

    /// Whether the key usage, where it is stated, has one of `wanted`.
    pub(crate) fn may(&self, wanted: u16) -> bool {
        self.extensions.key_usage.is_none_or(|bits| bits & wanted != 0)
    }

    /// Whether `cA` is set.
    pub(crate) fn is_authority(&self) -> bool {
        self.extensions.basic.is_some_and(|(authority, _)| authority)
    }

    /// Issuer and subject are the same name (RFC 5280 §3.2).
    pub(crate) fn is_self_issued(&self) -> bool {
        name::same(self.issuer, self.subject)
    }

    /// Serial number in hexadecimal.
    pub(crate) fn serial_text(&self) -> String {
        self.serial.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The subject as `CN=…, O=…`.
    pub(crate) fn subject_text(&self) -> String {
        name::text(self.subject).unwrap_or_default()
    }
}
