//! The pages at the signer's own origin, as typed structures that render themselves.
//!
//! Here a person sees what they are about to bring about, in words, and puts a passkey to
//! it. The portal has no part in these pages and cannot frame them. Each text stands once in
//! the template in both languages: `{{ layout.t("ไทย", "English") }}`.

mod activate;
pub(crate) mod assets;
mod certificates;
mod digests;
mod document;
mod ends;
mod evidence;
mod layout;
mod meaning;
mod outcome;
mod passkey;
mod phone;
mod refusal;
#[cfg(test)]
mod samples;
mod standing;
#[cfg(test)]
mod tests;

pub(crate) use activate::{Activate, PendingReplacement};
pub(crate) use document::DocumentPage;
pub(crate) use ends::holder;
pub(crate) use layout::{Lang, Layout, Text};
pub(crate) use meaning::{Meaning, Officers, ShownDocument};
pub(crate) use outcome::{Outcome, OutcomeState, Problem};
pub(crate) use passkey::{EnrolCredential, Enrolled};
pub(crate) use phone::PhonePage;
pub(crate) use refusal::words as refusal_words;
pub(crate) use standing::{appointed, person};

/// Every page rendered from its sample, by name: what the tests look at.
#[cfg(test)]
fn samples(lang: Lang) -> Result<Vec<(&'static str, String)>, askama::Error> {
    use askama::Template as _;
    let layout = Layout { lang, demo: true, path: "/a/4Q7TRX1MZ0K8WB5N2HDC6YFGJA".to_owned() };
    let mut pages = vec![
        ("sign_enrol", EnrolCredential::sample(layout.clone()).render()?),
        ("sign_enrolled", Enrolled::sample(layout.clone()).render()?),
        ("sign_problem", Problem::sample(layout.clone()).render()?),
        ("sign_one_of_many", DocumentPage::sample(layout.clone()).render()?),
        ("sign_phone", PhonePage::sample(layout.clone()).render()?),
    ];
    for (name, page) in samples::activations(&layout) {
        pages.push((name, page.render()?));
    }
    for (name, page) in Outcome::samples(&layout) {
        pages.push((name, page.render()?));
    }
    Ok(pages)
}
