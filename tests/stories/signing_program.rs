//! A program that asks for signatures over digests (CSC API, `OAuth2` with PKCE), as its server and its
//! users' browsers do.

use rabrong::demo::browser::Page;
use reqwest::Url;
use serde_json::{Value, json};
use stories::{Visitor, World};

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) back: String,
}

/// The officer registers a program on the console; the secret is shown once.
pub(crate) async fn registers(world: &World, ra: &Visitor, name: &str, back: &str) -> Program {
    let page = ra.open(world.url("/console/digests/10670")).await.ok();
    let form = page.form("/console/digests/10670").unwrap();
    let wrong = [("act", "register"), ("name", name), ("redirect_uri", "http://his.example/back")];
    let answer = ra.submit(&form, &wrong).await;
    assert_eq!(answer.status, 422, "{}", answer.said());
    let right = [("act", "register"), ("name", name), ("redirect_uri", back)];
    let shown = ra.submit(&form, &right).await.ok();
    let of = |id: &str| {
        let rest = shown.html.split(&format!("id=\"{id}\">")).nth(1).expect(id);
        rest.split('<').next().unwrap().to_owned()
    };
    let program = Program { id: of("client-id"), secret: of("client-secret"), back: back.to_owned() };
    let list = ra.open(world.url("/console/digests/10670")).await.ok();
    assert!(list.html.contains(name) && !list.html.contains(&program.secret));
    program
}

pub(crate) async fn switches(world: &World, ra: &mut Visitor, act: &str) {
    let page = ra.open(world.url("/console/digests/10670")).await.ok();
    let mut form = page.form("/console/digests/10670").unwrap();
    assert!(form.hidden.contains(&("act".to_owned(), act.to_owned())), "{:?}", form.hidden);
    form.hidden.retain(|(name, _)| name != "act");
    let signer = ra.submit(&form, &[("act", act)]).await.ok();
    assert!(signer.html.contains("โรงพยาบาลขอนแก่น"), "{}", signer.html);
    let done = ra.touch(&signer).await.ok();
    assert_eq!(done.url.path(), "/console/digests/10670");
}

/// Asks a method of the CSC API.
pub(crate) async fn asks(world: &World, version: &str, method: &str, token: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = request.post(world.numeric_url(&format!("/csc/{version}/{method}"))).bearer_auth(token).json(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

pub(crate) fn authorize_url(world: &World, program: &Program, more: &[(&str, &str)]) -> Url {
    let mut url = Url::parse(&world.url("/oauth2/authorize")).unwrap();
    url.query_pairs_mut()
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", &program.id),
            ("redirect_uri", &program.back),
            ("state", "ชั้น 2"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ])
        .extend_pairs(more);
    url
}

/// Where the page that leads back leads to.
pub(crate) fn way_back(page: &Page) -> Url {
    let content = page.html.split("content=\"0; url=").nth(1).expect("a way back").split('"').next().unwrap();
    Url::parse(&content.replace("&amp;", "&").replace("&#38;", "&")).unwrap()
}

pub(crate) fn code_of(back: &Url, program: &Program) -> Result<String, String> {
    assert!(back.as_str().starts_with(&program.back), "{back}");
    let of = |name: &str| back.query_pairs().find(|(id, _)| id == name).map(|(_, value)| value.into_owned());
    assert_eq!(of("state").as_deref(), Some("ชั้น 2"));
    of("code").ok_or_else(|| back.to_string())
}

pub(crate) async fn redeems(world: &World, program: &Program, code: &str, verifier: &str) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &program.back),
        ("code_verifier", verifier),
        ("client_id", &program.id),
    ];
    let request =
        http.post(world.numeric_url("/oauth2/token")).basic_auth(&program.id, Some(&program.secret)).form(&form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// A doctor lets a program look at their certificates: its token, or the address with the error.
pub(crate) async fn lets_look(world: &World, doctor: &mut Visitor, program: &Program) -> Result<String, String> {
    let page = doctor.open(authorize_url(world, program, &[("scope", "service")])).await.ok();
    let page = match page.form("/oauth2/authorize/") {
        Ok(form) => doctor.submit(&form, &[("decision", "allow")]).await.ok(),
        Err(_) => page,
    };
    let code = code_of(&way_back(&page), program)?;
    let (status, token) = redeems(world, program, &code, VERIFIER).await;
    assert_eq!(status, 200, "{token}");
    assert_eq!((token["token_type"].as_str(), token["scope"].as_str()), (Some("Bearer"), Some("service")));
    Ok(token["access_token"].as_str().unwrap().to_owned())
}

/// A doctor activates digests; the code.
pub(crate) async fn activates(world: &World, doctor: &mut Visitor, program: &Program, more: &[(&str, &str)]) -> String {
    let page = doctor.open(authorize_url(world, program, more)).await.ok();
    let form = page.form("/oauth2/authorize/").unwrap();
    let signer = doctor.submit(&form, &[("decision", "allow")]).await.ok();
    // Nobody listens at the program's address here: the redirect itself is what counts.
    let finish = signer.url.join(&signer.attribute("data-finish").unwrap()).unwrap();
    let credential = doctor.answer_of(&signer).await;
    let origin = signer.url.origin().ascii_serialization();
    let (status, said) = doctor.post(&origin, finish.as_str(), &json!({ "credential": credential })).await;
    assert_eq!(status, 200, "{said}");
    let done = signer.url.join(said["redirect"].as_str().unwrap()).unwrap();
    let back = doctor.stays_on(done, &program.back).await;
    code_of(&back, program).unwrap()
}

pub(crate) async fn credential(world: &World, token: &str) -> String {
    let (status, listed) = asks(world, "v2", "credentials/list", token, &json!({ "credentialInfo": true })).await;
    assert_eq!(status, 200, "{listed}");
    assert_eq!(listed["credentialInfos"][0]["auth"]["mode"], "oauth2code", "{listed}");
    listed["credentialIDs"][0].as_str().unwrap().to_owned()
}
