//! Why there is no time-stamp.

use std::fmt;

use crate::asn1::write::{self, BIT_STRING, SEQUENCE, tlv};

/// `PKIFailureInfo` as far as RFC 3161 §2.4.2 uses it. What the requestor is told; nothing inside shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// `badAlg`: a digest that is unknown, too weak, or has parameters.
    BadAlgorithm,
    /// `badRequest`: not version 1, or larger than any request needs to be.
    BadRequest,
    /// `badDataFormat`: not the DER of a request, or a digest of the wrong length.
    BadDataFormat,
    /// `timeNotAvailable`: the clock's deviation is unknown or larger than the accuracy stated (EN 319 421 §7.7.2).
    TimeNotAvailable,
    /// `unacceptedPolicy`: the policy asked for is not this unit's.
    UnacceptedPolicy,
    /// `unacceptedExtension`: any extension, for none is known (RFC 3161 §2.4.1: critical or not).
    UnacceptedExtension,
    /// `systemFailure`: something here is broken.
    SystemFailure,
}

impl Rejection {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::BadAlgorithm,
        Self::BadRequest,
        Self::BadDataFormat,
        Self::TimeNotAvailable,
        Self::UnacceptedPolicy,
        Self::UnacceptedExtension,
        Self::SystemFailure,
    ];

    /// The name used in records and counters: that of RFC 3161.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadAlgorithm => "badAlg",
            Self::BadRequest => "badRequest",
            Self::BadDataFormat => "badDataFormat",
            Self::TimeNotAvailable => "timeNotAvailable",
            Self::UnacceptedPolicy => "unacceptedPolicy",
            Self::UnacceptedExtension => "unacceptedExtension",
            Self::SystemFailure => "systemFailure",
        }
    }

    /// The number of the bit that says so.
    const fn bit(self) -> u8 {
        match self {
            Self::BadAlgorithm => 0,
            Self::BadRequest => 2,
            Self::BadDataFormat => 5,
            Self::TimeNotAvailable => 14,
            Self::UnacceptedPolicy => 15,
            Self::UnacceptedExtension => 16,
            Self::SystemFailure => 25,
        }
    }

    /// ```text
    /// PKIStatusInfo ::= SEQUENCE {
    ///     status        PKIStatus,             -- rejection (2)
    ///     statusString  PKIFreeText OPTIONAL,
    ///     failInfo      PKIFailureInfo OPTIONAL }
    /// PKIFailureInfo ::= BIT STRING -- named bits
    /// ```
    pub(super) fn status_info(self) -> Vec<u8> {
        // X.690 §11.2.2: a named bit list ends with its last one bit.
        let (octets, place) = (self.bit() / 8, self.bit() % 8);
        let mut content = vec![7 - place];
        content.extend((0..octets).map(|_| 0));
        content.push(0x80 >> place);
        tlv(SEQUENCE, &[&write::unsigned(&[2]), &tlv(BIT_STRING, &[&content])])
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
