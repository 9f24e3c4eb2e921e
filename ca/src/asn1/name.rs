//! Distinguished names.

use der::asn1::{Any, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::{Decode, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use crate::Error;
use crate::oid;

/// The country of every name here (ISO 3166-1).
pub(crate) const COUNTRY: &str = "TH";

/// Builds a name, one attribute per RDN, in the order given.
#[derive(Debug, Default)]
pub(crate) struct NameBuilder {
    rdns: Vec<RelativeDistinguishedName>,
}

impl NameBuilder {
    /// Starts with `C=TH`.
    pub(crate) fn new() -> Result<Self, Error> {
        Self::default().printable(oid::COUNTRY_NAME, COUNTRY)
    }

    /// An attribute in `UTF8String` (RFC 5280 §4.1.2.4).
    pub(crate) fn text(self, attribute: ObjectIdentifier, text: &str) -> Result<Self, Error> {
        let value = Utf8StringRef::new(text).and_then(|text| Any::encode_from(&text));
        self.push(attribute, value.map_err(Error::encoding("name"))?)
    }

    /// An attribute in `PrintableString`: country, serialNumber (X.520 §6.2.9, §6.3.1).
    pub(crate) fn printable(self, attribute: ObjectIdentifier, text: &str) -> Result<Self, Error> {
        let value = PrintableStringRef::new(text).and_then(|text| Any::encode_from(&text));
        self.push(attribute, value.map_err(Error::encoding("name"))?)
    }

    fn push(mut self, oid: ObjectIdentifier, value: Any) -> Result<Self, Error> {
        let set = SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }]).map_err(Error::encoding("name"))?;
        self.rdns.push(RelativeDistinguishedName::from(set));
        Ok(self)
    }

    /// The name. `x509-cert` makes one only by reading it.
    pub(crate) fn finish(self) -> Result<Name, Error> {
        let der = RdnSequence::from(self.rdns).to_der().map_err(Error::encoding("name"))?;
        Name::from_der(&der).map_err(Error::encoding("name"))
    }
}

/// `C=TH, O=<organization>`: how an authority is named inside extensions.
pub(crate) fn organization(text: &str) -> Result<Name, Error> {
    NameBuilder::new()?.text(oid::ORGANIZATION_NAME, text)?.finish()
}

/// The text of an attribute, if the name has it exactly once and as a character string.
pub(crate) fn sole_text(name: &Name, attribute: ObjectIdentifier) -> Option<String> {
    let mut found = name.iter().filter(|candidate| candidate.oid == attribute);
    let value = text(found.next()?)?;
    found.next().is_none().then_some(value)
}

/// The text of one attribute.
pub(crate) fn text(attribute: &AttributeTypeAndValue) -> Option<String> {
    DirectoryString::try_from(&attribute.value).ok().map(String::from)
}
