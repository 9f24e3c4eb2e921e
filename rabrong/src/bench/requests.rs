//! What is asked: DER of OCSP and time-stamp requests, and what an answer must begin with.

/// Object identifiers, their contents.
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const OCSP_NONCE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];

const SEQUENCE: u8 = 0x30;

/// The same OCSP request with a nonce (RFC 6960 §4.4.1): `requestExtensions [2]` after what the
/// `TBSRequest` holds already. None if it is not a request of that form.
pub(super) fn with_nonce(request: &[u8], nonce: u64) -> Option<Vec<u8>> {
    let list = content(content(request)?)?;
    let value = tlv(0x04, &[&tlv(0x04, &[&[0x5a; 8], &nonce.to_be_bytes()])]);
    let extension = tlv(SEQUENCE, &[&tlv(0x06, &[OCSP_NONCE]), &value]);
    let extensions = tlv(0xa2, &[&tlv(SEQUENCE, &[&extension])]);
    Some(tlv(SEQUENCE, &[&tlv(SEQUENCE, &[list, &extensions])]))
}

/// A time-stamp request (RFC 3161 §2.4.1) for a SHA-256 digest, with nonce, asking for the
/// certificate as PAdES needs it.
pub(super) fn time_stamp(number: u64) -> Vec<u8> {
    let algorithm = tlv(SEQUENCE, &[&tlv(0x06, &[SHA256]), &[0x05, 0x00]]);
    let imprint = tlv(SEQUENCE, &[&algorithm, &tlv(0x04, &[&[0x5a; 24], &number.to_be_bytes()])]);
    let nonce = tlv(0x02, &[&[0x5a], &number.to_be_bytes()]);
    tlv(SEQUENCE, &[&[0x02, 0x01, 0x01], &imprint, &nonce, &[0x01, 0x01, 0xff]])
}

/// `OCSPResponse` with the status successful.
pub(super) fn is_ocsp_answer(body: &[u8]) -> bool {
    content(body).is_some_and(|inside| inside.starts_with(&[0x0a, 0x01, 0x00]))
}

/// `TimeStampResp` with the status granted.
pub(super) fn is_time_stamp(body: &[u8]) -> bool {
    content(body).and_then(content).is_some_and(|inside| inside.starts_with(&[0x02, 0x01, 0x00]))
}

/// An element; none here is longer than 255 octets.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let inside = parts.concat();
    let length = u8::try_from(inside.len()).unwrap_or(u8::MAX);
    let head: &[u8] = if length < 0x80 { &[tag, length] } else { &[tag, 0x81, length] };
    [head, &inside].concat()
}

/// What an element holds; it may be cut short.
fn content(element: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = element.get(1..)?.split_first()?;
    let inside = match length {
        0..=0x7f => rest.get(..usize::from(length))?,
        0x81 => rest.get(1..)?,
        0x82 => rest.get(2..)?,
        _ => return None,
    };
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_as_they_are_meant() {
        let request = ca::tsp::parse_request(&time_stamp(7)).unwrap();
        assert_eq!(request.hashed_message().len(), 32);
        assert_ne!(time_stamp(7), time_stamp(8));
        // RFC 6960 §4.1.1 with SHA-1, as `ca::ocsp::request_for` writes it.
        let algorithm = tlv(SEQUENCE, &[&[0x06, 5, 0x2b, 0x0e, 0x03, 0x02, 0x1a], &[0x05, 0x00]]);
        let digest = tlv(0x04, &[&[1; 20]]);
        let id = tlv(SEQUENCE, &[&algorithm, &digest, &digest, &tlv(0x02, &[&[1; 17]])]);
        let plain = tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&id])])])]);
        let before = ca::ocsp::parse_request(&plain).unwrap();
        let after = ca::ocsp::parse_request(&with_nonce(&plain, 7).unwrap()).unwrap();
        assert_eq!((before.nonce, after.nonce.map(|nonce| nonce.len())), (None, Some(16)));
        assert_eq!(before.certificates, after.certificates);
    }

    #[test]
    fn an_answer_that_refuses_is_none() {
        assert!(is_ocsp_answer(&[0x30, 0x82, 0x01, 0x00, 0x0a, 0x01, 0x00, 0xa0]));
        assert!(!is_ocsp_answer(&[0x30, 0x03, 0x0a, 0x01, 0x01]));
        assert!(is_time_stamp(&[0x30, 0x82, 0x01, 0x00, 0x30, 0x03, 0x02, 0x01, 0x00]));
        assert!(!is_time_stamp(&[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02]));
        assert!(!is_ocsp_answer(&[]) && !is_time_stamp(b"<html>"));
    }
}
