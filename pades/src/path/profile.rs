//! What a conforming CA puts into its certificates (RFC 5280 §4): the names of the rules.

macro_rules! profile_rules {
    ($($name:ident = $code:literal, $clause:literal, $english:literal;)+) => {
        /// A rule of RFC 5280 §4 that a certificate breaks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProfileRule {
            $(#[doc = $english] $name,)+
        }

        impl ProfileRule {
            /// A stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// Where the rule stands.
            #[must_use]
            pub const fn clause(self) -> &'static str {
                match self { $(Self::$name => $clause,)+ }
            }

            /// The broken rule in English.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)+ }
            }
        }
    };
}

profile_rules! {
    Version = "version", "RFC 5280 §4.1.2.1", "A certificate with extensions is not of version 3.";
    Serial = "serial_number", "RFC 5280 §4.1.2.2", "The serial number is not positive or longer than 20 octets.";
    EmptyIssuer = "empty_issuer", "RFC 5280 §4.1.2.4", "The issuer has no name.";
    TimeForm = "time_form", "RFC 5280 §4.1.2.5", "A date is not in the form that its year asks for.";
    EmptySubject = "empty_subject", "RFC 5280 §4.1.2.6", "A CA has no name, or a nameless subject no critical subjectAltName.";
    AuthorityKeyAbsent = "authority_key_absent", "RFC 5280 §4.2.1.1", "The issuer's key identifier is missing.";
    AuthorityKeyCritical = "authority_key_critical", "RFC 5280 §4.2.1.1", "The authority key identifier is critical.";
    SubjectKeyAbsent = "subject_key_absent", "RFC 5280 §4.2.1.2", "A CA certificate has no subject key identifier.";
    SubjectKeyCritical = "subject_key_critical", "RFC 5280 §4.2.1.2", "The subject key identifier is critical.";
    KeyUsageEmpty = "key_usage_empty", "RFC 5280 §4.2.1.3", "The key usage names none.";
    PolicyTwice = "policy_twice", "RFC 5280 §4.2.1.4", "A certificate policy stands there twice or there is none.";
    AlternativeName = "alternative_name", "RFC 5280 §4.2.1.6", "The subject alternative name is malformed.";
    BasicConstraintsNotCritical = "basic_constraints_not_critical", "RFC 5280 §4.2.1.9", "The basic constraints of a CA are not critical.";
    KeyCertSignWithoutAuthority = "key_cert_sign_without_authority", "RFC 5280 §4.2.1.9", "keyCertSign is set without cA.";
    PathLengthWithoutAuthority = "path_length_without_authority", "RFC 5280 §4.2.1.9", "A path length is set without cA and keyCertSign.";
    NameConstraintsOutsideAuthority = "name_constraints_outside_authority", "RFC 5280 §4.2.1.10", "Name constraints outside a CA certificate.";
    NameConstraintsNotCritical = "name_constraints_not_critical", "RFC 5280 §4.2.1.10", "The name constraints are not critical.";
    PolicyConstraints = "policy_constraints", "RFC 5280 §4.2.1.11", "The policy constraints are empty or not critical.";
    ExtendedKeyUsageEmpty = "extended_key_usage_empty", "RFC 5280 §4.2.1.12", "The extended key usage names none.";
    InhibitAnyPolicyNotCritical = "inhibit_any_policy_not_critical", "RFC 5280 §4.2.1.14", "inhibitAnyPolicy is not critical.";
    InformationAccess = "information_access", "RFC 5280 §4.2.2.1", "The authority information access is critical or malformed.";
}
