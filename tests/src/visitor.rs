//! A person at a browser, as far as a story needs one: cookies, forms, a software
//! authenticator. It reads the pages that people read, and sees refusals as they are.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rabrong::demo::browser::{Form, Page};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::{Value, json};
use sims::authenticator::SoftAuthenticator;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The page, redirects followed.
    pub page: Page,
}

/// One person, one browser, one authenticator.
#[derive(Debug)]
pub struct Visitor {
    http: Client,
    /// The same with the same cookies, but it follows no redirect.
    still: Client,
    /// The person's passkeys.
    pub passkeys: SoftAuthenticator,
}

impl Answer {
    /// The page, if all went well.
    ///
    /// # Panics
    /// If it did not.
    pub fn ok(self) -> Page {
        assert_eq!(self.status, 200, "{}: {}", self.page.url, self.said());
        self.page
    }

    /// The words of a refusal for people: a page in Thai, without words of developers.
    ///
    /// # Panics
    /// If the status differs, or the page does not say what happened.
    pub fn refused(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}: {}", self.page.url, self.said());
        let said = self.said();
        assert!(said.chars().any(|c| ('ก'..='๛').contains(&c)), "no Thai words: {said}");
        assert!(!said.contains("null") && !said.contains("Error {"), "no words for people: {said}");
        said
    }

    /// The page's text without its marks.
    #[must_use]
    pub fn said(&self) -> String {
        text(&self.page)
    }
}

/// A page's text without its marks.
#[must_use]
pub fn text(page: &Page) -> String {
    let body = page.html.split("<main").nth(1).unwrap_or(&page.html);
    let mut text = String::new();
    let mut inside = false;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The challenge that a page of the signer asks to be answered.
///
/// # Panics
/// If it asks for none.
#[must_use]
pub fn challenge_of(page: &Page) -> Vec<u8> {
    let options: Value = serde_json::from_str(&page.attribute("data-options").expect("options")).expect("options");
    BASE64_URL_SAFE_NO_PAD.decode(options["challenge"].as_str().expect("a challenge")).expect("base64url")
}

impl Visitor {
    /// A visitor with these passkeys and no cookies.
    ///
    /// # Panics
    /// If the client cannot be made.
    #[must_use]
    pub fn new(passkeys: SoftAuthenticator) -> Self {
        let here = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let cookies = std::sync::Arc::new(reqwest::cookie::Jar::default());
        let client = |redirects| {
            Client::builder()
                .cookie_provider(std::sync::Arc::clone(&cookies))
                .redirect(redirects)
                .no_proxy()
                .timeout(Duration::from_secs(60))
                .resolve("sign.localhost", here)
                .resolve("localhost", here)
                .build()
                .expect("a client")
        };
        let http = client(reqwest::redirect::Policy::limited(10));
        let still = client(reqwest::redirect::Policy::none());
        Self { http, still, passkeys }
    }

    /// A visitor whose authenticator is new.
    #[must_use]
    pub fn stranger() -> Self {
        Self::new(SoftAuthenticator::new(rabrong::edge::randomness().bytes()))
    }

    /// Opens an address.
    ///
    /// # Panics
    /// If nothing answers.
    pub async fn open(&self, url: impl AsRef<str>) -> Answer {
        answer(self.get(url).send().await.expect("an answer")).await
    }

    /// Fetches a file.
    ///
    /// # Panics
    /// If it is not there.
    pub async fn download(&self, url: impl AsRef<str>) -> Vec<u8> {
        let answer = self.http.get(url.as_ref()).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}: {}", url.as_ref(), answer.status());
        answer.bytes().await.expect("a body").to_vec()
    }

    /// Fetches JSON.
    ///
    /// # Panics
    /// If there is none.
    pub async fn json(&self, url: impl AsRef<str>) -> Value {
        let answer = self.http.get(url.as_ref()).header("accept", "application/json").send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Follows redirects until one leads to an address that begins with `elsewhere`; that address,
    /// which is not opened.
    ///
    /// # Panics
    /// If none does.
    pub async fn stays_on(&self, url: Url, elsewhere: &str) -> Url {
        let mut url = url;
        for _ in 0..10 {
            let answer = self.still.get(url.clone()).header("accept", "text/html").send().await.expect("an answer");
            let next = answer.headers().get("location").and_then(|value| value.to_str().ok());
            url = url.join(next.unwrap_or_else(|| panic!("{url}: no redirect"))).expect("an address");
            if url.as_str().starts_with(elsewhere) {
                return url;
            }
        }
        panic!("{url}: too many redirects");
    }

    /// Sends a form.
    ///
    /// # Panics
    /// If nothing answers.
    pub async fn submit(&self, form: &Form, fields: &[(&str, &str)]) -> Answer {
        answer(self.request_of(form, fields).send().await.expect("an answer")).await
    }

    /// A form, not sent yet.
    pub fn request_of(&self, form: &Form, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut all: Vec<(&str, &str)> =
            form.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend_from_slice(fields);
        let origin = form.action.origin().ascii_serialization();
        let request = self.http.post(form.action.clone()).header("origin", origin).header("accept", "text/html");
        request.form(&all)
    }

    /// An address, not asked for yet.
    pub fn get(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.http.get(url.as_ref()).header("accept", "text/html")
    }

    /// Hands in a file under the field `file`.
    ///
    /// # Panics
    /// If nothing answers.
    pub async fn hand_in(&self, url: impl AsRef<str>, bytes: Vec<u8>) -> Answer {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("certificate.pdf");
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = self.http.post(url.as_ref()).header("accept", "text/html").multipart(form);
        answer(request.send().await.expect("an answer")).await
    }

    /// Posts JSON as a script of a page of `origin` would; status and answer.
    ///
    /// # Panics
    /// If nothing answers.
    pub async fn post(&self, origin: &str, url: impl AsRef<str>, body: &Value) -> (u16, Value) {
        let answer = self.http.post(url.as_ref()).header("origin", origin).json(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Presses the page's passkey button, of the portal or of the signer, and goes where it leads.
    ///
    /// # Panics
    /// If there is no button, or the passkey is refused.
    pub async fn touch(&mut self, page: &Page) -> Answer {
        match self.try_touch(page).await {
            Ok(answer) => answer,
            Err((status, said)) => panic!("{}: refused with {status}: {said}", page.url),
        }
    }

    /// The same; a refusal is answered by its status and words.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// If there is no button.
    pub async fn try_touch(&mut self, page: &Page) -> Result<Answer, (u16, Value)> {
        let origin = page.url.origin().ascii_serialization();
        let finish = page.url.join(&page.attribute("data-finish").expect("a passkey button")).expect("an address");
        let credential = self.answer_of(page).await;
        let (status, said) = self.post(&origin, finish.as_str(), &json!({ "credential": credential })).await;
        if status != 200 {
            return Err((status, said));
        }
        let redirect = said["redirect"].as_str().expect("a way on");
        Ok(self.open(page.url.join(redirect).expect("an address")).await)
    }

    /// Presses the button behind which the page's script is told something to show.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// If there is no button.
    pub async fn sees(&mut self, page: &Page) -> Result<String, (u16, Value)> {
        let origin = page.url.origin().ascii_serialization();
        let finish = page.url.join(&page.attribute("data-finish").expect("a passkey button")).expect("an address");
        let credential = self.answer_of(page).await;
        let (status, said) = self.post(&origin, finish.as_str(), &json!({ "credential": credential })).await;
        match said["shown"].as_str() {
            Some(shown) => Ok(shown.to_owned()),
            None => Err((status, said)),
        }
    }

    /// Presses the button while nobody may be left to answer.
    ///
    /// # Panics
    /// If there is no button.
    pub async fn touch_in_vain(&mut self, page: &Page) {
        let origin = page.url.origin().ascii_serialization();
        let finish = page.url.join(&page.attribute("data-finish").expect("a passkey button")).expect("an address");
        let credential = self.answer_of(page).await;
        let request = self.http.post(finish).header("origin", origin).json(&json!({ "credential": credential }));
        assert!(request.send().await.is_err(), "the signer answered");
    }

    /// The authenticator's answer to a page's button, not sent.
    ///
    /// # Panics
    /// If there is no button, or the authenticator has no fitting key.
    pub async fn answer_of(&mut self, page: &Page) -> Value {
        let origin = page.url.origin().ascii_serialization();
        let (kind, options) = match page.attribute("data-activate") {
            Some(kind) => {
                let options = page.attribute("data-options").expect("options");
                (kind, serde_json::from_str(&options).expect("options"))
            }
            None => {
                let kind = page.attribute("data-passkey").expect("a passkey button");
                let csrf = page.attribute("data-csrf").unwrap_or_default();
                let start = page.url.join(&page.attribute("data-start").expect("a start")).expect("an address");
                let (status, options) = self.post(&origin, start.as_str(), &json!({ "csrf": csrf })).await;
                assert_eq!(status, 200, "{options}");
                (kind, options)
            }
        };
        match kind.as_str() {
            "create" => self.passkeys.answer_creation(&origin, &options).expect("a passkey").to_json(),
            _ => self.passkeys.answer_request(&origin, &options).expect("a passkey").to_json(),
        }
    }
}

async fn answer(response: Response) -> Answer {
    let status = response.status().as_u16();
    let url: Url = response.url().clone();
    let html = String::from_utf8_lossy(&response.bytes().await.unwrap_or_default()).into_owned();
    Answer { status, page: Page { url, html } }
}
