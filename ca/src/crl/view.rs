//! Reading the CRLs of this PKI.

use der::asn1::{AnyRef, BitString, GeneralizedTime, Int, ObjectIdentifier, OctetStringRef};
use der::{Decode, Sequence, Tag, Tagged};
use spki::AlgorithmIdentifierOwned;
use time::OffsetDateTime;
use x509_cert::Version;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{CrlNumber, CrlReason, IssuingDistributionPoint};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::build::distribution;
use super::{Entry, MAX_ENTRIES};
use crate::asn1::write::{SEQUENCE, tlv};
use crate::instant::from_time;
use crate::{Error, Issuer, RevocationReason, Serial, oid};

/// The largest CRL read, in octets: [`MAX_ENTRIES`] of the longest, and what goes around them.
pub const MAX_CRL: usize = MAX_ENTRIES * 90 + 4096;

/// The most extensions of a CRL or an entry.
const MAX_EXTENSIONS: usize = 8;

const WHAT: &str = "CRL";
const MALFORMED: Error = Error::Malformed { what: WHAT };

/// What a CRL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlView {
    /// The issuer as one line (RFC 4514).
    pub issuer: String,
    /// `CRLNumber`.
    pub number: u64,
    /// When the state was taken.
    pub this_update: OffsetDateTime,
    /// By when there was to be another.
    pub next_update: OffsetDateTime,
    /// The distribution point of a shard; none for the list of everything.
    pub url: Option<String>,
    /// Since when expired certificates stay listed.
    pub expired_kept_since: Option<OffsetDateTime>,
    /// The revoked certificates, in the order of their serial numbers.
    pub entries: Vec<Entry>,
    tbs_der: Vec<u8>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
}

impl CrlView {
    /// Whether the issuer signed it.
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub fn verify(&self, issuer: &Issuer) -> Result<(), Error> {
        if self.signature_algorithm != issuer.key.curve().signature_algorithm() {
            return Err(Error::Signature);
        }
        issuer.key.verify(&self.tbs_der, &self.signature)
    }
}

/// ```text
/// CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signature BIT STRING }
/// ```
#[derive(Debug, Sequence)]
struct CertificateList<'a> {
    tbs: AnyRef<'a>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// As [`prepare`](super::prepare) writes it.
#[derive(Debug, Sequence)]
struct TbsCertList<'a> {
    version: Version,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    this_update: Time,
    next_update: Time,
    revoked_certificates: Option<Vec<Revoked<'a>>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    extensions: Vec<ExtensionRef<'a>>,
}

#[derive(Debug, Sequence)]
struct Revoked<'a> {
    serial: Int,
    at: Time,
    extensions: Option<Vec<ExtensionRef<'a>>>,
}

/// An extension that is not copied: there may be hundreds of thousands.
#[derive(Debug, Sequence)]
struct ExtensionRef<'a> {
    identifier: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    critical: bool,
    value: &'a OctetStringRef,
}

/// Reads a DER CRL of the form made here; says nothing about its signature, see [`CrlView::verify`].
///
/// # Errors
/// [`Error::TooLarge`] beyond [`MAX_CRL`] octets or [`MAX_ENTRIES`] entries; [`Error::Malformed`] for anything else,
/// including entries of foreign serial numbers, out of order or with extensions that are not made here.
pub fn parse(der: &[u8]) -> Result<CrlView, Error> {
    if der.len() > MAX_CRL {
        return Err(Error::TooLarge { what: WHAT });
    }
    let list = CertificateList::from_der(der).map_err(Error::malformed(WHAT))?;
    if list.tbs.tag() != Tag::Sequence {
        return Err(MALFORMED);
    }
    let tbs: TbsCertList<'_> = list.tbs.decode_as().map_err(Error::malformed(WHAT))?;
    let signature = list.signature.as_bytes().ok_or(MALFORMED)?.to_vec();
    // RFC 5280 §5.1.1.2: the algorithm stands twice, the same.
    if tbs.version != Version::V2 || tbs.signature != list.signature_algorithm {
        return Err(MALFORMED);
    }
    let revoked = tbs.revoked_certificates.unwrap_or_default();
    if revoked.len() > MAX_ENTRIES || tbs.extensions.len() > MAX_EXTENSIONS {
        return Err(Error::TooLarge { what: WHAT });
    }
    let entries = revoked.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    if entries.array_windows().any(|[first, second]| first.serial >= second.serial) {
        return Err(MALFORMED);
    }
    let known =
        [oid::AUTHORITY_KEY_IDENTIFIER, oid::CRL_NUMBER, oid::ISSUING_DISTRIBUTION_POINT, oid::EXPIRED_CERTS_ON_CRL];
    only_once(&tbs.extensions, &known)?;
    let CrlNumber(number) = find(&tbs.extensions, oid::CRL_NUMBER)?.ok_or(MALFORMED)?;
    let since: Option<GeneralizedTime> = find(&tbs.extensions, oid::EXPIRED_CERTS_ON_CRL)?;
    Ok(CrlView {
        issuer: tbs.issuer.to_string(),
        number: number_of(number.as_bytes()).ok_or(MALFORMED)?,
        this_update: from_time(&tbs.this_update)?,
        next_update: from_time(&tbs.next_update)?,
        url: find(&tbs.extensions, oid::ISSUING_DISTRIBUTION_POINT)?.map(shard_url).transpose()?,
        expired_kept_since: since.map(|since| from_time(&Time::GeneralTime(since))).transpose()?,
        entries,
        tbs_der: tlv(SEQUENCE, &[list.tbs.value()]),
        signature_algorithm: list.signature_algorithm,
        signature,
    })
}

fn entry(revoked: &Revoked<'_>) -> Result<Entry, Error> {
    let extensions = revoked.extensions.as_deref().unwrap_or_default();
    only_once(extensions, &[oid::REASON_CODE, oid::INVALIDITY_DATE])?;
    let reason = match find::<CrlReason>(extensions, oid::REASON_CODE)? {
        None => RevocationReason::Unspecified,
        Some(reason) => {
            RevocationReason::ALL.into_iter().find(|known| known.to_der() == Some(reason)).ok_or(MALFORMED)?
        }
    };
    let since: Option<GeneralizedTime> = find(extensions, oid::INVALIDITY_DATE)?;
    Ok(Entry {
        serial: Serial::from_integer(revoked.serial.as_bytes()).ok_or(MALFORMED)?,
        at: from_time(&revoked.at)?,
        reason,
        invalid_since: since.map(|since| from_time(&Time::GeneralTime(since))).transpose()?,
    })
}

/// Refuses extensions that are there twice or are not among the known ones: their meaning would be lost.
fn only_once(extensions: &[ExtensionRef<'_>], known: &[ObjectIdentifier]) -> Result<(), Error> {
    let count = |one: &ObjectIdentifier| extensions.iter().filter(|extension| extension.identifier == *one).count();
    let all_known = extensions.iter().all(|extension| known.contains(&extension.identifier));
    if all_known && known.iter().all(|one| count(one) <= 1) { Ok(()) } else { Err(MALFORMED) }
}

/// The extension of this identifier; critical exactly if it must be (RFC 5280 §5.2.5).
fn find<T: for<'a> Decode<'a>>(
    extensions: &[ExtensionRef<'_>],
    identifier: ObjectIdentifier,
) -> Result<Option<T>, Error> {
    let Some(found) = extensions.iter().find(|extension| extension.identifier == identifier) else { return Ok(None) };
    if found.critical != (identifier == oid::ISSUING_DISTRIBUTION_POINT) {
        return Err(MALFORMED);
    }
    T::from_der(found.value.as_bytes()).map(Some).map_err(|_| MALFORMED)
}

/// The URL of a shard, if that is all its issuingDistributionPoint says.
fn shard_url(point: IssuingDistributionPoint) -> Result<String, Error> {
    let Some(DistributionPointName::FullName(names)) = &point.distribution_point else { return Err(MALFORMED) };
    let [GeneralName::UniformResourceIdentifier(url)] = names.as_slice() else { return Err(MALFORMED) };
    let url = url.as_str().to_owned();
    if point == distribution(&url)? { Ok(url) } else { Err(MALFORMED) }
}

fn number_of(octets: &[u8]) -> Option<u64> {
    octets.iter().try_fold(0_u64, |number, octet| number.checked_mul(256)?.checked_add(u64::from(*octet)))
}
