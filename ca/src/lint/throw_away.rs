//! The key that signs what is only to be examined.

use std::fmt;

use der::Decode;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::elliptic_curve::Generate;
use rand_core::CryptoRng;
use x509_cert::Certificate;

use super::Expected;
use crate::asn1::signed;
use crate::{Curve, Error};

/// A key pair for each curve that signs certificates under examination and nothing else. Whoever starts the service
/// makes one from its randomness; it is never written down, and nothing trusts its public half.
pub struct ThrowAwayKey {
    p256: p256::ecdsa::SigningKey,
    p384: p384::ecdsa::SigningKey,
}

impl ThrowAwayKey {
    /// Makes one.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self {
            p256: p256::ecdsa::SigningKey::generate_from_rng(rng),
            p384: p384::ecdsa::SigningKey::generate_from_rng(rng),
        }
    }

    /// Makes a whole certificate out of a `TBSCertificate` and reads it back as a stranger would.
    pub(super) fn certify(&self, tbs_der: &[u8], expected: &Expected<'_>) -> Result<Certificate, Error> {
        let curve = expected.issuer.map_or(Curve::P384, |issuer| issuer.key.curve());
        let digest = curve.digest(tbs_der);
        let refused = |_| Error::Signature;
        let signature = match curve {
            Curve::P256 => {
                let signature: p256::ecdsa::Signature = self.p256.sign_prehash(&digest).map_err(refused)?;
                signature.to_der().as_bytes().to_vec()
            }
            Curve::P384 => {
                let signature: p384::ecdsa::Signature = self.p384.sign_prehash(&digest).map_err(refused)?;
                signature.to_der().as_bytes().to_vec()
            }
        };
        let der = signed::assemble(tbs_der, curve.signature_algorithm(), &signature)?;
        Certificate::from_der(&der).map_err(Error::malformed("TBSCertificate"))
    }
}

impl fmt::Debug for ThrowAwayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ThrowAwayKey")
    }
}
