//! Rules that only the certificate of a member of a profession has.

use der::asn1::ObjectIdentifier;

use super::extensions::read;
use super::fields::period;
use super::{Candidate, ensure};
use crate::Profession;
use crate::asn1::admission::AdmissionSyntax;
use crate::asn1::name::{self, COUNTRY};
use crate::asn1::qc_statements::{PdsLocation, QcStatement, SemanticsInformation, registration_authorities};
use crate::oid;
use crate::profile::doctor::is_licence;

pub(super) fn licence_end(candidate: &Candidate<'_>) -> Result<(), String> {
    let Some(end) = candidate.expected.licence_end else { return Ok(()) };
    ensure(period(candidate)?.not_after <= end, "goes beyond the end of the licence")
}

/// The scheme of a profession, `:TH-` and the licence number.
pub(super) fn serial_number_attribute(candidate: &Candidate<'_>) -> Result<(), String> {
    licence_in_subject(candidate).map(|_| ())
}

/// The national scheme of serialNumber is explained: semantics for natural persons, and who keeps the register.
pub(super) fn semantics(candidate: &Candidate<'_>) -> Result<(), String> {
    let (profession, _) = licence_in_subject(candidate)?;
    let authorities = registration_authorities(profession).map_err(|error| error.to_string())?;
    let statements: Vec<QcStatement> = read(candidate, oid::QC_STATEMENTS)?;
    let information = statements
        .iter()
        .find(|statement| statement.statement_id == oid::QCS_PKIX_SYNTAX_V2)
        .and_then(|statement| statement.statement_info.as_ref()?.decode_as::<SemanticsInformation>().ok());
    let wanted = SemanticsInformation {
        semantics_identifier: Some(oid::QCS_SEMANTICS_NATURAL),
        name_registration_authorities: Some(authorities),
    };
    ensure(information == Some(wanted), "the register of licence numbers is not named")
}

/// Nothing but semantics, type and disclosure statement. `QcCompliance` and `QcSSCD` would be claims under EU law.
pub(super) fn qc_statements(candidate: &Candidate<'_>) -> Result<(), String> {
    let statements: Vec<QcStatement> = read(candidate, oid::QC_STATEMENTS)?;
    for statement in &statements {
        let info = statement.statement_info.as_ref();
        let fits = match statement.statement_id {
            oid::QCS_PKIX_SYNTAX_V2 => true,
            oid::QCS_TYPE => info
                .and_then(|info| info.decode_as::<Vec<ObjectIdentifier>>().ok())
                .is_some_and(|types| types == [oid::QCT_ESIGN]),
            oid::QCS_PDS => true,
            _ => false,
        };
        ensure(fits, &format!("statement {}", statement.statement_id))?;
    }
    let mut identifiers: Vec<_> = statements.iter().map(|statement| statement.statement_id).collect();
    identifiers.sort();
    identifiers.dedup();
    ensure(identifiers.len() == statements.len(), "a statement twice")?;
    ensure(identifiers.contains(&oid::QCS_TYPE), "no type")
}

/// Where there is a disclosure statement, it is this installation's, and one is in English.
pub(super) fn qc_disclosure(candidate: &Candidate<'_>) -> Result<(), String> {
    let urls = &candidate.expected.installation.urls;
    let statements: Vec<QcStatement> = read(candidate, oid::QC_STATEMENTS)?;
    let found = statements.iter().find(|statement| statement.statement_id == oid::QCS_PDS);
    let Some(found) = found else {
        return ensure(urls.disclosure_statement("en").is_none(), "no disclosure statement");
    };
    let locations: Vec<PdsLocation> = found
        .statement_info
        .as_ref()
        .and_then(|info| info.decode_as().ok())
        .ok_or_else(|| "cannot be read".to_owned())?;
    let ours = locations.iter().all(|location| {
        urls.disclosure_statement(location.language.as_str()).as_deref() == Some(location.url.as_str())
    });
    ensure(ours && locations.iter().any(|location| location.language.as_str() == "en"), "not this installation's")
}

/// One profession of ours, the one of the subject, admitted and named by the body that keeps its register.
pub(super) fn admission(candidate: &Candidate<'_>) -> Result<(), String> {
    let found: AdmissionSyntax = read(candidate, oid::ADMISSION)?;
    let stated = found.sole_profession().ok_or_else(|| "not exactly one profession".to_owned())?;
    let (profession, _) = licence_in_subject(candidate)?;
    let number = stated.registration_number.as_ref().map_or("0", |number| number.as_str());
    let oid = candidate.expected.installation.policies.profession(profession);
    let wanted = AdmissionSyntax::new(profession, oid, number).map_err(|error| error.to_string())?;
    ensure(found == wanted, "not the profession of the subject and its authority")
}

/// The number under which the holder is registered is the one in the subject.
pub(super) fn admission_number(candidate: &Candidate<'_>) -> Result<(), String> {
    let found: AdmissionSyntax = read(candidate, oid::ADMISSION)?;
    let number = found
        .sole_profession()
        .and_then(|profession| Some(profession.registration_number.as_ref()?.as_str().to_owned()));
    let (_, licence) = licence_in_subject(candidate)?;
    ensure(number == Some(licence), "not the licence number of the subject")
}

fn licence_in_subject(candidate: &Candidate<'_>) -> Result<(Profession, String), String> {
    let read = || {
        let text = name::sole_text(candidate.tbs().subject(), oid::SERIAL_NUMBER)?;
        let (scheme, rest) = text.split_once(':')?;
        let licence = rest.strip_prefix(COUNTRY)?.strip_prefix('-').filter(|licence| is_licence(licence))?;
        Some((Profession::of_scheme(scheme)?, licence.to_owned()))
    };
    read().ok_or_else(|| "not the scheme of a profession, the country and a licence number".to_owned())
}
