//! Names as strangers may see them.

use icu_segmenter::GraphemeClusterSegmenter;

/// How many letters of each word stay visible.
const VISIBLE: usize = 2;

/// A name with all but the first two letters of each word hidden: `สมชาย ใจดี` becomes
/// `สม*** ใจ***`. A letter is a base with its marks, so no mark is torn off; the number of
/// stars says nothing about the length.
#[must_use]
pub fn masked_name(name: &str) -> String {
    name.split_whitespace().map(masked_word).collect::<Vec<_>>().join(" ")
}

fn masked_word(word: &str) -> String {
    let end = GraphemeClusterSegmenter::new().segment_str(word).filter(|at| *at > 0).take(VISIBLE).last().unwrap_or(0);
    // A name of one or two letters would stand there whole.
    let end = if end == word.len() {
        GraphemeClusterSegmenter::new().segment_str(word).find(|at| *at > 0).filter(|at| *at < word.len()).unwrap_or(0)
    } else {
        end
    };
    format!("{}***", word.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_without_tearing_marks_off() {
        assert_eq!(masked_name("สมชาย ใจดี"), "สม*** ใจ***");
        assert_eq!(masked_name("กตัญญู ฟื้นฟู"), "กตั*** ฟื้น***");
        assert_eq!(masked_name("ญี่ปุ่น น้ำใส"), "ญี่ปุ่*** น้ำใ***");
        assert_eq!(masked_name("Somchai  Jaidee"), "So*** Ja***");
        assert_eq!(masked_name("ปู่ อู"), "*** ***");
        assert_eq!(masked_name(""), "");
    }
}
