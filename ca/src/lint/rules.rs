//! The table of rules. "CP" is this PKI's own policy: the profile document.

use super::{Rule, doctor, extensions, fields, same_bytes, text};
use crate::profile::Kind;

macro_rules! rules {
    ($($name:literal, $clause:literal, $check:expr;)*) => {
        &[$(Rule { name: $name, clause: $clause, check: $check }),*]
    };
}

/// What every certificate keeps.
const ALL: &[Rule] = rules! {
    "same_bytes", "X.690 §10, CP", same_bytes;
    "version_3", "RFC 5280 §4.1.2.1", fields::version_3;
    "serial_number", "RFC 5280 §4.1.2.2, CP", fields::serial_number;
    "signature_algorithm", "RFC 5280 §4.1.2.3, RFC 5758 §3.2", fields::signature_algorithm;
    "issuer_name", "RFC 5280 §4.1.2.4", fields::issuer_name;
    "time_form", "RFC 5280 §4.1.2.5", fields::time_form;
    "validity_length", "CP", fields::validity_length;
    "validity_within_issuer", "CP", fields::validity_within_issuer;
    "public_key", "RFC 5480 §2, CP", fields::public_key;
    "unique_identifiers", "RFC 5280 §4.1.2.8", fields::unique_identifiers;
    "subject_attributes", "EN 319 412-2 §4.2, CP", text::attributes;
    "subject_string_types", "RFC 5280 §4.1.2.4, X.520", text::string_types;
    "subject_lengths", "RFC 5280 appendix A.1 (ub-*)", text::lengths;
    "subject_blanks", "CP", text::blanks;
    "subject_controls", "CP", text::controls;
    "subject_direction", "Unicode TR 36 §2.6, CP", text::direction;
    "subject_country", "EN 319 412-2 §4.2.3, CP", text::country;
    "national_id", "CP (Personal Data Protection Act)", text::national_id;
    "extension_set", "RFC 5280 §4.2, CP", extensions::set;
    "authority_key_identifier", "RFC 5280 §4.2.1.1", extensions::authority_key_identifier;
    "subject_key_identifier", "RFC 5280 §4.2.1.2", extensions::subject_key_identifier;
    "key_usage", "RFC 5280 §4.2.1.3, EN 319 412-2 §4.3.2", extensions::key_usage;
    "certificate_policies", "RFC 5280 §4.2.1.4, CP", extensions::certificate_policies;
    "basic_constraints", "RFC 5280 §4.2.1.9", extensions::basic_constraints;
    "extended_key_usage", "RFC 9336 §3, RFC 6960 §4.2.2.2", extensions::extended_key_usage;
    "crl_distribution_points", "RFC 5280 §4.2.1.13, CP", extensions::crl_distribution_points;
    "authority_information_access", "RFC 5280 §4.2.2.1, EN 319 412-2 §4.4.1", extensions::authority_information_access;
    "ocsp_no_check", "RFC 6960 §4.2.2.2.1", extensions::ocsp_no_check;
};

/// What a doctor's certificate keeps besides.
const DOCTOR: &[Rule] = rules! {
    "licence_end", "CP", doctor::licence_end;
    "serial_number_attribute", "EN 319 412-1 §5.1.3", doctor::serial_number_attribute;
    "semantics", "EN 319 412-1 §5.1.3, RFC 3739 §3.2.6.1", doctor::semantics;
    "qc_statements", "EN 319 412-5, CP", doctor::qc_statements;
    "admission", "Common PKI part 1 §3.5.2, CP", doctor::admission;
    "admission_number", "CP", doctor::admission_number;
};

/// The rules for a kind of certificate.
pub(super) fn of(kind: Kind) -> impl Iterator<Item = &'static Rule> {
    let more = if kind == Kind::Doctor { DOCTOR } else { &[] };
    ALL.iter().chain(more)
}
