//! What every page has: language, who is signed in, the demo banner, the token against
//! forged requests.

use super::{assets, words};

/// The language a page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// ไทย, the first language of the service.
    #[default]
    Th,
    /// English.
    En,
}

impl Lang {
    /// The BCP 47 tag, for `lang=`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Th => "th",
            Self::En => "en",
        }
    }

    /// Reads a tag (`th`, `en`, `en-GB`); anything else is none.
    pub fn parse(tag: &str) -> Option<Self> {
        match tag.split('-').next() {
            Some("th") => Some(Self::Th),
            Some("en") => Some(Self::En),
            _ => None,
        }
    }
}

/// The same sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// Thai.
    pub th: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Both languages at once.
    pub fn new(th: impl Into<String>, en: impl Into<String>) -> Self {
        Self { th: th.into(), en: en.into() }
    }

    /// A text that is the same in both languages (a number, a code).
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { th: text.clone(), en: text }
    }

    /// The words in one language.
    pub fn lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Th => &self.th,
            Lang::En => &self.en,
        }
    }
}

/// What every page has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Language of this answer.
    pub lang: Lang,
    /// A demo installation: the yellow banner and the software authenticator are there.
    pub demo: bool,
    /// Name of the person signed in.
    pub signed_in_as: Option<String>,
    /// Token against forged requests: a hidden field `csrf` in each form, the header
    /// `x-csrf-token` of each script's request.
    pub csrf: String,
    /// Path (and query) of this page, for the language switch; begins with `/`.
    pub path: String,
}

impl Layout {
    /// The words in the page's language. Both stand in the template, beside each other.
    pub const fn t<'a>(&self, th: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Th => th,
            Lang::En => en,
        }
    }

    /// A bilingual text in the page's language.
    pub fn text<'a>(&self, text: &'a Text) -> &'a str {
        text.lang(self.lang)
    }

    /// An ISO date (`2026-08-14`) as people write it: 14 สิงหาคม 2569, 14 August 2026.
    /// What is no date comes back as it is.
    pub fn date(&self, iso: &str) -> String {
        words::date(self.lang, iso)
    }

    /// An RFC 3339 instant in Bangkok time: 14 สิงหาคม 2569 เวลา 10.05 น.
    /// What is no instant comes back as it is.
    pub fn instant(&self, rfc3339: &str) -> String {
        words::instant(self.lang, rfc3339)
    }

    /// An RFC 3339 instant as short as it can be said, for narrow screens.
    pub fn short_instant(&self, rfc3339: &str) -> String {
        words::short_instant(self.lang, rfc3339)
    }

    /// The day of an RFC 3339 instant in Bangkok.
    pub fn day(&self, rfc3339: &str) -> String {
        words::day(self.lang, rfc3339)
    }

    /// This page in the other language.
    pub fn other_language_url(&self) -> String {
        let other = match self.lang {
            Lang::Th => "en",
            Lang::En => "th",
        };
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let mut url = format!("{path}?");
        for pair in query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")) {
            url.push_str(pair);
            url.push('&');
        }
        url.push_str("lang=");
        url.push_str(other);
        url
    }

    /// The path of a built asset, e.g. `/assets/3f…/rabrong.css`.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }

    /// A page as the pictures and tests want it.
    pub fn sample(lang: Lang) -> Self {
        Self {
            lang,
            demo: true,
            signed_in_as: Some(match lang {
                Lang::Th => "พญ. กานดา ใจดี".to_owned(),
                Lang::En => "Kanda Jaidee, M.D.".to_owned(),
            }),
            csrf: "c2FtcGxl".to_owned(),
            path: "/tasks".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_keeps_the_query() {
        let layout = Layout { path: "/requests?sort=name&lang=th&page=2".into(), ..Layout::default() };
        assert_eq!(layout.other_language_url(), "/requests?sort=name&page=2&lang=en");
        let layout = Layout { path: "/v".into(), lang: Lang::En, ..Layout::default() };
        assert_eq!(layout.other_language_url(), "/v?lang=th");
    }
}
