//! Writing DER whose inner parts are DER already (X.690 §8.1, §10.1).

/// Tag, length, and the parts one after another.
pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => out.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let octets = octets.get(length.leading_zeros() as usize / 8..).unwrap_or_default();
            // A length has at most eight octets.
            out.push(0x80 | u8::try_from(octets.len()).unwrap_or(8));
            out.extend_from_slice(octets);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A `SET OF`: its members in ascending order of their encodings (X.690 §11.6).
pub(super) fn set_of(tag: u8, mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort();
    tlv(tag, &members.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode;
    use der::asn1::OctetString;

    #[test]
    fn lengths_are_what_another_encoder_writes() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![7; length];
            let other = OctetString::new(content.clone()).unwrap().to_der().unwrap();
            assert_eq!(tlv(0x04, &[&content]), other, "{length}");
        }
    }

    #[test]
    fn members_of_a_set_are_sorted() {
        assert_eq!(set_of(0x31, vec![vec![2, 1, 9], vec![2, 1, 3]]), [0x31, 6, 2, 1, 3, 2, 1, 9]);
    }
}
