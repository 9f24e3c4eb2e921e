//! A person at a browser, as far as the unattended demonstration needs one: cookies, forms,
//! passkeys. It reads the same pages that people read.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Client, Url};
use sims::authenticator::SoftAuthenticator;

/// A page that came back.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it came from, redirects followed.
    pub url: Url,
    /// Its HTML.
    pub html: String,
}

/// A form on a page.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it is sent.
    pub action: Url,
    /// Its hidden fields.
    pub hidden: Vec<(String, String)>,
}

/// One person, one browser, one software authenticator.
#[derive(Debug)]
pub struct Browser {
    http: Client,
    /// The person's passkeys.
    pub passkeys: SoftAuthenticator,
}

impl Browser {
    /// A browser with these passkeys and no cookies.
    ///
    /// # Errors
    /// If the HTTP client cannot be made.
    pub fn new(passkeys: SoftAuthenticator) -> anyhow::Result<Self> {
        let http = Client::builder()
            .cookie_store(true)
            .no_proxy()
            .timeout(Duration::from_secs(60))
            // Browsers take *.localhost for this machine (RFC 6761 §6.3); resolvers may not.
            .resolve("sign.localhost", std::net::SocketAddr::from(([127, 0, 0, 1], 0)))
            .resolve("localhost", std::net::SocketAddr::from(([127, 0, 0, 1], 0)))
            .build()?;
        Ok(Self { http, passkeys })
    }

    /// Opens an address.
    ///
    /// # Errors
    /// If it cannot be reached or answers with an error; the page's title is in the message.
    pub async fn open(&self, url: &str) -> anyhow::Result<Page> {
        page(self.http.get(url).header("accept", "text/html").send().await?).await
    }

    /// Fetches a file.
    ///
    /// # Errors
    /// If it cannot be reached or answers with an error.
    pub async fn download(&self, url: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.http.get(url).send().await?.error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// Sends a form of `page`, with `fields` beside its hidden ones.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn submit(&self, form: &Form, fields: &[(&str, &str)]) -> anyhow::Result<Page> {
        let mut all: Vec<(&str, &str)> =
            form.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend_from_slice(fields);
        let origin = form.action.origin().ascii_serialization();
        let request =
            self.http.post(form.action.clone()).header("origin", origin).header("accept", "text/html").form(&all);
        page(request.send().await?).await
    }

    /// Presses a page's passkey button of the portal (`data-passkey`): start, authenticator,
    /// finish, and on to where it leads.
    ///
    /// # Errors
    /// If the page has no such button, or the passkey is not accepted.
    pub async fn press_login_passkey(&mut self, page: &Page) -> anyhow::Result<Page> {
        let kind = page.attribute("data-passkey").context("no passkey button")?;
        let csrf = page.attribute("data-csrf").unwrap_or_default();
        let start = page.resolve(&page.attribute("data-start").context("data-start")?)?;
        let finish = page.resolve(&page.attribute("data-finish").context("data-finish")?)?;
        let options = self.post_json(&page.url, &start, &serde_json::json!({ "csrf": csrf })).await?;
        let origin = page.url.origin().ascii_serialization();
        let credential = match kind.as_str() {
            "create" => self.passkeys.answer_creation(&origin, &options)?.to_json(),
            _ => self.passkeys.answer_request(&origin, &options)?.to_json(),
        };
        let answer = self.post_json(&page.url, &finish, &serde_json::json!({ "credential": credential })).await?;
        let redirect = answer.get("redirect").and_then(serde_json::Value::as_str).context("no redirect")?;
        self.open(page.resolve(redirect)?.as_str()).await
    }

    /// Presses the passkey button of a page of the signer (`data-activate`).
    ///
    /// # Errors
    /// If the page has no such button, or the signer refuses.
    pub async fn press_signing_passkey(&mut self, page: &Page) -> anyhow::Result<Page> {
        let answer = self.answer_of_signer(page).await?;
        let redirect = answer.get("redirect").and_then(serde_json::Value::as_str).context("no redirect")?;
        self.open(page.resolve(redirect)?.as_str()).await
    }

    /// Presses it on a page whose script is then told something to show.
    ///
    /// # Errors
    /// As [`Browser::press_signing_passkey`].
    pub async fn read_with_signing_passkey(&mut self, page: &Page) -> anyhow::Result<String> {
        let answer = self.answer_of_signer(page).await?;
        Ok(answer.get("shown").and_then(serde_json::Value::as_str).context("nothing is shown")?.to_owned())
    }

    async fn answer_of_signer(&mut self, page: &Page) -> anyhow::Result<serde_json::Value> {
        let kind = page.attribute("data-activate").context("no passkey button")?;
        let options: serde_json::Value =
            serde_json::from_str(&page.attribute("data-options").context("data-options")?)?;
        let finish = page.resolve(&page.attribute("data-finish").context("data-finish")?)?;
        let origin = page.url.origin().ascii_serialization();
        let credential = match kind.as_str() {
            "create" => self.passkeys.answer_creation(&origin, &options)?.to_json(),
            _ => self.passkeys.answer_request(&origin, &options)?.to_json(),
        };
        self.post_json(&page.url, &finish, &serde_json::json!({ "credential": credential })).await
    }

    async fn post_json(&self, from: &Url, to: &Url, body: &serde_json::Value) -> anyhow::Result<serde_json::Value> {
        let origin = from.origin().ascii_serialization();
        let answer = self.http.post(to.clone()).header("origin", origin).json(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("{to} answered {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }
}

impl Page {
    /// The first value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        attribute(&self.html, name)
    }

    /// The first link whose address contains `part`.
    ///
    /// # Errors
    /// If there is none.
    pub fn link(&self, part: &str) -> anyhow::Result<Url> {
        let mut rest = self.html.as_str();
        while let Some(at) = rest.find("href=\"") {
            rest = rest.get(at + 6..).unwrap_or_default();
            let href = rest.split('"').next().unwrap_or_default();
            if href.contains(part) {
                return self.resolve(&unescape(href));
            }
        }
        bail!("{}: no link with {part:?}", self.url.path())
    }

    /// The first form whose action contains `part`.
    ///
    /// # Errors
    /// If there is none.
    pub fn form(&self, part: &str) -> anyhow::Result<Form> {
        for piece in self.html.split("<form").skip(1) {
            let body = piece.split("</form>").next().unwrap_or_default();
            let opening = body.split('>').next().unwrap_or_default();
            let action = attribute(opening, "action").unwrap_or_default();
            if !action.contains(part) {
                continue;
            }
            let hidden = body
                .split("<input")
                .skip(1)
                .map(|input| input.split('>').next().unwrap_or_default())
                .filter(|input| attribute(input, "type").as_deref() == Some("hidden"))
                .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())))
                .collect();
            return Ok(Form { action: self.resolve(&action)?, hidden });
        }
        bail!("{}: no form with {part:?}", self.url.path())
    }

    /// The text of the first element of a class.
    #[must_use]
    pub fn text_of(&self, class: &str) -> Option<String> {
        let at = self.html.find(class)?;
        let rest = self.html.get(at..)?.split_once('>')?.1;
        rest.split('<').next().map(|text| unescape(text.trim()))
    }

    /// The values of every input of a name.
    #[must_use]
    pub fn values_of(&self, name: &str) -> Vec<String> {
        self.html
            .split("<input")
            .skip(1)
            .map(|input| input.split('>').next().unwrap_or_default())
            .filter(|input| attribute(input, " name").as_deref() == Some(name))
            .filter_map(|input| attribute(input, "value"))
            .collect()
    }

    fn resolve(&self, address: &str) -> anyhow::Result<Url> {
        Ok(self.url.join(address)?)
    }
}

async fn page(answer: reqwest::Response) -> anyhow::Result<Page> {
    let url = answer.url().clone();
    let status = answer.status();
    let html = answer.text().await?;
    if !status.is_success() {
        let title = html.split("<title>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
        bail!("{} answered {status}: {}", url.path(), unescape(title.trim()));
    }
    Ok(Page { url, html })
}

fn attribute(html: &str, name: &str) -> Option<String> {
    let start = format!("{name}=\"");
    let at = html.find(&start)? + start.len();
    html.get(at..)?.split('"').next().map(unescape)
}

/// The character references our templates write.
fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&gt;", ">")
        .replace("&#62;", ">")
        .replace("&amp;", "&")
        .replace("&#38;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_links_are_read_as_a_browser_would() {
        let page = Page {
            url: Url::parse("http://localhost:8080/a/b").unwrap(),
            html: r#"<a href="/x?a=1&amp;b=2">x</a><form method="post" action="go"><input type="hidden" name="csrf" value="a&#34;b"><input name="n"></form>"#.to_owned(),
        };
        assert_eq!(page.link("/x").unwrap().as_str(), "http://localhost:8080/x?a=1&b=2");
        let form = page.form("go").unwrap();
        assert_eq!(form.action.as_str(), "http://localhost:8080/a/go");
        assert_eq!(form.hidden, [("csrf".to_owned(), "a\"b".to_owned())]);
    }
}
