//! What each fuzz target does with its bytes: read them, and hold what was read to its promises. Gives whether they
//! were read. Also run by the tests, on mutated valid input.

use ca::crl::MAX_ENTRIES;
use ca::ocsp::MAX_CERTIFICATES;
use ca::{Issuer, IssuerName};

/// A certificate: as shown, and as a CA's.
pub(crate) fn certificate(bytes: &[u8]) -> bool {
    let _ = Issuer::from_certificate(bytes, IssuerName::Root);
    ca::parse(bytes).is_ok_and(|view| {
        assert!(view.serial.len() <= 2 * bytes.len());
        true
    })
}

/// A certificate signing request.
pub(crate) fn csr(bytes: &[u8]) -> bool {
    ca::csr::parse(bytes).is_ok()
}

/// A CRL.
pub(crate) fn crl(bytes: &[u8]) -> bool {
    ca::crl::parse(bytes).is_ok_and(|view| {
        assert!(view.entries.len() <= MAX_ENTRIES);
        assert!(view.entries.is_sorted_by(|first, second| first.serial < second.serial));
        true
    })
}

/// An OCSP request.
pub(crate) fn ocsp_request(bytes: &[u8]) -> bool {
    ca::ocsp::parse_request(bytes).is_ok_and(|request| {
        assert!((1..=MAX_CERTIFICATES).contains(&request.certificates.len()));
        assert!(request.nonce.is_none_or(|nonce| (1..=128).contains(&nonce.len())));
        true
    })
}

/// A request for a time-stamp.
pub(crate) fn tsp_request(bytes: &[u8]) -> bool {
    ca::tsp::parse_request(bytes).is_ok_and(|request| {
        assert_eq!(request.hashed_message().len(), request.hash_algorithm().length());
        true
    })
}
