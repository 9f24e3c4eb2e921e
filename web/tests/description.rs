//! The API's description and the routes there are.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::{Engines, Served, browser};

const ROUTER: &str = include_str!("../src/router.rs");

/// Addresses of the stable interface, as the router has them.
fn stable_routes() -> BTreeSet<String> {
    let open =
        ["/api/v1/", "/oauth2/", "/ocsp", "/crl/", "/ca/", "/tsa", "/.well-known/", "/healthz", "/readyz", "/openapi"];
    ROUTER
        .split(".route(\"")
        .skip(1)
        .filter_map(|piece| piece.split('"').next())
        .filter(|path| open.iter().any(|start| path.starts_with(start)) || *path == "/v/{code}")
        // Pages on the way of a person through an authorization: no program asks for them.
        .filter(|path| !path.starts_with("/oauth2/authorize/") && *path != "/oauth2/return")
        .map(|path| path.replace("{*", "{"))
        .collect()
}

#[tokio::test]
async fn every_stable_address_is_described_and_no_other() {
    let engines = Engines::start("description");
    let served = Served::start(&engines, &engines.urls[0]).await;
    let http = browser();
    let description: Value = http.get(served.url("/openapi.json")).send().await.unwrap().json().await.unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(description["servers"][0]["url"], served.origin);
    let described: BTreeSet<String> = description["paths"].as_object().unwrap().keys().cloned().collect();
    let routes = stable_routes();
    assert!(routes.len() >= 18, "{routes:?}");
    assert_eq!(described, routes);

    // Each described method is there: none is answered with 404 by the fallback or with 405.
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let url = served.url(&path.replace("{code}", &"0".repeat(26)).replace(['{', '}'], ""));
            let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let status = http.request(method.clone(), url).send().await.unwrap().status().as_u16();
            assert_ne!(status, 405, "{method} {path}");
            assert_ne!(status, 500, "{method} {path}");
        }
    }
}
