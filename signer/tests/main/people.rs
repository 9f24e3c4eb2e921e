//! Persons with software authenticators, and the browser in front of them.

use std::net::{Ipv4Addr, SocketAddr};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};
use signer::protocol::CredentialReference;
use sims::authenticator::{Assertion, SoftAuthenticator};

/// A natural person as the portal knows them.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// Keyed digest of the national ID.
    pub(crate) identity: String,
    pub(crate) name_th: (String, String),
    pub(crate) name_en: (String, String),
    pub(crate) passkeys: SoftAuthenticator,
    /// The signing passkey enrolled last.
    pub(crate) credential: Option<CredentialReference>,
}

impl Person {
    pub(crate) fn credential(&self) -> CredentialReference {
        self.credential.clone().unwrap()
    }

    /// What the person's authenticator says to a page.
    pub(crate) fn answer(&mut self, page: &Page) -> Assertion {
        self.passkeys.answer_request(&page.origin, &page.options()).unwrap()
    }
}

/// A browser that takes `*.localhost` for this machine (RFC 6761 §6.3).
#[derive(Debug)]
pub(crate) struct Browser {
    http: Client,
    origin: String,
}

/// A page that came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
    pub(crate) origin: String,
}

/// What a page's script got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Json,
}

impl Browser {
    pub(crate) fn new(origin: String) -> Self {
        let http = Client::builder()
            .no_proxy()
            .resolve("sign.localhost", SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            // Each request finds the signer that runs now.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { http, origin }
    }

    pub(crate) async fn open(&self, url: &str) -> Page {
        self.open_as(url, None).await
    }

    /// Opens an address under another host name.
    pub(crate) async fn open_as(&self, url: &str, host: Option<&str>) -> Page {
        let mut request = self.http.get(url);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let html = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
        Page { status, headers, html, origin: self.origin.clone() }
    }

    /// Presses a button that posts nothing; where it leads.
    pub(crate) async fn press(&self, path: &str) -> Option<String> {
        let answer = self.http.post(format!("{}{path}", self.origin)).header("origin", &self.origin).send().await;
        answer.unwrap().headers().get("location").map(|place| place.to_str().unwrap().to_owned())
    }

    /// Posts what a page's script posts.
    pub(crate) async fn post(&self, path: &str, credential: Json) -> Answer {
        self.post_from(path, credential, Some(&self.origin.clone())).await
    }

    /// The same from a page of another origin, or from no page.
    pub(crate) async fn post_from(&self, path: &str, credential: Json, origin: Option<&str>) -> Answer {
        let mut request = self.http.post(format!("{}{path}", self.origin)).json(&json!({ "credential": credential }));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Json::Null);
        Answer { status, body }
    }
}

impl Page {
    /// The passkey options that the page's button carries.
    pub(crate) fn options(&self) -> Json {
        assert_eq!(self.status, StatusCode::OK, "{}", self.html);
        serde_json::from_str(&self.attribute("data-options").expect("a passkey button")).unwrap()
    }

    pub(crate) fn challenge(&self) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(self.options()["challenge"].as_str().unwrap()).unwrap()
    }

    /// Where the button posts to.
    pub(crate) fn finish(&self) -> String {
        self.attribute("data-finish").expect("a passkey button")
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let start = format!("{name}=\"");
        let at = self.html.find(&start)? + start.len();
        self.html[at..].split('"').next().map(unescape)
    }
}

impl Answer {
    /// Where a good answer leads.
    pub(crate) fn redirect(&self) -> Option<&str> {
        self.body["redirect"].as_str()
    }
}

/// The character references that the templates write.
fn unescape(text: &str) -> String {
    let quoted = text.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'");
    quoted
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&gt;", ">")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
