//! What can be wrong with a value, in words for the person who typed it.

/// One field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Id of the field, as in the form's definition.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a value. The messages say what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Text that cannot stand on paper: a control or invisible character.
    ControlCharacter,
    /// The date lies after today.
    DateInFuture,
    /// The date lies further back than the form allows.
    DateTooOld,
    /// The lower (diastolic) pressure is not below the upper one.
    LowerPressureTooHigh,
    /// A required field is empty.
    Missing,
    /// No such day, or not a date at all.
    NotADate,
    /// Not a number.
    NotANumber,
    /// Not a blood pressure of the form 120/80.
    NotAPressure,
    /// Not thirteen digits.
    NotThirteenDigits,
    /// The number lies outside what a body can have.
    OutOfRange {
        /// Smallest value allowed.
        min: i32,
        /// Largest value allowed.
        max: i32,
    },
    /// Longer than the field holds.
    TooLong {
        /// Characters allowed.
        max: usize,
    },
    /// More digits after the point than the field takes.
    TooPrecise {
        /// Digits after the point allowed.
        decimals: u8,
    },
    /// Not one of the field's choices.
    UnknownChoice,
    /// The form has no such field.
    UnknownField,
    /// The form's typeface has no such character.
    Unprintable {
        /// The first such character.
        character: char,
    },
    /// The check digit of a national ID does not fit.
    WrongChecksum,
    /// A year such as 2569 where one of the common era is meant.
    YearLooksBuddhist,
    /// A year such as 2026 where one of the Buddhist era is meant.
    YearLooksCommonEra,
}

impl Problem {
    /// What to do, in Thai.
    #[must_use]
    pub fn message_th(&self) -> String {
        match self {
            Self::ControlCharacter => "มีอักขระที่มองไม่เห็นปนอยู่ โปรดลบแล้วพิมพ์ใหม่".into(),
            Self::DateInFuture => "วันที่อยู่หลังวันนี้ โปรดตรวจวันที่อีกครั้ง".into(),
            Self::DateTooOld => "วันที่ย้อนหลังเกินกำหนดของแบบฟอร์ม โปรดตรวจวันที่อีกครั้ง".into(),
            Self::LowerPressureTooHigh => "ความดันตัวล่างต้องน้อยกว่าตัวบน โปรดพิมพ์ตัวบนก่อน เช่น 120/80".into(),
            Self::Missing => "โปรดกรอกช่องนี้".into(),
            Self::NotADate => "อ่านวันที่ไม่ได้ โปรดพิมพ์ เช่น 21/11/2569 หรือ 21 พฤศจิกายน 2569".into(),
            Self::NotANumber => "โปรดพิมพ์เป็นตัวเลข เช่น 65 หรือ 65.5".into(),
            Self::NotAPressure => "โปรดพิมพ์ความดันโลหิตเป็นตัวบน/ตัวล่าง เช่น 120/80".into(),
            Self::NotThirteenDigits => "เลขประจำตัวประชาชนต้องมี 13 หลัก โปรดตรวจกับบัตร".into(),
            Self::OutOfRange { min, max } => format!("โปรดพิมพ์ค่าตั้งแต่ {min} ถึง {max}"),
            Self::TooLong { max } => format!("ข้อความยาวเกินไป โปรดย่อให้ไม่เกิน {max} ตัวอักษร"),
            Self::TooPrecise { decimals: 0 } => "โปรดพิมพ์เป็นจำนวนเต็ม".into(),
            Self::TooPrecise { decimals } => format!("โปรดพิมพ์ทศนิยมไม่เกิน {decimals} ตำแหน่ง"),
            Self::UnknownChoice => "โปรดเลือกจากรายการที่มีให้".into(),
            Self::UnknownField => "แบบฟอร์มนี้ไม่มีช่องดังกล่าว โปรดเปิดแบบฟอร์มใหม่อีกครั้ง".into(),
            Self::Unprintable { character } => {
                format!("พิมพ์อักขระ “{character}” ลงในเอกสารไม่ได้ โปรดใช้ตัวอักษรไทยหรืออังกฤษ")
            }
            Self::WrongChecksum => "เลขประจำตัวประชาชนไม่ถูกต้อง โปรดตรวจกับบัตรทีละหลัก".into(),
            Self::YearLooksBuddhist => "ปีดูเหมือนเป็น พ.ศ. แต่ช่องนี้หมายถึง ค.ศ. โปรดพิมพ์ เช่น 21/11/2569".into(),
            Self::YearLooksCommonEra => "ปีดูเหมือนเป็น ค.ศ. แต่ระบุเป็น พ.ศ. โปรดพิมพ์ปี พ.ศ. เช่น 2569".into(),
        }
    }

    /// What to do, in English.
    #[must_use]
    pub fn message_en(&self) -> String {
        match self {
            Self::ControlCharacter => "This contains an invisible character. Delete it and type the text again.".into(),
            Self::DateInFuture => "This date is after today. Check the date.".into(),
            Self::DateTooOld => "This date is further back than the form allows. Check the date.".into(),
            Self::LowerPressureTooHigh => {
                "The lower pressure must be below the upper one. Type the upper one first, e.g. 120/80.".into()
            }
            Self::Missing => "Fill in this field.".into(),
            Self::NotADate => "This is not a date. Type it like 21/11/2569 or 21 November 2026.".into(),
            Self::NotANumber => "Type a number, e.g. 65 or 65.5.".into(),
            Self::NotAPressure => "Type the blood pressure as upper/lower, e.g. 120/80.".into(),
            Self::NotThirteenDigits => "A national ID has 13 digits. Check it against the card.".into(),
            Self::OutOfRange { min, max } => format!("Type a value from {min} to {max}."),
            Self::TooLong { max } => format!("This is too long. Shorten it to at most {max} characters."),
            Self::TooPrecise { decimals: 0 } => "Type a whole number.".into(),
            Self::TooPrecise { decimals } => format!("Type at most {decimals} digits after the point."),
            Self::UnknownChoice => "Choose one of the options offered.".into(),
            Self::UnknownField => "This form has no such field. Open the form again.".into(),
            Self::Unprintable { character } => {
                format!("The character “{character}” cannot be printed here. Use Thai or Latin letters.")
            }
            Self::WrongChecksum => "This national ID is not right. Check each digit against the card.".into(),
            Self::YearLooksBuddhist => {
                "The year looks like Buddhist era where the common era is meant. Type e.g. 21/11/2569 or 2026-11-21."
                    .into()
            }
            Self::YearLooksCommonEra => {
                "The year looks like common era where the Buddhist era is meant. Type e.g. 2569.".into()
            }
        }
    }
}
