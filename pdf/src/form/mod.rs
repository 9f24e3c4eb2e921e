//! What a medical certificate says: form kinds as data, and one document's content.

mod catalogue;
mod content;
mod masking;
mod national_id;
mod problem;
mod typed;
mod validation;

pub use catalogue::{
    Choice, Definition, Field, FieldType, FilledBy, Group, Part, Validity, ValidityStart, definition, definitions,
};
pub use content::{DocumentContent, SignerIdentity, Unit};
pub use masking::masked_name;
pub use national_id::{format_national_id, normalise_national_id};
pub use problem::{FieldError, Problem};
pub use typed::accept;
pub use validation::{valid_until, validate};
