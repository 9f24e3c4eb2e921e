//! From a certificate that may be signed to one that was: `Prepared → Recorded → Certificate`.
//!
//! The journal holds the linted bytes before the token is asked to sign, so that after a loss of power there is a
//! record of everything that may have been signed.

use der::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::asn1::{signed, tbs::TbsCertificate};
use crate::lint::{self, Expected, ThrowAwayKey};
use crate::profile::Kind;
use crate::view::MAX_CERTIFICATE;
use crate::{Error, PublicKey, Serial};

/// A certificate that passed every rule and that nobody has signed. There is nothing here that a key could sign:
/// that comes with [`Recorded`].
#[derive(Debug)]
#[must_use = "a prepared certificate is to be recorded"]
pub struct Prepared {
    tbs_der: Vec<u8>,
    kind: Kind,
    subject_sha256: [u8; 32],
    serial: Serial,
    signer: PublicKey,
}

impl Prepared {
    /// Lints a certificate; the only way to a [`Prepared`].
    pub(crate) fn new(
        tbs: &TbsCertificate,
        serial: Serial,
        expected: &Expected<'_>,
        throw_away: &ThrowAwayKey,
    ) -> Result<Self, Error> {
        let tbs_der = tbs.to_der().map_err(Error::encoding("TBSCertificate"))?;
        lint::check(&tbs_der, expected, throw_away)?;
        let signer = match expected.issuer {
            Some(issuer) => issuer.key.clone(),
            None => PublicKey::from_spki(tbs.subject_public_key_info.clone())?,
        };
        let subject = tbs.subject.to_der().map_err(Error::encoding("subject"))?;
        Ok(Self { tbs_der, kind: expected.kind, subject_sha256: Sha256::digest(subject).into(), serial, signer })
    }

    /// DER of the `TBSCertificate`: what the journal records.
    #[must_use]
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs_der
    }

    /// Its kind, whose [`Kind::document`] it was built by.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// SHA-256 of the subject's DER: what tells whether a subject was certified before.
    #[must_use]
    pub const fn subject_sha256(&self) -> [u8; 32] {
        self.subject_sha256
    }

    /// Its serial number.
    #[must_use]
    pub const fn serial(&self) -> Serial {
        self.serial
    }

    /// States that [`Self::tbs_der`] is on record, committed, durable. Only the journal says so.
    pub fn assert_recorded(self) -> Recorded {
        Recorded { tbs_der: self.tbs_der, serial: self.serial, signer: self.signer }
    }
}

/// A certificate that is on record and may be signed: once, as it is.
#[derive(Debug)]
#[must_use = "a recorded certificate is to be signed"]
pub struct Recorded {
    tbs_der: Vec<u8>,
    serial: Serial,
    signer: PublicKey,
}

impl Recorded {
    /// Takes up what the journal recorded and no signature followed. It was linted before it was recorded.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the record is not a `TBSCertificate` with a serial number of ours, or names an
    /// algorithm that is not the signer's.
    pub fn from_journal(tbs_der: &[u8], signer: &PublicKey) -> Result<Self, Error> {
        let what = "recorded TBSCertificate";
        if tbs_der.len() > MAX_CERTIFICATE {
            return Err(Error::TooLarge { what });
        }
        let tbs = TbsCertificate::from_der(tbs_der).map_err(Error::malformed(what))?;
        let serial = Serial::from_integer(tbs.serial_number.as_bytes()).ok_or(Error::Malformed { what })?;
        if tbs.signature != signer.curve().signature_algorithm() {
            return Err(Error::Malformed { what });
        }
        Ok(Self { tbs_der: tbs_der.to_vec(), serial, signer: signer.clone() })
    }

    /// Its serial number.
    #[must_use]
    pub const fn serial(&self) -> Serial {
        self.serial
    }

    /// The key that is to sign it.
    #[must_use]
    pub const fn signer(&self) -> &PublicKey {
        &self.signer
    }

    /// What the issuer's key signs (ECDSA): SHA-256 of the bytes, SHA-384 for a P-384 key.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        self.signer.curve().digest(&self.tbs_der)
    }

    /// Puts the signature (DER `ECDSA-Sig-Value`) to it.
    ///
    /// # Errors
    /// [`Error::Signature`] if it does not verify under the issuer's key.
    pub fn complete(self, signature: &[u8]) -> Result<Certificate, Error> {
        self.signer.verify(&self.tbs_der, signature)?;
        let der = signed::assemble(&self.tbs_der, self.signer.curve().signature_algorithm(), signature)?;
        Ok(Certificate { sha256: Sha256::digest(&der).into(), serial: self.serial, der })
    }
}

/// A signed certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// DER.
    pub der: Vec<u8>,
    /// Its serial number.
    pub serial: Serial,
    /// SHA-256 of the DER.
    pub sha256: [u8; 32],
}
