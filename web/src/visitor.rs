//! Who is asking: language, page, session. Handlers state what they need by which of these
//! they take: [`Visitor`] (anyone), [`SignedIn`] (a person), [`SignedForm`] (a person's form).

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use store::portal::person::Person;

use crate::app::App;
use crate::names::Names;
use crate::pages::{Lang, Layout, Values};
use crate::problem::Problem;
use crate::session;

/// The cookie that keeps the language chosen.
pub(crate) const LANGUAGE_COOKIE: &str = "rabrong_lang";

/// How to answer: in which language, as a page or as data.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) lang: Lang,
    pub(crate) path: String,
    pub(crate) wants_json: bool,
}

impl Manner {
    /// `?lang=` first, then the cookie; Thai if neither says otherwise.
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri) -> Self {
        let lang = asked_language(uri)
            .or_else(|| cookie(headers, LANGUAGE_COOKIE).and_then(|tag| Lang::parse(&tag)))
            .unwrap_or_default();
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wants_json = uri.path().starts_with("/api/")
            || content.starts_with("application/json")
            || (accept.contains("application/json") && !accept.contains("text/html"));
        let path = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        Self { lang, path, wants_json }
    }

    /// The layout of a page.
    pub(crate) fn layout(&self, app: &App, session: Option<&Session>) -> Layout {
        Layout {
            lang: self.lang,
            demo: app.config().demo,
            signed_in_as: session.map(|session| session.names.shown(self.lang)),
            csrf: session.map(|session| session.csrf.clone()).unwrap_or_default(),
            path: self.path.clone(),
        }
    }
}

/// The language asked for in the address.
pub(crate) fn asked_language(uri: &Uri) -> Option<Lang> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Lang::parse)
}

/// A session that is not over.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) person: Person,
    pub(crate) names: Names,
    pub(crate) csrf: String,
    pub(crate) token_digest: String,
}

/// Anyone.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) app: App,
    pub(crate) manner: Manner,
    pub(crate) session: Option<Session>,
}

impl Visitor {
    /// The layout of a page for this visitor.
    pub(crate) fn layout(&self) -> Layout {
        self.manner.layout(&self.app, self.session.as_ref())
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let manner = Manner::of(&parts.headers, &parts.uri);
        let session = match session::token(app, &parts.headers) {
            Some(token) => session::find(app, &token).await?,
            None => None,
        };
        Ok(Self { app: app.clone(), manner, session })
    }
}

/// A person who has signed in.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) app: App,
    pub(crate) manner: Manner,
    pub(crate) session: Session,
}

impl SignedIn {
    /// The person's id.
    pub(crate) fn id(&self) -> &str {
        &self.session.person.id
    }

    /// The layout of a page for this person.
    pub(crate) fn layout(&self) -> Layout {
        self.manner.layout(&self.app, Some(&self.session))
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        match visitor.session {
            Some(session) => Ok(Self { app: visitor.app, manner: visitor.manner, session }),
            None => Err(Problem::sign_in(&visitor.manner.path)),
        }
    }
}

/// A form a signed-in person sent from our own page: its token was checked.
#[derive(Debug, Clone)]
pub(crate) struct SignedForm {
    pub(crate) who: SignedIn,
    pairs: Vec<(String, String)>,
}

impl SignedForm {
    /// The fields, the last of each name.
    pub(crate) fn values(&self) -> Values {
        self.pairs.iter().cloned().collect()
    }

    /// One field; empty if it was not sent.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.pairs.iter().rev().find(|(id, _)| id == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value of one name.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.pairs.iter().filter(|(id, _)| id == name).map(|(_, value)| value.clone()).collect()
    }
}

impl FromRequest<App> for SignedForm {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let who = SignedIn::from_request_parts(&mut parts, app).await?;
        let sent = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let request = Request::from_parts(parts, body);
        let axum::Form(pairs) =
            axum::Form::<Vec<(String, String)>>::from_request(request, app).await.map_err(form_problem)?;
        let token = sent
            .or_else(|| pairs.iter().find(|(id, _)| id == "csrf").map(|(_, value)| value.clone()))
            .unwrap_or_default();
        if !session::same(&token, &who.session.csrf) {
            return Err(Problem::forged());
        }
        Ok(Self { who, pairs })
    }
}

fn form_problem(rejection: axum::extract::rejection::FormRejection) -> Problem {
    use axum::response::IntoResponse as _;
    if rejection.into_response().status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_long()
    } else {
        Problem::bad_input()
    }
}

/// A cookie of the request.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(|line| {
        line.split(';').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.to_owned())
        })
    })
}

/// Is the body a plain sentence, as the framework's rejections are?
pub(crate) fn is_plain_text(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_none_or(|kind| kind.starts_with("text/plain"))
}

/// A path on this site that a browser may be sent to; `/tasks` for anything else.
pub(crate) fn local_path(path: &str) -> &str {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.len() <= 512
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { path } else { "/tasks" }
}

/// Text as it may stand in a query.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_is_only_sent_on_within_the_site() {
        assert_eq!(local_path("/documents?sort=name"), "/documents?sort=name");
        for path in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "tasks"] {
            assert_eq!(local_path(path), "/tasks", "{path}");
        }
    }

    #[test]
    fn the_language_of_the_address_comes_first() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; rabrong_lang=en".parse().unwrap());
        assert_eq!(Manner::of(&headers, &Uri::from_static("/")).lang, Lang::En);
        assert_eq!(Manner::of(&headers, &Uri::from_static("/?lang=th")).lang, Lang::Th);
        assert_eq!(Manner::of(&HeaderMap::new(), &Uri::from_static("/?lang=xx")).lang, Lang::Th);
    }
}
