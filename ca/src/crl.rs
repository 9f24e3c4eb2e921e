//! Certificate revocation lists: shards of the issuing CA, and the root's yearly one. No delta CRLs.

use der::Encode;
use der::asn1::{OctetString, Uint};
use time::OffsetDateTime;
use x509_cert::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, IssuingDistributionPoint};

use crate::asn1::{extension, signed};
use crate::instant::{to_generalized, to_time};
use crate::profile::distribution_point;
use crate::{Error, Issuer, PublicKey, RevocationReason, Serial, oid};

/// The most entries of one CRL; more shards are due long before.
pub const MAX_ENTRIES: usize = 200_000;

/// A revoked certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its serial number.
    pub serial: Serial,
    /// When it was revoked.
    pub at: OffsetDateTime,
    /// Why.
    pub reason: RevocationReason,
    /// Since when the key or the right is believed lost, if known.
    pub invalid_since: Option<OffsetDateTime>,
}

/// Which certificates a CRL is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The doctors' certificates that carry this URL as their distribution point. The critical
    /// issuingDistributionPoint says it too, so one shard cannot stand in for another.
    Shard {
        /// The URL.
        url: &'a str,
    },
    /// Everything the CA issued: the root's CRL.
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
    /// The revoked certificates.
    pub entries: &'a [Entry],
}

/// A CRL to be signed.
#[derive(Debug)]
#[must_use = "a prepared CRL is to be signed"]
pub struct PreparedCrl {
    tbs_der: Vec<u8>,
    signer: PublicKey,
}

/// Builds a CRL (RFC 5280 §5).
///
/// # Errors
/// [`Error::Value`] for two entries of one certificate or a revocation after `this_update`, [`Error::Time`],
/// [`Error::TooLarge`], [`Error::Encoding`].
pub fn prepare(issuer: &Issuer, parameters: &Parameters<'_>) -> Result<PreparedCrl, Error> {
    if parameters.this_update >= parameters.next_update {
        return Err(Error::Time { what: "nextUpdate not after thisUpdate" });
    }
    let tbs = TbsCertList {
        // §5.1.2.1: version 2, for there are extensions.
        version: Version::V2,
        // §5.1.2.2
        signature: issuer.key.curve().signature_algorithm(),
        // §5.1.2.3
        issuer: issuer.name.clone(),
        // §5.1.2.4
        this_update: to_time(parameters.this_update)?,
        // §5.1.2.5
        next_update: Some(to_time(parameters.next_update)?),
        // §5.1.2.6: absent when there is none.
        revoked_certificates: entries(parameters)?,
        crl_extensions: Some(extensions(issuer, parameters)?),
    };
    Ok(PreparedCrl { tbs_der: tbs.to_der().map_err(Error::encoding("CRL"))?, signer: issuer.key.clone() })
}

fn entries(parameters: &Parameters<'_>) -> Result<Option<Vec<RevokedCert>>, Error> {
    if parameters.entries.len() > MAX_ENTRIES {
        return Err(Error::TooLarge { what: "CRL" });
    }
    let mut sorted: Vec<&Entry> = parameters.entries.iter().collect();
    sorted.sort_by_key(|entry| entry.serial);
    if sorted.array_windows().any(|[first, second]| first.serial == second.serial) {
        return Err(Error::Value { what: "CRL: a certificate listed twice" });
    }
    let revoked = sorted.into_iter().map(|entry| revoked(entry, parameters)).collect::<Result<Vec<_>, _>>()?;
    Ok((!revoked.is_empty()).then_some(revoked))
}

fn revoked(entry: &Entry, parameters: &Parameters<'_>) -> Result<RevokedCert, Error> {
    if entry.at > parameters.this_update {
        return Err(Error::Value { what: "CRL: a revocation after thisUpdate" });
    }
    let mut extensions = Vec::new();
    // §5.3.1
    if let Some(reason) = entry.reason.to_der() {
        extensions.push(extension(oid::REASON_CODE, false, &reason)?);
    }
    // §5.3.2
    if let Some(since) = entry.invalid_since {
        extensions.push(extension(oid::INVALIDITY_DATE, false, &to_generalized(since)?)?);
    }
    Ok(RevokedCert {
        serial_number: entry.serial.to_der_integer()?,
        revocation_date: to_time(entry.at)?,
        crl_entry_extensions: (!extensions.is_empty()).then_some(extensions),
    })
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
        let content = IssuingDistributionPoint {
            distribution_point: distribution_point(url)?.distribution_point,
            only_contains_user_certs: true,
            only_contains_ca_certs: false,
            only_some_reasons: None,
            indirect_crl: false,
            only_contains_attribute_certs: false,
        };
        extensions.push(extension(oid::ISSUING_DISTRIBUTION_POINT, true, &content)?);
    }
    // X.509 §9.5.2.8
    if let Some(since) = parameters.expired_kept_since {
        extensions.push(extension(oid::EXPIRED_CERTS_ON_CRL, false, &to_generalized(since)?)?);
    }
    Ok(extensions)
}

impl PreparedCrl {
    /// The key that is to sign it.
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
