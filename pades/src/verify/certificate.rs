//! X.509 certificates as far as a verdict needs them (RFC 5280 §4).

use time::OffsetDateTime;

use super::asn1::{
    Algorithm, BIT_STRING, BOOLEAN, Element, INTEGER, Malformed, OCTET_STRING, OID, Parsed, Reader, SEQUENCE, SET,
    bits, instant, single,
};
use super::oid;

/// A parsed certificate; all slices lie in its DER.
#[derive(Debug, Clone)]
pub(crate) struct Certificate<'a> {
    pub(crate) raw: &'a [u8],
    pub(crate) tbs: &'a [u8],
    /// Contents octets of the serial number.
    pub(crate) serial: &'a [u8],
    /// DER of the names.
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
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

/// The extensions a verdict looks at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions<'a> {
    /// `cA` and `pathLenConstraint`.
    pub(crate) basic: Option<(bool, Option<u32>)>,
    /// Bits of `KeyUsage`, bit 0 (digitalSignature) as 0x8000.
    pub(crate) key_usage: Option<u16>,
    pub(crate) extended: Option<Vec<&'a [u8]>>,
    pub(crate) extended_critical: bool,
    pub(crate) key_identifier: Option<&'a [u8]>,
    pub(crate) distribution_points: Option<&'a [u8]>,
    pub(crate) no_check: bool,
    /// A critical extension that is not processed here.
    pub(crate) unknown_critical: bool,
}

pub(crate) const DIGITAL_SIGNATURE: u16 = 0x8000;
pub(crate) const NON_REPUDIATION: u16 = 0x4000;
pub(crate) const KEY_CERT_SIGN: u16 = 0x0400;
pub(crate) const CRL_SIGN: u16 = 0x0200;

impl<'a> Certificate<'a> {
    pub(crate) fn parse(raw: &'a [u8]) -> Parsed<Self> {
        let mut outer = single(raw, SEQUENCE)?.inside();
        let tbs = outer.expect(SEQUENCE)?;
        let algorithm = outer.expect(SEQUENCE)?;
        let signature = bits(outer.expect(BIT_STRING)?)?;
        outer.finish()?;
        let mut inside = tbs.inside();
        inside.optional(0xa0)?;
        let serial = inside.expect(INTEGER)?.value;
        // RFC 5280 §4.1.1.2: both algorithm fields are the same.
        if inside.expect(SEQUENCE)?.raw != algorithm.raw {
            return Err(Malformed);
        }
        let issuer = inside.expect(SEQUENCE)?.raw;
        let mut validity = inside.expect(SEQUENCE)?.inside();
        let (not_before, not_after) = (instant(validity.any()?, false)?, instant(validity.any()?, false)?);
        validity.finish()?;
        let subject = inside.expect(SEQUENCE)?.raw;
        let mut spki = inside.expect(SEQUENCE)?.inside();
        let key = PublicKey { algorithm: Algorithm::parse(spki.any()?)?, bits: bits(spki.any()?)? };
        spki.finish()?;
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
            serial,
            issuer,
            subject,
            not_before,
            not_after,
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

    /// Serial number in hexadecimal.
    pub(crate) fn serial_text(&self) -> String {
        self.serial.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The subject as `CN=…, O=…`.
    pub(crate) fn subject_text(&self) -> String {
        name_text(self.subject).unwrap_or_default()
    }
}

impl<'a> Extensions<'a> {
    fn parse(list: Element<'a>) -> Parsed<Self> {
        let mut extensions = Self::default();
        let mut seen: Vec<&[u8]> = Vec::new();
        for item in list.inside().all(64)? {
            let mut inside = item.inside();
            let id = inside.expect(OID)?.value;
            let critical = inside.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
            let value = inside.expect(OCTET_STRING)?.value;
            inside.finish()?;
            // RFC 5280 §4.2: not more than one instance of an extension.
            if seen.contains(&id) {
                return Err(Malformed);
            }
            seen.push(id);
            extensions.take(id, critical, value)?;
        }
        Ok(extensions)
    }

    fn take(&mut self, id: &[u8], critical: bool, value: &'a [u8]) -> Parsed<()> {
        match id {
            oid::BASIC_CONSTRAINTS => {
                let mut inside = single(value, SEQUENCE)?.inside();
                let authority = inside.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
                let length = match inside.optional(INTEGER)? {
                    None => None,
                    Some(i) if i.value.len() <= 2 => Some(i.value.iter().fold(0, |n, b| n << 8 | u32::from(*b))),
                    Some(_) => return Err(Malformed),
                };
                inside.finish()?;
                self.basic = Some((authority, length));
            }
            oid::KEY_USAGE => {
                let string = single(value, BIT_STRING)?.value;
                let octet = |i: usize| u16::from(string.get(i).copied().unwrap_or(0));
                self.key_usage = Some(octet(1) << 8 | octet(2));
            }
            oid::EXTENDED_KEY_USAGE => {
                let purposes = single(value, SEQUENCE)?.inside().all(32)?;
                self.extended = Some(purposes.iter().map(|p| p.value).collect());
                self.extended_critical = critical;
            }
            oid::KEY_IDENTIFIER => self.key_identifier = Some(single(value, OCTET_STRING)?.value),
            oid::CRL_DISTRIBUTION_POINTS => self.distribution_points = Some(value),
            oid::OCSP_NO_CHECK => self.no_check = true,
            oid::CERTIFICATE_POLICIES | oid::SUBJECT_ALTERNATIVE_NAME | oid::QC_STATEMENTS => {}
            // Not processed, so not even a non-critical one may be passed over (RFC 5280 §4.2.1.10).
            oid::NAME_CONSTRAINTS => self.unknown_critical = true,
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }
}

fn name_text(name: &[u8]) -> Parsed<String> {
    let mut parts = Vec::new();
    for set in single(name, SEQUENCE)?.inside().all(32)? {
        if set.tag != SET {
            return Err(Malformed);
        }
        for attribute in set.inside().all(8)? {
            let mut inside = attribute.inside();
            let id = inside.expect(OID)?.value;
            let value = inside.any()?;
            let label = match id {
                b"\x55\x04\x03" => "CN",
                b"\x55\x04\x04" => "SN",
                b"\x55\x04\x05" => "serialNumber",
                b"\x55\x04\x06" => "C",
                b"\x55\x04\x07" => "L",
                b"\x55\x04\x08" => "ST",
                b"\x55\x04\x0a" => "O",
                b"\x55\x04\x0b" => "OU",
                b"\x55\x04\x0c" => "title",
                b"\x55\x04\x2a" => "GN",
                b"\x55\x04\x61" => "organizationIdentifier",
                _ => continue,
            };
            let text = match value.tag {
                0x1e => {
                    let units = value.value.chunks_exact(2).map(|p| p.iter().fold(0u16, |v, b| v << 8 | u16::from(*b)));
                    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
                }
                _ => String::from_utf8_lossy(value.value).into_owned(),
            };
            parts.push(format!("{label}={text}"));
        }
    }
    Ok(parts.join(", "))
}

/// URIs of all distribution point names in a CRLDP or IDP value, as raw elements.
pub(crate) fn names_in(value: &[u8]) -> Vec<&[u8]> {
    // Distribution points nest at most five deep: SEQUENCE, SEQUENCE, [0], [0], GeneralName.
    fn walk<'a>(bytes: &'a [u8], depth: usize, found: &mut Vec<&'a [u8]>) {
        let mut reader = Reader::new(bytes);
        while let Ok(element) = reader.any() {
            if element.tag == 0x86 && found.len() < 64 {
                found.push(element.value);
            } else if depth < 6 && element.tag & 0x20 != 0 {
                walk(element.value, depth + 1, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(value, 0, &mut found);
    found
}
