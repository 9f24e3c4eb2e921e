//! Distinguished names (RFC 5280 §4.1.2.4, §7.1) and general names (§4.2.1.6).

use super::asn1::{Element, Malformed, OID, Parsed, Reader, SEQUENCE, SET, single};

/// emailAddress (PKCS #9), `1.2.840.113549.1.9.1`.
const EMAIL_ADDRESS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01";

/// cRLIssuer, `[2]` of a `DistributionPoint` (RFC 5280 §4.2.1.13).
const CRL_ISSUER: u8 = 0xa2;

/// One `RelativeDistinguishedName` in a form that compares by bytes: sorted attributes of identifier and value.
pub(crate) type Relative = Vec<(Vec<u8>, Vec<u8>)>;

/// Whether two DER names are the same name.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one == other || matches!((comparable(one), comparable(other)), (Ok(a), Ok(b)) if a == b)
}

/// The name as relative names that compare by bytes. Strings are compared without regard to case and to the amount
/// of white space (§7.1, short of full string preparation: what that would equate stays different here).
pub(crate) fn comparable(name: &[u8]) -> Parsed<Vec<Relative>> {
    let mut relatives = Vec::new();
    for set in single(name, SEQUENCE)?.inside().all(32)? {
        relatives.push(relative(set)?);
    }
    Ok(relatives)
}

fn relative(set: Element<'_>) -> Parsed<Relative> {
    if set.tag != SET {
        return Err(Malformed);
    }
    let mut attributes = Vec::new();
    for attribute in set.inside().all(8)? {
        let mut inside = attribute.inside();
        let (id, value) = (inside.expect(OID)?.value.to_vec(), inside.any()?);
        inside.finish()?;
        let folded = string(value).map(|text| {
            let lower = text.to_lowercase();
            lower.split_whitespace().collect::<Vec<_>>().join(" ").into_bytes()
        });
        attributes.push((id, folded.unwrap_or_else(|| value.raw.to_vec())));
    }
    attributes.sort();
    Ok(attributes)
}

/// The text of a string type with a known alphabet.
fn string(value: Element<'_>) -> Option<String> {
    match value.tag {
        0x0c | 0x13 | 0x16 => String::from_utf8(value.value.to_vec()).ok(),
        0x1e => {
            let units = value.value.chunks_exact(2).map(|p| p.iter().fold(0u16, |v, b| v << 8 | u16::from(*b)));
            char::decode_utf16(units).collect::<Result<String, _>>().ok()
        }
        _ => None,
    }
}

/// Whether the name has no attribute at all.
pub(crate) fn is_empty(name: &[u8]) -> bool {
    single(name, SEQUENCE).is_ok_and(|list| list.value.is_empty())
}

/// The mail addresses among the attributes of a name.
pub(crate) fn mail_addresses(name: &[u8]) -> Parsed<Vec<&[u8]>> {
    let mut found = Vec::new();
    for set in single(name, SEQUENCE)?.inside().all(32)? {
        for attribute in set.inside().all(8)? {
            let mut inside = attribute.inside();
            if inside.expect(OID)?.value == EMAIL_ADDRESS {
                found.push(inside.any()?.value);
            }
        }
    }
    Ok(found)
}

/// The name as `CN=…, O=…`.
pub(crate) fn text(name: &[u8]) -> Parsed<String> {
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
            let text = string(value).unwrap_or_else(|| String::from_utf8_lossy(value.value).into_owned());
            parts.push(format!("{label}={text}"));
        }
    }
    Ok(parts.join(", "))
}

/// A `GeneralName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GeneralName<'a> {
    Mail(&'a [u8]),
    Dns(&'a [u8]),
    /// DER of the name.
    Directory(&'a [u8]),
    Uri(&'a [u8]),
    /// Four or sixteen octets, twice as many in a constraint.
    Address(&'a [u8]),
    /// otherName, x400Address, ediPartyName and registeredID, by their tag.
    Other(u8),
}

impl<'a> GeneralName<'a> {
    pub(crate) fn parse(element: Element<'a>) -> Parsed<Self> {
        Ok(match element.tag {
            0x81 => Self::Mail(element.value),
            0x82 => Self::Dns(element.value),
            0xa4 => Self::Directory(single(element.value, SEQUENCE)?.raw),
            0x86 => Self::Uri(element.value),
            0x87 => Self::Address(element.value),
            0xa0 | 0xa3 | 0xa5 | 0x88 => Self::Other(element.tag),
            _ => return Err(Malformed),
        })
    }

    /// Parses `GeneralNames`: at least one, at most 4096.
    pub(crate) fn list(value: &'a [u8]) -> Parsed<Vec<Self>> {
        let elements = single(value, SEQUENCE)?.inside().all(4096)?;
        if elements.is_empty() {
            return Err(Malformed);
        }
        elements.into_iter().map(Self::parse).collect()
    }
}

/// URIs of all distribution point names in a CRLDP or IDP value.
pub(crate) fn uris_in(value: &[u8]) -> Vec<&[u8]> {
    points_in(value).into_iter().filter(|e| e.tag == 0x86).map(|e| e.value).collect()
}

/// URIs and directory names of all distribution point names in a CRLDP or IDP value, without those of CRL issuers.
pub(crate) fn points_in(value: &[u8]) -> Vec<Element<'_>> {
    // Distribution points nest at most five deep: SEQUENCE, SEQUENCE, [0], [0], GeneralName.
    fn walk<'a>(bytes: &'a [u8], depth: usize, found: &mut Vec<Element<'a>>) {
        let mut reader = Reader::new(bytes);
        while let Ok(element) = reader.any() {
            if matches!(element.tag, 0x86 | 0xa4) && found.len() < 64 {
                found.push(element);
            } else if depth < 6 && element.tag & 0x20 != 0 && element.tag != CRL_ISSUER {
                walk(element.value, depth + 1, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(value, 0, &mut found);
    found
}
