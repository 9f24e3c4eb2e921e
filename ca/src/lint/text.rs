//! Rules over the subject's text: what a person will read and must not be misled by.

use std::fmt::Write as _;

use der::{Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;

use super::{Candidate, ensure};
use crate::asn1::name::{self, COUNTRY};
use crate::oid;
use crate::profile::api_client::is_unit_code;

/// Exactly these attributes, each in an RDN of its own, in this order.
pub(super) fn attributes(candidate: &Candidate<'_>) -> Result<(), String> {
    let subject = candidate.tbs().subject();
    ensure(subject.iter_rdn().all(|rdn| rdn.len() == 1), "an RDN with several attributes")?;
    let fits = candidate.shape.subjects.iter().any(|wanted| subject.iter().map(|found| &found.oid).eq(wanted.iter()));
    ensure(fits, "not the attributes of its kind in their order")
}

/// `PrintableString` where X.520 says so, `UTF8String` everywhere else.
pub(super) fn string_types(candidate: &Candidate<'_>) -> Result<(), String> {
    each(candidate, |attribute, _| {
        let tag = match attribute.oid {
            oid::COUNTRY_NAME | oid::SERIAL_NUMBER => Tag::PrintableString,
            _ => Tag::Utf8String,
        };
        attribute.value.tag() == tag
    })
}

/// No more characters than the upper bounds allow; none empty.
pub(super) fn lengths(candidate: &Candidate<'_>) -> Result<(), String> {
    each(candidate, |attribute, text| {
        // ub-organization-name, ub-common-name, ub-title, ub-serial-number are 64; the same is kept for names of
        // persons, where ub-name would allow 32 768.
        let most = if attribute.oid == oid::COUNTRY_NAME { 2 } else { 64 };
        (1..=most).contains(&text.chars().count())
    })
}

/// No blank at either end, no two in a row, none but the plain space.
pub(super) fn blanks(candidate: &Candidate<'_>) -> Result<(), String> {
    each(candidate, |_, text| {
        text.trim() == text && !text.contains("  ") && text.chars().all(|c| c == ' ' || !c.is_whitespace())
    })
}

/// No control characters, nothing unassigned or private, nothing that cannot be seen.
pub(super) fn controls(candidate: &Candidate<'_>) -> Result<(), String> {
    each(candidate, |_, text| !text.chars().any(|c| c.is_control() || is_invisible(c)))
}

/// No direction controls, and no text that runs in both directions.
pub(super) fn direction(candidate: &Candidate<'_>) -> Result<(), String> {
    each(candidate, |_, text| {
        let steered = text.chars().any(is_direction_control);
        let mixed =
            text.chars().any(runs_right_to_left) && text.chars().any(|c| c.is_alphanumeric() && !runs_right_to_left(c));
        !steered && !mixed
    })
}

/// A combining mark stands on something, and no more than four stand on one another: a heap of marks hides the lines
/// around it, a lone one changes what stands before it on the page.
pub(super) fn marks(candidate: &Candidate<'_>) -> Result<(), String> {
    each(candidate, |_, text| {
        let mut heap = 0;
        let mut has_base = false;
        text.chars().all(|c| {
            let is_mark = is_combining(c);
            let fits = !is_mark || (has_base && heap < 4);
            heap = if is_mark { heap + 1 } else { 0 };
            has_base = is_mark || c != ' ';
            fits
        })
    })
}

/// `NTR` or `VAT` of Thailand or an `LEI`, by the body that keeps that register. A national scheme would need its
/// register named in the certificate, which nothing here does.
pub(super) fn organization_identifier(candidate: &Candidate<'_>) -> Result<(), String> {
    each(candidate, |attribute, text| {
        if attribute.oid != oid::ORGANIZATION_IDENTIFIER {
            return true;
        }
        let reference = ["NTRTH-", "VATTH-", "LEIXG-"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
        reference.is_some_and(|reference| {
            !reference.is_empty() && reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
    })
}

/// The code of the unit that the program works for.
pub(super) fn unit_code(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = name::sole_text(candidate.tbs().subject(), oid::SERIAL_NUMBER);
    ensure(found.is_some_and(|code| is_unit_code(&code)), "not the code of a unit")
}

pub(super) fn country(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = name::sole_text(candidate.tbs().subject(), oid::COUNTRY_NAME);
    ensure(found.as_deref() == Some(COUNTRY), "not TH")
}

/// Thirteen digits in a row, in either script, with or without the usual hyphens, are taken for a national ID. The
/// number of a juristic person in organizationIdentifier is as long, and begins with 0 as no person's does.
pub(super) fn national_id(candidate: &Candidate<'_>) -> Result<(), String> {
    each(candidate, |attribute, text| {
        let mut run = 0;
        let is_juristic = attribute.oid == oid::ORGANIZATION_IDENTIFIER && text.get(5..7) == Some("-0");
        is_juristic
            || !text.chars().any(|c| {
                run = match c {
                    '0'..='9' | '๐'..='๙' => run + 1,
                    '-' | ' ' => run,
                    _ => 0,
                };
                run >= 13
            })
    })
}

/// Names the attributes for which the rule does not hold, never their text.
fn each(candidate: &Candidate<'_>, holds: impl Fn(&AttributeTypeAndValue, &str) -> bool) -> Result<(), String> {
    let mut broken = String::new();
    for attribute in candidate.tbs().subject().iter() {
        let fine = name::text(attribute).is_some_and(|text| holds(attribute, &text));
        if !fine {
            let separator = if broken.is_empty() { "attribute " } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(broken, "{separator}{}", attribute.oid);
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken) }
}

const fn is_direction_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200D}' | '\u{2028}'..='\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
        | '\u{3164}' | '\u{E000}'..='\u{F8FF}' | '\u{FDD0}'..='\u{FDEF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..='\u{10FFFF}')
}

/// Thai vowels and tone marks that stand above or below, and the combining marks of other scripts in use.
const fn is_combining(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0E31}' | '\u{0E34}'..='\u{0E3A}'
        | '\u{0E47}'..='\u{0E4E}' | '\u{0EB1}' | '\u{0EB4}'..='\u{0EBC}' | '\u{0EC8}'..='\u{0ECE}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Hebrew, Arabic and the other blocks of right-to-left scripts.
const fn runs_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}
