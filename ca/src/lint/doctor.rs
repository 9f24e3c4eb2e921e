//! Rules that only a doctor's certificate has.

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

/// `MD:TH-` and the licence number.
pub(super) fn serial_number_attribute(candidate: &Candidate<'_>) -> Result<(), String> {
    ensure(licence_in_subject(candidate).is_some(), "not MD:TH- and a licence number")
}

/// The national scheme of serialNumber is explained: semantics for natural persons, and who keeps the register.
pub(super) fn semantics(candidate: &Candidate<'_>) -> Result<(), String> {
    let authorities = registration_authorities(Profession::Physician).map_err(|error| error.to_string())?;
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
    let urls = &candidate.expected.installation.urls;
    let statements: Vec<QcStatement> = read(candidate, oid::QC_STATEMENTS)?;
    for statement in &statements {
        let info = statement.statement_info.as_ref();
        let fits = match statement.statement_id {
            oid::QCS_PKIX_SYNTAX_V2 => true,
            oid::QCS_TYPE => info
                .and_then(|info| info.decode_as::<Vec<ObjectIdentifier>>().ok())
                .is_some_and(|types| types == [oid::QCT_ESIGN]),
            oid::QCS_PDS => info.and_then(|info| info.decode_as::<Vec<PdsLocation>>().ok()).is_some_and(|locations| {
                locations.iter().any(|location| location.language.as_str() == "en")
                    && locations.iter().all(|location| {
                        urls.disclosure_statement(location.language.as_str()).as_deref() == Some(location.url.as_str())
                    })
            }),
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

/// One profession of ours, admitted by the authority that keeps its register.
pub(super) fn admission(candidate: &Candidate<'_>) -> Result<(), String> {
    let found: AdmissionSyntax = read(candidate, oid::ADMISSION)?;
    let profession = found.sole_profession().ok_or_else(|| "not exactly one profession".to_owned())?;
    let wanted = AdmissionSyntax::new(
        Profession::Physician.registration_authority(),
        Profession::Physician.item(),
        candidate.expected.installation.policies.profession(Profession::Physician),
        profession.registration_number.as_ref().map_or("0", |number| number.as_str()),
    )
    .map_err(|error| error.to_string())?;
    ensure(found == wanted, "not a profession of this installation and its authority")
}

/// The number under which the doctor is registered is the one in the subject.
pub(super) fn admission_number(candidate: &Candidate<'_>) -> Result<(), String> {
    let found: AdmissionSyntax = read(candidate, oid::ADMISSION)?;
    let number = found
        .sole_profession()
        .and_then(|profession| Some(profession.registration_number.as_ref()?.as_str().to_owned()));
    ensure(number.is_some() && number == licence_in_subject(candidate), "not the licence number of the subject")
}

fn licence_in_subject(candidate: &Candidate<'_>) -> Option<String> {
    let text = name::sole_text(candidate.tbs().subject(), oid::SERIAL_NUMBER)?;
    let licence = text.strip_prefix(Profession::Physician.scheme())?.strip_prefix(':')?.strip_prefix(COUNTRY)?;
    licence.strip_prefix('-').filter(|licence| is_licence(licence)).map(str::to_owned)
}
