//! The CMS structure (RFC 5652 §5) as exact bytes, and the checks that need no trust.

use crate::x509::algorithm::{self, Hash, SignatureFault, sha256};
use crate::x509::asn1::{
    Algorithm, Element, INTEGER, Malformed, OCTET_STRING, OID, Parsed, Reader, SEQUENCE, SET, single,
};
use crate::x509::certificate::Certificate;
use crate::x509::oid;

/// `SignedData` with its one `SignerInfo`.
#[derive(Debug, Clone)]
pub(crate) struct SignedData<'a> {
    pub(crate) content_type: &'a [u8],
    /// Encapsulated content; `None` when detached.
    pub(crate) content: Option<&'a [u8]>,
    pub(crate) certificates: Vec<&'a [u8]>,
    pub(crate) crls: Vec<&'a [u8]>,
    signer: Identifier<'a>,
    digest_algorithm: Algorithm<'a>,
    /// The signed attributes with their `[0]` tag.
    signed: Element<'a>,
    attributes: Vec<(&'a [u8], Vec<Element<'a>>)>,
    signature_algorithm: Algorithm<'a>,
    pub(crate) signature: &'a [u8],
    unsigned: Vec<(&'a [u8], Vec<Element<'a>>)>,
}

#[derive(Debug, Clone)]
enum Identifier<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    Key(&'a [u8]),
}

/// What a CMS signature fails on before any question of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignedDataFault {
    Malformed,
    SignerCount,
    Attributes,
    Digest,
    NoCertificateReference,
    WrongCertificateReference,
    Signature(SignatureFault),
}

impl From<Malformed> for SignedDataFault {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

impl<'a> SignedData<'a> {
    /// Parses `/Contents`: one `ContentInfo`, then zeros only.
    pub(crate) fn padded(contents: &'a [u8]) -> Result<Self, SignedDataFault> {
        let mut reader = Reader::new(contents);
        let info = reader.expect(SEQUENCE)?;
        if reader.rest().iter().any(|b| *b != 0) {
            return Err(SignedDataFault::Malformed);
        }
        Self::parse(info.raw)
    }

    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, SignedDataFault> {
        let mut info = single(bytes, SEQUENCE)?.inside();
        if info.expect(OID)?.value != oid::SIGNED_DATA {
            return Err(SignedDataFault::Malformed);
        }
        let mut data = single(info.expect(0xa0)?.value, SEQUENCE)?.inside();
        info.finish()?;
        data.expect(INTEGER)?;
        data.expect(SET)?;
        let mut encapsulated = data.expect(SEQUENCE)?.inside();
        let content_type = encapsulated.expect(OID)?.value;
        let content = match encapsulated.optional(0xa0)? {
            Some(tagged) => Some(single(tagged.value, OCTET_STRING)?.value),
            None => None,
        };
        encapsulated.finish()?;
        let certificates = match data.optional(0xa0)? {
            Some(set) => set.inside().all(64)?.into_iter().filter(|c| c.tag == SEQUENCE).map(|c| c.raw).collect(),
            None => Vec::new(),
        };
        let crls = match data.optional(0xa1)? {
            Some(set) => set.inside().all(64)?.into_iter().filter(|c| c.tag == SEQUENCE).map(|c| c.raw).collect(),
            None => Vec::new(),
        };
        let signers = data.expect(SET)?.inside().all(16)?;
        data.finish()?;
        let [signer] = signers.as_slice() else { return Err(SignedDataFault::SignerCount) };
        let mut signer = signer.inside();
        signer.expect(INTEGER)?;
        let identifier = match signer.peek() {
            Some(SEQUENCE) => {
                let mut name = signer.any()?.inside();
                let (issuer, serial) = (name.expect(SEQUENCE)?.raw, name.expect(INTEGER)?.value);
                name.finish()?;
                Identifier::IssuerAndSerial { issuer, serial }
            }
            Some(0x80) => Identifier::Key(signer.any()?.value),
            _ => return Err(SignedDataFault::Malformed),
        };
        let digest_algorithm = Algorithm::parse(signer.any()?)?;
        let signed = signer.optional(0xa0)?.ok_or(SignedDataFault::Attributes)?;
        let attributes = attributes(signed)?;
        let signature_algorithm = Algorithm::parse(signer.any()?)?;
        let signature = signer.expect(OCTET_STRING)?.value;
        let unsigned = match signer.optional(0xa1)? {
            Some(set) => self::attributes(set)?,
            None => Vec::new(),
        };
        signer.finish()?;
        Ok(Self {
            content_type,
            content,
            certificates,
            crls,
            signer: identifier,
            digest_algorithm,
            signed,
            attributes,
            signature_algorithm,
            signature,
            unsigned,
        })
    }

    /// The one value of a signed attribute.
    pub(crate) fn attribute(&self, id: &[u8]) -> Option<Element<'a>> {
        match self.attributes.iter().find(|(name, _)| *name == id).map(|(_, values)| values.as_slice()) {
            Some([value]) => Some(*value),
            _ => None,
        }
    }

    /// The first value of an unsigned attribute.
    pub(crate) fn unsigned_attribute(&self, id: &[u8]) -> Option<Element<'a>> {
        self.unsigned.iter().find(|(name, _)| *name == id).and_then(|(_, values)| values.first().copied())
    }

    /// Checks content-type and message-digest (RFC 5652 §5.4, §11) over the parts.
    pub(crate) fn check_content(&self, parts: &[&[u8]]) -> Result<(), SignedDataFault> {
        let hash = Hash::of(self.digest_algorithm).map_err(SignedDataFault::Signature)?;
        let kind = self.attribute(oid::CONTENT_TYPE).filter(|t| t.tag == OID).ok_or(SignedDataFault::Attributes)?;
        if kind.value != self.content_type {
            return Err(SignedDataFault::Attributes);
        }
        let digest = self.attribute(oid::MESSAGE_DIGEST).filter(|d| d.tag == OCTET_STRING);
        let digest = digest.ok_or(SignedDataFault::Attributes)?;
        if digest.value == hash.digest(parts) { Ok(()) } else { Err(SignedDataFault::Digest) }
    }

    /// The signer's certificate among `pool`.
    pub(crate) fn signer<'p>(&self, pool: &'p [Certificate<'a>]) -> Option<&'p Certificate<'a>> {
        // The one that the signed reference names goes before another of the same name and number.
        let matches = |c: &&Certificate<'a>| match &self.signer {
            Identifier::IssuerAndSerial { issuer, serial } => c.issuer == *issuer && c.serial == *serial,
            Identifier::Key(key) => c.extensions.key_identifier == Some(key),
        };
        let mut candidates = pool.iter().filter(matches);
        let named = candidates.clone().find(|c| self.check_stamp_reference(c) == Ok(()));
        named.or_else(|| candidates.next())
    }

    /// As [`Self::check_reference`], but RFC 3161 §2.4.1 also lets a token name its certificate by SHA-1:
    /// finding a second certificate for a given digest is not what SHA-1 fails at.
    pub(crate) fn check_stamp_reference(&self, certificate: &Certificate<'_>) -> Result<(), SignedDataFault> {
        match (self.attribute(oid::SIGNING_CERTIFICATE_V2), self.attribute(oid::SIGNING_CERTIFICATE)) {
            (None, Some(value)) => {
                let mut list = value.inside().expect(SEQUENCE)?.inside();
                let digest = list.expect(SEQUENCE)?.inside().expect(OCTET_STRING)?.value;
                let fits = digest == algorithm::sha1(certificate.raw);
                if fits { Ok(()) } else { Err(SignedDataFault::WrongCertificateReference) }
            }
            _ => self.check_reference(certificate),
        }
    }

    /// signing-certificate-v2 (RFC 5035 §3): its first `ESSCertIDv2` must be this certificate.
    pub(crate) fn check_reference(&self, certificate: &Certificate<'_>) -> Result<(), SignedDataFault> {
        let Some(value) = self.attribute(oid::SIGNING_CERTIFICATE_V2) else {
            let old = self.attribute(oid::SIGNING_CERTIFICATE).is_some();
            return Err(if old {
                SignedDataFault::Signature(SignatureFault::Weak)
            } else {
                SignedDataFault::NoCertificateReference
            });
        };
        let mut list = value.inside().expect(SEQUENCE)?.inside();
        let mut first = list.expect(SEQUENCE)?.inside();
        let hash = match first.optional(SEQUENCE)? {
            Some(algorithm) => Hash::of(Algorithm::parse(algorithm)?).map_err(SignedDataFault::Signature)?,
            None => Hash::Sha256,
        };
        let digest = first.expect(OCTET_STRING)?.value;
        if digest != hash.digest(&[certificate.raw]) {
            return Err(SignedDataFault::WrongCertificateReference);
        }
        if let Some(issuer_serial) = first.optional(SEQUENCE)? {
            let mut inside = issuer_serial.inside();
            inside.expect(SEQUENCE)?;
            if inside.expect(INTEGER)?.value != certificate.serial {
                return Err(SignedDataFault::WrongCertificateReference);
            }
        }
        Ok(())
    }

    /// Verifies the signature value over the DER of the signed attributes.
    pub(crate) fn check_signature(&self, certificate: &Certificate<'_>) -> Result<(), SignedDataFault> {
        let hash = Hash::of(self.digest_algorithm).map_err(SignedDataFault::Signature)?;
        // RFC 5652 §5.4: an EXPLICIT SET OF tag replaces the IMPLICIT [0].
        let mut message = self.signed.raw.to_vec();
        if let Some(tag) = message.first_mut() {
            *tag = SET;
        }
        algorithm::verify(&certificate.key, self.signature_algorithm, Some(hash), &message, self.signature)
            .map_err(SignedDataFault::Signature)
    }

    /// SHA-256 of the signature value, to recognise a copy.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        sha256(self.signature)
    }
}

fn attributes(set: Element<'_>) -> Parsed<Vec<(&[u8], Vec<Element<'_>>)>> {
    let mut attributes: Vec<(&[u8], Vec<Element<'_>>)> = Vec::new();
    for attribute in set.inside().all(64)? {
        let mut inside = attribute.inside();
        let id = inside.expect(OID)?.value;
        let values = inside.expect(SET)?.inside().all(16)?;
        inside.finish()?;
        // RFC 5652 §5.3: a signed attribute must not occur twice.
        if set.tag == 0xa0 && attributes.iter().any(|(other, _)| *other == id) {
            return Err(Malformed);
        }
        attributes.push((id, values));
    }
    Ok(attributes)
}
