//! One document's content: everything that will stand on the paper, before it is drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything a medical certificate will say. Its content digest is SHA-256 over the
/// RFC 8785 form of this structure; the doctor activates that digest.
///
/// The portal fills it, the signer checks it against its own journal (signer, unit) and
/// draws from it. Drawing the same content twice gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentContent {
    /// UUIDv7 of the document, text form.
    pub document_id: String,
    /// Form kind: a key of the form catalogue, e.g. `two_part_general`.
    pub form: String,
    /// Version of the form definition the content was written for.
    pub form_version: u32,
    /// เล่มที่: unit code, `/`, year of the Buddhist era, e.g. `10670/2569`.
    pub book: String,
    /// เลขที่: running number in the book, six digits, e.g. `000123`.
    pub number: String,
    /// Verification code: 26 characters of Crockford base32 (128 random bits).
    pub code: String,
    /// Field id → value as text. Dates are ISO (`2026-11-21`), choices are option ids,
    /// a `none_or_text` that is "none" is the empty string, national IDs are 13 digits.
    pub fields: BTreeMap<String, String>,
    /// The service unit that issues the document.
    pub unit: Unit,
    /// The doctor who signs.
    pub signer: SignerIdentity,
    /// When the document was prepared: RFC 3339, UTC, whole seconds. Becomes `/M` and the
    /// date of signature on the paper.
    pub prepared_at: String,
    /// Last day on which the document may be used (ISO date), if the form has such a rule.
    pub valid_until: Option<String>,
}

/// A service unit as it stands on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Five-digit health facility code (hcode).
    pub code: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// Postal address in Thai.
    pub address_th: String,
}

/// The doctor as the certificate names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerIdentity {
    /// Serial number of the doctor's certificate, lower-case hexadecimal.
    pub certificate_serial: String,
    /// SHA-256 of the certificate's DER, lower-case hexadecimal.
    pub certificate_sha256: String,
    /// นายแพทย์ or แพทย์หญิง.
    pub title_th: String,
    /// Given name and surname in Thai.
    pub name_th: String,
    /// Given name and surname in English.
    pub name_en: String,
    /// Licence number, digits only (printed as ว.12345).
    pub licence: String,
}
