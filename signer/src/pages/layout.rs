//! What every page of the signer has: language, the demo banner, where it is.

use pdf::date;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::assets;

/// The language a page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lang {
    /// ไทย, the first language of the service.
    #[default]
    Th,
    /// English.
    En,
}

impl Lang {
    /// The BCP 47 tag, for `lang=`.
    #[must_use]
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Th => "th",
            Self::En => "en",
        }
    }

    /// Reads a tag (`th`, `en`, `en-GB`); anything else is none.
    #[must_use]
    pub(crate) fn parse(tag: &str) -> Option<Self> {
        match tag.split('-').next() {
            Some("th") => Some(Self::Th),
            Some("en") => Some(Self::En),
            _ => None,
        }
    }
}

/// The same sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text {
    /// Thai.
    pub(crate) th: String,
    /// English.
    pub(crate) en: String,
}

impl Text {
    /// Both languages at once.
    pub(crate) fn new(th: impl Into<String>, en: impl Into<String>) -> Self {
        Self { th: th.into(), en: en.into() }
    }

    /// A text that is the same in both languages (a number, a code).
    pub(crate) fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { th: text.clone(), en: text }
    }

    /// An ISO date as a long date; what is no date stays as it is.
    #[must_use]
    pub(crate) fn date(iso: &str) -> Self {
        date::parse_iso(iso).map_or_else(|_| Self::same(iso), |day| Self::new(date::thai(day), date::english(day)))
    }

    /// An RFC 3339 instant in Bangkok time; what is no instant stays as it is.
    #[must_use]
    pub(crate) fn instant(rfc3339: &str) -> Self {
        OffsetDateTime::parse(rfc3339, &Rfc3339)
            // A line must not break before น.
            .map_or_else(
                |_| Self::same(rfc3339),
                |at| Self::new(date::thai_moment(at).replace(" น.", "\u{a0}น."), date::english_moment(at)),
            )
    }
}

/// What every page has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    /// Language of this answer.
    pub(crate) lang: Lang,
    /// A demo installation: the banner and the software authenticator are there.
    pub(crate) demo: bool,
    /// Path of this page, for the language switch; begins with `/`.
    pub(crate) path: String,
}

impl Layout {
    /// The words in the page's language. Both stand in the template, beside each other.
    #[must_use]
    pub(crate) const fn t<'a>(&self, th: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Th => th,
            Lang::En => en,
        }
    }

    /// A bilingual text in the page's language.
    #[must_use]
    pub(crate) fn text<'a>(&self, text: &'a Text) -> &'a str {
        self.t(&text.th, &text.en)
    }

    /// This page in the other language.
    #[must_use]
    pub(crate) fn other_language_url(&self) -> String {
        let join = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{join}lang={}", self.path, self.t("en", "th"))
    }

    /// The path of a built asset.
    #[must_use]
    pub(crate) fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }
}
