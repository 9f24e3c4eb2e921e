//! The table of rules. "CP" is this PKI's own certificate policy, by the clauses of RFC 3647.

use super::{Rule, doctor, extensions, fields, same_bytes, text};
use crate::profile::Kind;

macro_rules! rules {
    ($($name:literal, $clause:literal, $check:expr;)*) => {
        &[$(Rule { name: $name, clause: $clause, check: $check }),*]
    };
}

/// What every certificate keeps.
const ALL: &[Rule] = rules! {
    "same_bytes", "X.690 §10, CP 7.1", same_bytes;
    "version_3", "RFC 5280 §4.1.2.1, CP 7.1.1", fields::version_3;
    "serial_number", "RFC 5280 §4.1.2.2, CP 7.1", fields::serial_number;
    "serial_issuer", "CP 7.1", fields::serial_issuer;
    "serial_entropy", "EN 319 411-1 §6.6.1, CP 7.1", fields::serial_entropy;
    "signature_algorithm", "RFC 5280 §4.1.2.3, RFC 5758 §3.2, CP 7.1.3", fields::signature_algorithm;
    "issuer_kind", "CP 1.3.1", fields::issuer_kind;
    "issuer_name", "RFC 5280 §4.1.2.4", fields::issuer_name;
    "time_form", "RFC 5280 §4.1.2.5", fields::time_form;
    "validity_order", "RFC 5280 §4.1.2.5", fields::validity_order;
    "validity_length", "CP 6.3.2", fields::validity_length;
    "validity_within_issuer", "CP 6.3.2", fields::validity_within_issuer;
    "public_key", "RFC 5480 §2, CP 6.1.6", fields::public_key;
    "key_curve", "TS 119 312, CP 6.1.5", fields::key_curve;
    "key_weak", "CP 6.1.6", fields::key_weak;
    "key_shared", "CP 6.1.1", fields::key_shared;
    "unique_identifiers", "RFC 5280 §4.1.2.8", fields::unique_identifiers;
    "subject_not_issuer", "RFC 5280 §3.2, CP 7.1.4", fields::subject_not_issuer;
    "subject_attributes", "EN 319 412-2 §4.2.4, EN 319 412-3 §4.2.1, CP 7.1.4", text::attributes;
    "subject_string_types", "RFC 5280 §4.1.2.4, X.520", text::string_types;
    "subject_lengths", "RFC 5280 appendix A.1 (ub-*)", text::lengths;
    "subject_blanks", "CP 3.1.4", text::blanks;
    "subject_controls", "CP 3.1.4", text::controls;
    "subject_direction", "Unicode TR 36 §2.6, CP 3.1.4", text::direction;
    "subject_marks", "Unicode TR 36 §2, CP 3.1.4", text::marks;
    "subject_country", "EN 319 412-2 §4.2.3, CP 7.1.4", text::country;
    "organization_identifier", "EN 319 412-1 §5.1.4", text::organization_identifier;
    "national_id", "CP 9.4 (Personal Data Protection Act)", text::national_id;
    "extension_set", "RFC 5280 §4.2, CP 7.1.2", extensions::set;
    "authority_key_identifier", "RFC 5280 §4.2.1.1", extensions::authority_key_identifier;
    "subject_key_identifier", "RFC 5280 §4.2.1.2", extensions::subject_key_identifier;
    "key_usage", "RFC 5280 §4.2.1.3, EN 319 412-2 §4.3.2, CP 6.1.7", extensions::key_usage;
    "private_key_usage_period", "X.509 §9.2.2.5, CP 6.3.2", extensions::private_key_usage_period;
    "certificate_policies", "RFC 5280 §4.2.1.4, CP 7.1.6", extensions::certificate_policies;
    "policy_qualifiers", "RFC 5280 §4.2.1.4, EN 319 412-2 §4.3.3, CP 7.1.8", extensions::policy_qualifiers;
    "basic_constraints", "RFC 5280 §4.2.1.9, CP 7.1.5", extensions::basic_constraints;
    "extended_key_usage", "RFC 9336 §3, RFC 6960 §4.2.2.2, RFC 3161 §2.3", extensions::extended_key_usage;
    "crl_distribution_points", "RFC 5280 §4.2.1.13, EN 319 412-2 §4.3.11", extensions::crl_distribution_points;
    "crl_of_issuer", "CP 7.2", extensions::crl_of_issuer;
    "authority_information_access", "RFC 5280 §4.2.2.1, EN 319 412-2 §4.4.1", extensions::authority_information_access;
    "ocsp_no_check", "RFC 6960 §4.2.2.2.1", extensions::ocsp_no_check;
};

/// What the certificate of a member of a profession keeps besides.
const DOCTOR: &[Rule] = rules! {
    "licence_end", "CP 6.3.2", doctor::licence_end;
    "serial_number_attribute", "EN 319 412-1 §5.1.3", doctor::serial_number_attribute;
    "semantics", "EN 319 412-1 §5.1.3, RFC 3739 §3.2.6.1", doctor::semantics;
    "qc_statements", "EN 319 412-5 §4, CP 7.1.2", doctor::qc_statements;
    "qc_disclosure", "EN 319 412-5 §4.3.4", doctor::qc_disclosure;
    "admission", "Common PKI part 1 §3.5.2, CP 7.1.2", doctor::admission;
    "admission_number", "CP 3.1.5", doctor::admission_number;
};

/// What an API client's certificate keeps besides.
const API_CLIENT: &[Rule] = rules! {
    "unit_code", "X.520 §6.2.9, CP 3.1.5", text::unit_code;
};

/// The rules for a kind of certificate.
pub(super) fn of(kind: Kind) -> impl Iterator<Item = &'static Rule> {
    let more = match kind {
        Kind::Doctor => DOCTOR,
        Kind::ApiClient => API_CLIENT,
        Kind::Root | Kind::Issuing | Kind::TsaCa | Kind::OcspResponder | Kind::Tsa => &[],
    };
    ALL.iter().chain(more)
}
