//! Where a line of Thai may end.

use std::sync::OnceLock;

use icu_segmenter::options::LineBreakOptions;
use icu_segmenter::{GraphemeClusterSegmenter, LineSegmenter, LineSegmenterBorrowed};

/// Where text may be broken into lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Breaks {
    /// Between words, which Thai writes without spaces: by ICU's dictionary.
    Words,
    /// At spaces only: names of people.
    Spaces,
}

/// Words that the dictionary would cut in two.
const WHOLE: &[&str] = &[
    "ใบรับรองแพทย์",
    "ใบรับรองสุขภาพ",
    "ใบรับรอง",
    "ใบอนุญาต",
    "เวชกรรม",
    "สถานพยาบาล",
    "โรงพยาบาล",
    "แพทยสภา",
    "แพทย์หญิง",
    "นายแพทย์",
    "ทุพพลภาพ",
    "ฟั่นเฟือน",
    "พิษสุราเรื้อรัง",
    "โรคเท้าช้าง",
    "โรคเรื้อน",
    "วัณโรค",
    "โรคจิต",
    "มม.ปรอท",
    "ความดันโลหิต",
    "คิวอาร์",
    "จิตฟั่นเฟือน",
    "ปัญญาอ่อน",
    "ผู้ป่วย",
    "ฟื้นฟู",
    "วันที่",
];

/// Byte positions after which a line may end, the text's end included, in order.
pub(super) fn opportunities(text: &str, breaks: Breaks) -> Vec<usize> {
    if text.is_empty() {
        return Vec::new();
    }
    let (mut found, whole): (Vec<usize>, Vec<(usize, usize)>) = match breaks {
        Breaks::Words => (segmenter().segment_str(text).filter(|at| *at > 0).collect(), whole_words(text)),
        Breaks::Spaces => {
            let after_space = text.char_indices().filter(|(_, character)| *character == ' ').map(|(at, _)| at + 1);
            (after_space.chain([text.len()]).collect(), Vec::new())
        }
    };
    found.dedup();
    // ๆ repeats the word before it and stays with it, across the space.
    found.retain(|at| {
        *at == text.len()
            || !(whole.iter().any(|(from, to)| from < at && at < to)
                || text.get(*at..).is_some_and(|rest| rest.starts_with('ๆ')))
    });
    found
}

/// Where words stand that are not to be cut: from which byte to which.
fn whole_words(text: &str) -> Vec<(usize, usize)> {
    if text.is_ascii() {
        return Vec::new();
    }
    let could_be = WHOLE.iter().filter(|word| word.len() <= text.len());
    could_be.flat_map(|word| text.match_indices(word).map(|(at, found)| (at, at + found.len()))).collect()
}

/// Byte positions between letters (a base with its marks), for words longer than a line.
pub(super) fn letters(text: &str) -> Vec<usize> {
    GraphemeClusterSegmenter::new().segment_str(text).filter(|at| *at > 0).collect()
}

fn segmenter() -> LineSegmenterBorrowed<'static> {
    static ONCE: OnceLock<LineSegmenterBorrowed<'static>> = OnceLock::new();
    *ONCE.get_or_init(|| LineSegmenter::new_dictionary(LineBreakOptions::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut broken = String::new();
        let mut from = 0;
        for to in opportunities(text, Breaks::Words) {
            broken += &text[from..to];
            broken += "|";
            from = to;
        }
        assert_eq!(broken.trim_end_matches('|'), expected);
    }

    #[test]
    fn words_stay_whole() {
        check("ใบรับรองแพทย์ฉบับนี้", "ใบรับรองแพทย์|ฉบับ|นี้");
        check("พฤษภาคม", "พฤษภาคม");
        check("อื่น ๆ (ถ้ามี)", "อื่น ๆ |(ถ้า|มี)");
        check("ไม่ปรากฏอาการของโรคจิต", "ไม่|ปรากฏ|อาการ|ของ|โรคจิต");
    }

    #[test]
    fn names_break_at_spaces_only() {
        assert_eq!(opportunities("สมชาย ใจดี", Breaks::Spaces), [16, "สมชาย ใจดี".len()]);
        assert_eq!(opportunities("อื่น ๆ", Breaks::Spaces), ["อื่น ๆ".len()]);
        assert!(WHOLE.iter().all(|word| !word.contains(' ')), "they are not looked for there");
    }
}
