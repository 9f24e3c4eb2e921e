//! Putting CRLs together.

use der::Encode;
use der::asn1::{OctetString, Uint};
use time::OffsetDateTime;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, IssuingDistributionPoint};

use super::{EncodedEntry, MAX_ENTRIES};
use crate::asn1::write::{INTEGER, SEQUENCE, constructed, header, tlv};
use crate::asn1::{extension, signed};
use crate::instant::{to_generalized, to_time};
use crate::profile::distribution_point;
use crate::{Error, Issuer, PublicKey, oid};

/// Which certificates a CRL is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The end entities' certificates that carry this URL as their distribution point. The critical
    /// issuingDistributionPoint says it too, so one shard cannot stand in for another (RFC 5280 §5.2.5).
    Shard {
        /// The URL.
        url: &'a str,
    },
    /// Everything the CA issued: the CRL of the root, and of the time-stamping CA. Complete for its issuer, so it
    /// has no issuingDistributionPoint: there is no other it could be mistaken for.
    Everything,
}

/// What a CRL is to say.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    /// `CRLNumber`: greater than that of every earlier CRL of the same scope.
    pub number: u64,
    /// When the state was taken.
    pub this_update: OffsetDateTime,
    /// By when there will be another.
    pub next_update: OffsetDateTime,
    /// Which certificates.
    pub scope: Scope<'a>,
    /// Certificates that expired after this instant stay listed (X.509 `ExpiredCertsOnCRL`); normally the CA's first day.
    pub expired_kept_since: Option<OffsetDateTime>,
    /// The revoked certificates, in any order.
    pub entries: &'a [EncodedEntry],
}

/// A CRL to be signed.
#[derive(Debug)]
#[must_use = "a prepared CRL is to be signed"]
pub struct PreparedCrl {
    tbs_der: Vec<u8>,
    signer: PublicKey,
}

/// Builds a CRL:
///
/// ```text
/// TBSCertList ::= SEQUENCE {
///     version                  INTEGER { v2(1) },
///     signature                AlgorithmIdentifier,
///     issuer                   Name,
///     thisUpdate               Time,
///     nextUpdate               Time,
///     revokedCertificates      SEQUENCE OF SEQUENCE { … } OPTIONAL,
///     crlExtensions        [0] EXPLICIT Extensions }
/// ```
///
/// # Errors
/// [`Error::Value`] for two entries of one certificate or a revocation after `this_update`, [`Error::Time`],
/// [`Error::TooLarge`], [`Error::Encoding`].
pub fn prepare(issuer: &Issuer, parameters: &Parameters<'_>) -> Result<PreparedCrl, Error> {
    if parameters.this_update >= parameters.next_update {
        return Err(Error::Time { what: "nextUpdate not after thisUpdate" });
    }
    let entries = sorted(parameters)?;
    let encoding = || Error::encoding("CRL");
    // §5.1.2.1 version 2, for there are extensions; §5.1.2.2 the algorithm; §5.1.2.3 the issuer; §5.1.2.4, §5.1.2.5.
    let mut fields = vec![INTEGER, 1, 1];
    fields.extend(issuer.key.curve().signature_algorithm().to_der().map_err(encoding())?);
    fields.extend(issuer.name.to_der().map_err(encoding())?);
    fields.extend(to_time(parameters.this_update)?.to_der().map_err(encoding())?);
    fields.extend(to_time(parameters.next_update)?.to_der().map_err(encoding())?);
    let extensions = tlv(constructed(0), &[&extensions(issuer, parameters)?.to_der().map_err(encoding())?]);
    // §5.1.2.6: absent when there is none.
    let length = entries.iter().map(|entry| entry.der.len()).sum();
    let list = if entries.is_empty() { Vec::new() } else { header(SEQUENCE, length) };
    let whole = fields.len() + list.len() + length + extensions.len();
    let mut tbs_der = header(SEQUENCE, whole);
    tbs_der.reserve_exact(whole);
    tbs_der.extend(fields);
    tbs_der.extend(list);
    for entry in entries {
        tbs_der.extend_from_slice(&entry.der);
    }
    tbs_der.extend(extensions);
    Ok(PreparedCrl { tbs_der, signer: issuer.key.clone() })
}

fn sorted<'a>(parameters: &Parameters<'a>) -> Result<Vec<&'a EncodedEntry>, Error> {
    if parameters.entries.len() > MAX_ENTRIES {
        return Err(Error::TooLarge { what: "CRL" });
    }
    let mut entries: Vec<&EncodedEntry> = parameters.entries.iter().collect();
    entries.sort_unstable_by_key(|entry| entry.serial);
    if entries.array_windows().any(|[first, second]| first.serial == second.serial) {
        return Err(Error::Value { what: "CRL: a certificate listed twice" });
    }
    if entries.iter().any(|entry| entry.at > parameters.this_update) {
        return Err(Error::Value { what: "CRL: a revocation after thisUpdate" });
    }
    Ok(entries)
}

fn extensions(issuer: &Issuer, parameters: &Parameters<'_>) -> Result<Vec<Extension>, Error> {
    let identifier = OctetString::new(issuer.key_identifier.clone()).map_err(Error::encoding("key identifier"))?;
    let authority = AuthorityKeyIdentifier { key_identifier: Some(identifier), ..Default::default() };
    let number = Uint::new(&parameters.number.to_be_bytes()).map_err(Error::encoding("CRLNumber"))?;
    let mut extensions = vec![
        // §5.2.1
        extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &authority)?,
        // §5.2.3
        extension(oid::CRL_NUMBER, false, &CrlNumber(number))?,
    ];
    // §5.2.5: critical. `x509-cert` knows the structure under another identifier, so it is named here.
    if let Scope::Shard { url } = parameters.scope {
        extensions.push(extension(oid::ISSUING_DISTRIBUTION_POINT, true, &distribution(url)?)?);
    }
    // X.509 §9.5.2.8
    if let Some(since) = parameters.expired_kept_since {
        extensions.push(extension(oid::EXPIRED_CERTS_ON_CRL, false, &to_generalized(since)?)?);
    }
    Ok(extensions)
}

/// The issuingDistributionPoint of a shard.
pub(super) fn distribution(url: &str) -> Result<IssuingDistributionPoint, Error> {
    Ok(IssuingDistributionPoint {
        distribution_point: distribution_point(url)?.distribution_point,
        only_contains_user_certs: true,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    })
}

impl PreparedCrl {
    /// The key whose signature belongs to it.
    #[must_use]
    pub const fn signer(&self) -> &PublicKey {
        &self.signer
    }

    /// What the issuer's key signs (ECDSA): SHA-256, SHA-384 for a P-384 key.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        self.signer.curve().digest(&self.tbs_der)
    }

    /// Puts the signature (DER `ECDSA-Sig-Value`) to it; gives the DER of the CRL.
    ///
    /// # Errors
    /// [`Error::Signature`] if it does not verify under the issuer's key.
    pub fn complete(self, signature: &[u8]) -> Result<Vec<u8>, Error> {
        self.signer.verify(&self.tbs_der, signature)?;
        signed::assemble(&self.tbs_der, self.signer.curve().signature_algorithm(), signature)
    }
}
