//! The installation's CA certificates, and what follows from them.

use std::num::{NonZeroU8, NonZeroU16};

use ca::{DEFAULT_ARC, Installation, Issuer, Policies, Urls};
use store::Journal;

use crate::core::{Configuration, Core, OpenError};
use crate::protocol::{Refusal, Response};

/// First byte of every serial number of this issuer.
pub(crate) const ISSUER_NUMBER: NonZeroU8 = NonZeroU8::MIN;

/// Number of CRL shards; a certificate's shard is fixed at issuance.
pub(crate) const SHARDS: NonZeroU16 = NonZeroU16::MIN;

/// The wrapping epoch of new doctors' keys.
pub(crate) const EPOCH: u32 = 1;

/// Root and issuing CA.
#[derive(Debug, Clone)]
pub(crate) struct Authorities {
    root: Issuer,
    issuing: Issuer,
    installation: Installation,
}

impl Authorities {
    pub(crate) async fn load(journal: &Journal, configuration: &Configuration) -> Result<Self, OpenError> {
        let mut tx = journal.begin().await.map_err(OpenError::Journal)?;
        let mut issuers = Vec::new();
        for kind in ["root", "issuing"] {
            let newest = tx.certificates_of_kind(kind).await.map_err(OpenError::Journal)?.into_iter().next();
            let der = newest.and_then(|row| row.der).ok_or(OpenError::NotInitialised)?;
            issuers.push(Issuer::from_certificate(&der).map_err(|_| OpenError::Mismatch)?);
        }
        let (Some(issuing), Some(root)) = (issuers.pop(), issuers.pop()) else { return Err(OpenError::NotInitialised) };
        Ok(Self { root, issuing, installation: installation(configuration).map_err(|_| OpenError::Mismatch)? })
    }

    pub(crate) fn root(&self) -> &Issuer {
        &self.root
    }

    pub(crate) fn issuing(&self) -> &Issuer {
        &self.issuing
    }

    pub(crate) fn issuing_der(&self) -> &[u8] {
        self.issuing.certificate_der()
    }

    pub(crate) fn installation(&self) -> &Installation {
        &self.installation
    }

    pub(crate) fn issuing_spki(&self) -> Option<Vec<u8>> {
        self.issuing.public_key().to_spki_der().ok()
    }
}

/// URLs and policies that certificates of this installation carry.
pub(crate) fn installation(configuration: &Configuration) -> Result<Installation, ca::Error> {
    Ok(Installation {
        urls: Urls::new(&configuration.public_url)?,
        policies: Policies::new(DEFAULT_ARC, !configuration.demo)?,
    })
}

impl Core {
    pub(crate) fn ca_certificate(&self, name: &str) -> Result<Response, Refusal> {
        let issuer = match name {
            "root" => self.authorities.root(),
            "issuing" => self.authorities.issuing(),
            _ => return Err(Refusal::NotFound),
        };
        Ok(Response::Der { bytes: hex::encode(issuer.certificate_der()) })
    }
}
