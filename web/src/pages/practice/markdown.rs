//! Markdown to HTML: our own documents, yet raw HTML is shown as text and links stay on this site.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A heading, for the table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 for a chapter, 2 for a section of it.
    pub level: u8,
    /// The anchor: the section's number, or words of the heading.
    pub anchor: String,
    /// The words.
    pub words: String,
}

/// A document as HTML.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The HTML.
    pub html: String,
    /// Chapters and sections in order.
    pub contents: Vec<Heading>,
}

impl Body {
    /// Renders a document. Its title (`#`) is left out, the page has one; a heading is found under its
    /// number (`4.9.1`), or its words, after `prefix`.
    pub fn of(markdown: &str, prefix: &str) -> Self {
        let mut events: Vec<Event<'_>> = Vec::new();
        let mut contents: Vec<Heading> = Vec::new();
        let mut heading: Option<(HeadingLevel, Vec<Event<'_>>)> = None;
        let mut leads_nowhere = false;
        for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
            match (plain(event, &mut leads_nowhere), heading.as_mut()) {
                (Event::Start(Tag::Heading { level, .. }), _) => heading = Some((level, Vec::new())),
                (Event::End(TagEnd::Heading(level)), Some(_)) => {
                    let inner = heading.take().map(|(_, inner)| inner).unwrap_or_default();
                    if level != HeadingLevel::H1 {
                        let found = describe(level, &inner, prefix);
                        let tag = format!("h{}", (level as u8).min(4));
                        let start = format!("<{tag} id=\"{}\">", found.anchor);
                        events.push(Event::Html(start.into()));
                        events.extend(inner);
                        events.push(Event::Html(format!("</{tag}>\n").into()));
                        contents.push(found);
                    }
                }
                (event, Some((_, inner))) => inner.push(event),
                (event, None) => table(&mut events, event),
            }
        }
        contents.retain(|heading| heading.level <= 2);
        let mut out = String::with_capacity(markdown.len() * 2);
        html::push_html(&mut out, events.into_iter());
        Self { html: out, contents }
    }

    /// The chapters, each with its sections.
    pub fn chapters(&self) -> Vec<(&Heading, Vec<&Heading>)> {
        let mut chapters: Vec<(&Heading, Vec<&Heading>)> = Vec::new();
        for heading in &self.contents {
            match chapters.last_mut() {
                Some((_, sections)) if heading.level > 1 => sections.push(heading),
                _ => chapters.push((heading, Vec::new())),
            }
        }
        chapters
    }
}

/// Raw HTML becomes text, an image its words, a link to a file that is not served its words.
fn plain<'a>(event: Event<'a>, leads_nowhere: &mut bool) -> Event<'a> {
    const NOTHING: Event<'static> = Event::Text(CowStr::Borrowed(""));
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => match served(&dest_url) {
            Some(address) => Event::Start(Tag::Link { link_type, dest_url: address.into(), title, id }),
            None => {
                *leads_nowhere = true;
                NOTHING
            }
        },
        Event::End(TagEnd::Link) if std::mem::take(leads_nowhere) => NOTHING,
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => NOTHING,
        other => other,
    }
}

/// Where a link of the documents leads on this site; none for files that are not served.
fn served(address: &str) -> Option<String> {
    if address.starts_with('#') || (address.starts_with('/') && !address.starts_with("//")) {
        return Some(address.to_owned());
    }
    let (file, anchor) = address.split_once('#').map_or((address, None), |(file, anchor)| (file, Some(anchor)));
    let page = match file {
        "cp.md" => "/cp",
        "cps.md" => "/cps",
        "pds.md" => return Some("/cps#disclosure".to_owned()),
        _ => return None,
    };
    Some(anchor.map_or_else(|| page.to_owned(), |anchor| format!("{page}#{anchor}")))
}

/// A table may be wider than a phone: it scrolls by itself.
fn table<'a>(events: &mut Vec<Event<'a>>, event: Event<'a>) {
    match event {
        Event::Start(Tag::Table(_)) => {
            events.push(Event::Html("<div class=\"app-table-box\" tabindex=\"0\">".into()));
            events.push(event);
        }
        Event::End(TagEnd::Table) => {
            events.push(event);
            events.push(Event::Html("</div>\n".into()));
        }
        other => events.push(other),
    }
}

fn describe(level: HeadingLevel, inner: &[Event<'_>], prefix: &str) -> Heading {
    let words: String = inner
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    let number = words.split(' ').next().unwrap_or_default().trim_end_matches('.');
    let numbered = number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let anchor = if numbered {
        number.to_owned()
    } else {
        // Thai marks are neither letters nor digits, and stay; nothing that could end an attribute does.
        let kept = |c: char| if c.is_ascii() && !c.is_ascii_alphanumeric() { '-' } else { c };
        words.to_lowercase().chars().map(kept).collect()
    };
    Heading { level: (level as u8).saturating_sub(1), anchor: format!("{prefix}{anchor}"), words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_found_by_their_number() {
        let body = Body::of("# T\n\n## 4 LIFE\n\n### 4.9 Revocation\n\n#### 4.9.1 Who\n\ntext\n\n## Annex A\n", "");
        let anchors: Vec<&str> = body.contents.iter().map(|heading| heading.anchor.as_str()).collect();
        assert_eq!(anchors, ["4", "4.9", "annex-a"]);
        assert!(body.html.contains("<h4 id=\"4.9.1\">4.9.1 Who</h4>"), "{}", body.html);
        assert!(!body.html.contains("<h1"), "{}", body.html);
        assert_eq!(body.chapters().len(), 2);
    }

    #[test]
    fn nothing_written_becomes_a_tag_or_leads_away() {
        let hostile = "<script>alert(1)</script>\n\na <b onclick=x>b</b> ![i](http://x/y.png) [j](javascript:alert(1)) \
                       [k](http://evil.example) [l](//evil.example) [m](cp.md#7.1) [n](#4.9)\n\n## <img src=x>\n";
        let html = Body::of(hostile, "").html;
        for bad in ["<script", "<b ", "<img", "javascript:", "evil.example", "http://"] {
            assert!(!html.contains(bad), "{bad}: {html}");
        }
        assert!(html.contains("href=\"/cp#7.1\"") && html.contains("href=\"#4.9\""), "{html}");
        assert_eq!(html.matches("<a ").count(), html.matches("</a>").count(), "{html}");
    }

    #[test]
    fn a_table_scrolls_by_itself() {
        let html = Body::of("| a | b |\n| --- | --- |\n| 1 | 2 |\n", "").html;
        assert!(
            html.contains("<div class=\"app-table-box\" tabindex=\"0\"><table>") && html.contains("</table>\n</div>")
        );
    }
}
