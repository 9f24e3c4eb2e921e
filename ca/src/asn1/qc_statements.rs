//! qcStatements: how to read the subject's serialNumber, what the key is for, where the disclosure statement is.

use der::asn1::{Any, Ia5String, ObjectIdentifier, PrintableString};
use der::{Encode, Sequence};
use x509_cert::ext::pkix::name::GeneralName;

use crate::asn1::{name, uri};
use crate::oid;
use crate::{Error, Profession, Urls};

/// RFC 3739 §3.2.6:
///
/// ```text
/// QCStatements ::= SEQUENCE OF QCStatement
/// QCStatement ::= SEQUENCE {
///     statementId    OBJECT IDENTIFIER,
///     statementInfo  ANY DEFINED BY statementId OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct QcStatement {
    pub(crate) statement_id: ObjectIdentifier,
    pub(crate) statement_info: Option<Any>,
}

/// RFC 3739 §3.2.6.1, the information of `id-qcs-pkixQCSyntax-v2`:
///
/// ```text
/// SemanticsInformation ::= SEQUENCE {
///     semanticsIdentifier          OBJECT IDENTIFIER OPTIONAL,
///     nameRegistrationAuthorities  SEQUENCE SIZE (1..MAX) OF GeneralName OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct SemanticsInformation {
    pub(crate) semantics_identifier: Option<ObjectIdentifier>,
    pub(crate) name_registration_authorities: Option<Vec<GeneralName>>,
}

/// EN 319 412-5 §4.3.4:
///
/// ```text
/// PdsLocations ::= SEQUENCE SIZE (1..MAX) OF PdsLocation
/// PdsLocation ::= SEQUENCE {
///     url       IA5String,
///     language  PrintableString (SIZE (2)) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct PdsLocation {
    pub(crate) url: Ia5String,
    pub(crate) language: PrintableString,
}

fn statement<T: Encode>(statement_id: ObjectIdentifier, info: &T) -> Result<QcStatement, Error> {
    let what = "qcStatements";
    let der = info.to_der().map_err(Error::encoding(what))?;
    let info = der::Decode::from_der(&der).map_err(Error::encoding(what))?;
    Ok(QcStatement { statement_id, statement_info: Some(info) })
}

/// Who keeps the register that the subject's serialNumber comes from: by URI (EN 319 412-1 §5.1.3) and by name.
pub(crate) fn registration_authorities(profession: Profession) -> Result<Vec<GeneralName>, Error> {
    Ok(vec![
        uri(profession.registration_authority_url())?,
        GeneralName::DirectoryName(name::organization(profession.registration_authority())?),
    ])
}

/// The statements of a doctor's certificate. None of them is a claim under EU law: no `QcCompliance`, no `QcSSCD`.
pub(crate) fn for_doctor(profession: Profession, urls: &Urls) -> Result<Vec<QcStatement>, Error> {
    let mut statements = vec![
        // EN 319 412-1 §5.1.3: the number follows a national scheme, so the authority that keeps it is named.
        statement(
            oid::QCS_PKIX_SYNTAX_V2,
            &SemanticsInformation {
                semantics_identifier: Some(oid::QCS_SEMANTICS_NATURAL),
                name_registration_authorities: Some(registration_authorities(profession)?),
            },
        )?,
        // EN 319 412-5 §4.2.3: for electronic signatures, not seals.
        statement(oid::QCS_TYPE, &vec![oid::QCT_ESIGN])?,
    ];
    // EN 319 412-5 §4.3.4: at least one statement is in English.
    let mut locations = Vec::new();
    for language in ["en", "th"] {
        if let Some(url) = urls.disclosure_statement(language) {
            locations.push(PdsLocation {
                url: Ia5String::new(&url).map_err(Error::encoding("QcPDS"))?,
                language: PrintableString::new(language).map_err(Error::encoding("QcPDS"))?,
            });
        }
    }
    if !locations.is_empty() {
        statements.push(statement(oid::QCS_PDS, &locations)?);
    }
    Ok(statements)
}
