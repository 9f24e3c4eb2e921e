//! The Admission extension: profession and licence number.

use der::Sequence;
use der::asn1::{Ia5String, OctetString, PrintableString};
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName};

use crate::asn1::name;
use crate::oid::Oid;
use crate::{Error, Profession};

/// Common PKI part 1 §3.5.2 (ISIS-MTT), 1.3.36.8.3.3:
///
/// ```text
/// AdmissionSyntax ::= SEQUENCE {
///     admissionAuthority    GeneralName OPTIONAL,
///     contentsOfAdmissions  SEQUENCE OF Admissions }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct AdmissionSyntax {
    pub(crate) admission_authority: Option<GeneralName>,
    pub(crate) contents_of_admissions: Vec<Admissions>,
}

/// ```text
/// Admissions ::= SEQUENCE {
///     admissionAuthority  [0] EXPLICIT GeneralName OPTIONAL,
///     namingAuthority     [1] EXPLICIT NamingAuthority OPTIONAL,
///     professionInfos     SEQUENCE OF ProfessionInfo }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct Admissions {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(crate) admission_authority: Option<GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(crate) naming_authority: Option<NamingAuthority>,
    pub(crate) profession_infos: Vec<ProfessionInfo>,
}

/// ```text
/// NamingAuthority ::= SEQUENCE {
///     namingAuthorityId    OBJECT IDENTIFIER OPTIONAL,
///     namingAuthorityUrl   IA5String OPTIONAL,
///     namingAuthorityText  DirectoryString (SIZE (1..128)) OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct NamingAuthority {
    pub(crate) naming_authority_id: Option<Oid>,
    pub(crate) naming_authority_url: Option<Ia5String>,
    pub(crate) naming_authority_text: Option<DirectoryString>,
}

/// ```text
/// ProfessionInfo ::= SEQUENCE {
///     namingAuthority     [0] EXPLICIT NamingAuthority OPTIONAL,
///     professionItems     SEQUENCE OF DirectoryString (SIZE (1..128)),
///     professionOIDs      SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
///     registrationNumber  PrintableString (SIZE (1..128)) OPTIONAL,
///     addProfessionInfo   OCTET STRING OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct ProfessionInfo {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(crate) naming_authority: Option<NamingAuthority>,
    pub(crate) profession_items: Vec<DirectoryString>,
    pub(crate) profession_oids: Option<Vec<Oid>>,
    pub(crate) registration_number: Option<PrintableString>,
    pub(crate) add_profession_info: Option<OctetString>,
}

impl AdmissionSyntax {
    /// One profession, by the body that admits to it and names it, with the number under which it registers its
    /// holder.
    pub(crate) fn new(profession: Profession, profession_oid: Oid, number: &str) -> Result<Self, Error> {
        let number = PrintableString::new(number).map_err(Error::encoding("registrationNumber"))?;
        let url = Ia5String::new(profession.registration_authority_url());
        let naming_authority = NamingAuthority {
            naming_authority_id: None,
            naming_authority_url: Some(url.map_err(Error::encoding("namingAuthorityUrl"))?),
            naming_authority_text: Some(DirectoryString::Utf8String(profession.registration_authority_th().to_owned())),
        };
        Ok(Self {
            admission_authority: Some(GeneralName::DirectoryName(name::organization(
                profession.registration_authority(),
            )?)),
            contents_of_admissions: vec![Admissions {
                admission_authority: None,
                naming_authority: Some(naming_authority),
                profession_infos: vec![ProfessionInfo {
                    naming_authority: None,
                    profession_items: vec![DirectoryString::Utf8String(profession.item())],
                    profession_oids: Some(vec![profession_oid]),
                    registration_number: Some(number),
                    add_profession_info: None,
                }],
            }],
        })
    }

    /// The only profession stated, if it is exactly one.
    pub(crate) fn sole_profession(&self) -> Option<&ProfessionInfo> {
        let [Admissions { profession_infos, .. }] = self.contents_of_admissions.as_slice() else { return None };
        let [profession] = profession_infos.as_slice() else { return None };
        Some(profession)
    }
}
