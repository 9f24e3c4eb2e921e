//! What can be wrong with what people type or send. Never carries the value itself.

/// Something is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not 13 digits.
    #[error("a national ID has 13 digits")]
    NationalIdLength,
    /// The last digit does not fit the others.
    #[error("the check digit of the national ID is wrong")]
    NationalIdCheckDigit,
    /// Not a physician's licence number.
    #[error("a physician's licence is ว. and 1 to 6 digits")]
    Licence,
    /// Not a level of assurance.
    #[error("not a level of assurance")]
    Level,
    /// A name is empty.
    #[error("the name is empty")]
    NameEmpty,
    /// A name is too long.
    #[error("the name is longer than 100 characters")]
    NameLong,
    /// A name has a character of another script.
    #[error("the name has a character that does not belong in it")]
    NameCharacter,
    /// Not นายแพทย์ or แพทย์หญิง.
    #[error("the title is not one of a physician")]
    Title,
    /// Not a role of an officer.
    #[error("not a role")]
    Role,
    /// The units make no tree: a double code, an unknown parent, two tops, too deep.
    #[error("the units make no tree")]
    UnitTree,
}
