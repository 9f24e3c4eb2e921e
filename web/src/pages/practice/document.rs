//! The documents as they were written: a header that programs read, then Markdown.

/// A document of `docs/`, part of the program: what is served is what this version does.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// File name, and the address it is fetched at.
    pub name: &'static str,
    /// The whole file.
    pub text: &'static str,
}

/// The certificate policy.
pub const CP: Document = Document { name: "cp.md", text: include_str!("../../../../docs/cp.md") };

/// The certification practice statement.
pub const CPS: Document = Document { name: "cps.md", text: include_str!("../../../../docs/cps.md") };

/// The disclosure statement: Thai, then English.
pub const DISCLOSURE: Document = Document { name: "pds.md", text: include_str!("../../../../docs/pds.md") };

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// Version, e.g. `1.0`.
    pub version: String,
    /// In force since (ISO date).
    pub date: String,
}

impl Document {
    /// The header: lines of `key: value` between two lines `---`.
    pub fn header(&self) -> Header {
        let mut header = Header::default();
        for line in self.split().0.lines() {
            match line.split_once(": ") {
                Some(("version", value)) => value.trim().clone_into(&mut header.version),
                Some(("date", value)) => value.trim().clone_into(&mut header.date),
                _ => {}
            }
        }
        header
    }

    /// The document without its header.
    pub fn body(&self) -> &'static str {
        self.split().1
    }

    /// The parts that begin with a title (`# …`).
    pub fn parts(&self) -> Vec<&'static str> {
        let body = self.body();
        let mut starts: Vec<usize> = body.match_indices("\n# ").map(|(at, _)| at + 1).collect();
        if body.starts_with("# ") {
            starts.insert(0, 0);
        }
        let ends = starts.iter().skip(1).copied().chain([body.len()]);
        starts.iter().zip(ends).filter_map(|(start, end)| body.get(*start..end)).collect()
    }

    fn split(&self) -> (&'static str, &'static str) {
        self.text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).unwrap_or(("", self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pdf::date::parse_iso;

    #[test]
    fn each_document_says_its_version_and_date() {
        for document in [CP, CPS, DISCLOSURE] {
            let header = document.header();
            assert!(!header.version.is_empty(), "{}", document.name);
            assert!(parse_iso(&header.date).is_ok(), "{}: {}", document.name, header.date);
            assert!(!document.body().contains("\n---\nversion"), "{}", document.name);
        }
        assert_eq!(CPS.header().version, DISCLOSURE.header().version, "the summary is that of another version");
    }

    #[test]
    fn the_disclosure_statement_is_there_in_two_languages_with_the_same_headings() {
        let parts = DISCLOSURE.parts();
        assert_eq!(parts.len(), 2);
        let counts: Vec<usize> = parts.iter().map(|part| part.matches("\n### ").count()).collect();
        assert_eq!(counts[0], counts[1]);
        assert!(parts[0].starts_with("# คำแถลง") && parts[1].starts_with("# PKI disclosure statement"));
    }
}
