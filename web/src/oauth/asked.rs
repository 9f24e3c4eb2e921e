//! What a program asks for at the authorization endpoint (RFC 6749 §4.1.1; CSC API 1.0.4.0 §8.3.2
//! and 2.0 §8.4.1), read and checked before anybody is bothered with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signer::protocol::LabelledDigest;
use store::portal::api_client::ApiClient;

use super::Scope;
use crate::csc::algorithm::{SHA_256, decode_hash};

/// Digests under one touch.
const MOST: usize = 500;
/// Longest word of the program's own, in bytes.
const LONGEST_STATE: usize = 4096;

/// A request at the authorization endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) scope: Scope,
    pub(crate) client_state: String,
    pub(crate) code_challenge: String,
    /// Of the scope `credential`.
    pub(crate) signing: Option<AskedSigning>,
}

/// Which digests are to be signed with which certificate, as kept with the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedSigning {
    /// Serial number of the certificate.
    #[serde(rename = "credentialID")]
    pub(crate) credential_id: String,
    /// The digests, with the program's words for them.
    pub(crate) digests: Vec<LabelledDigest>,
    /// Of the CSC API.
    pub(crate) version: u8,
    /// Whether it was asked for by `authorization_details`.
    #[serde(default)]
    pub(crate) detailed: bool,
}

impl AskedSigning {
    /// What is granted, as the program asked for it: the token's answer says so (RFC 9396 §7).
    pub(crate) fn details(&self) -> Option<Value> {
        let digest = |digest: &LabelledDigest| {
            let hash = hex::decode(&digest.sha256).map(|hash| STANDARD.encode(hash)).unwrap_or_default();
            json!({ "hash": hash, "label": digest.label })
        };
        let digests: Vec<Value> = self.digests.iter().map(digest).collect();
        self.detailed.then(|| {
            json!([{
                "type": "credential",
                "credentialID": self.credential_id,
                "documentDigests": digests,
                "hashAlgorithmOID": SHA_256,
            }])
        })
    }
}

/// What is wrong with a request, for the program: RFC 6749 §4.1.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The error's code.
    pub(crate) code: &'static str,
    /// What to do about it; ASCII.
    pub(crate) description: &'static str,
}

const fn wrong(description: &'static str) -> Wrong {
    Wrong { code: "invalid_request", description }
}

/// The one value of a parameter.
///
/// # Errors
/// If it is sent twice (RFC 6749 §3.1).
pub(crate) fn one<'a>(query: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, Wrong> {
    let mut values = query.iter().filter(|(id, _)| id == name).map(|(_, value)| value.as_str());
    let first = values.next();
    if values.next().is_some() { Err(wrong("A parameter is sent twice.")) } else { Ok(first) }
}

/// Reads a request of a program that is registered for the code grant.
pub(crate) fn read(client: &ApiClient, query: &[(String, String)]) -> Result<Asked, Wrong> {
    if one(query, "response_type")? != Some("code") {
        return Err(Wrong { code: "unsupported_response_type", description: "response_type must be code." });
    }
    if !client.grants.split(' ').any(|grant| grant == super::AUTHORIZATION_CODE) {
        return Err(Wrong {
            code: "unauthorized_client",
            description: "This client is not registered for this grant.",
        });
    }
    let client_state = one(query, "state")?.unwrap_or_default();
    if client_state.len() > LONGEST_STATE || client_state.chars().any(char::is_control) {
        return Err(wrong("state is too long or has control characters."));
    }
    let code_challenge = one(query, "code_challenge")?.ok_or(wrong("code_challenge is missing (RFC 7636)."))?;
    let well_formed = code_challenge.len() == 43
        && code_challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !well_formed || one(query, "code_challenge_method")? != Some("S256") {
        return Err(wrong("code_challenge must be of the method S256 (RFC 7636)."));
    }
    let (scope, signing) = match one(query, "scope")? {
        None | Some("service") if one(query, "authorization_details")?.is_none() => (Scope::Service, None),
        None | Some("credential" | "") => (Scope::Credential, Some(read_signing(query)?)),
        _ => return Err(Wrong { code: "invalid_scope", description: "scope must be service or credential." }),
    };
    if !client.scopes.split(' ').any(|held| held == scope.as_str()) {
        return Err(Wrong { code: "invalid_scope", description: "This client is not registered for this scope." });
    }
    Ok(Asked { scope, client_state: client_state.to_owned(), code_challenge: code_challenge.to_owned(), signing })
}

fn read_signing(query: &[(String, String)]) -> Result<AskedSigning, Wrong> {
    if let Some(details) = one(query, "authorization_details")? {
        return read_details(details);
    }
    let credential_id = one(query, "credentialID")?.ok_or(wrong("credentialID is missing."))?;
    // Version 1 names the parameter in the singular, version 2 in the plural.
    let (version, hashes) = match (one(query, "hash")?, one(query, "hashes")?) {
        (Some(hashes), None) => (1, hashes),
        (None, Some(hashes)) => (2, hashes),
        _ => return Err(wrong("Send hash (version 1) or hashes (version 2): this service has SCAL2.")),
    };
    if one(query, "hashAlgorithmOID")?.is_some_and(|oid| oid != SHA_256) {
        return Err(wrong("hashAlgorithmOID must be 2.16.840.1.101.3.4.2.1 (SHA-256)."));
    }
    if hashes.len() > MOST * 64 {
        return Err(wrong("More than 500 hashes."));
    }
    let count: usize = match one(query, "numSignatures")? {
        Some(number) => number.parse().map_err(|_| wrong("numSignatures is not a number."))?,
        None => return Err(wrong("numSignatures is missing.")),
    };
    let labelled = hashes.split(',').map(|hash| (hash, String::new()));
    let signing = signing(credential_id, version, labelled)?;
    if signing.digests.len() != count {
        return Err(wrong("numSignatures is not the number of hashes."));
    }
    Ok(signing)
}

/// `authorization_details` (RFC 9396) of the type `credential`, as version 2 has it.
fn read_details(text: &str) -> Result<AskedSigning, Wrong> {
    // RFC 9396 §5.
    let wrong = |description| Wrong { code: "invalid_authorization_details", description };
    let malformed = wrong("authorization_details must be one object of the type credential.");
    if text.len() > MOST * 512 {
        return Err(malformed);
    }
    let details: Value = serde_json::from_str(text).map_err(|_| malformed)?;
    let [one] = details.as_array().map(Vec::as_slice).ok_or(malformed)? else { return Err(malformed) };
    let text = |object: &Value, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    if text(one, "type").as_deref() != Some("credential") {
        return Err(malformed);
    }
    if text(one, "hashAlgorithmOID").is_some_and(|oid| oid != SHA_256) {
        return Err(wrong("hashAlgorithmOID must be 2.16.840.1.101.3.4.2.1 (SHA-256)."));
    }
    let credential_id = text(one, "credentialID").ok_or(wrong("credentialID is missing."))?;
    let digests = one.get("documentDigests").and_then(Value::as_array).ok_or(wrong("documentDigests is missing."))?;
    let labelled: Option<Vec<(String, String)>> =
        digests.iter().map(|digest| Some((text(digest, "hash")?, text(digest, "label").unwrap_or_default()))).collect();
    let labelled = labelled.ok_or(wrong("documentDigests: each needs a hash."))?;
    // As the signer has it: told to the program here, and not to the doctor there.
    let signing = signing(&credential_id, 2, labelled.iter().map(|(hash, label)| (hash.as_str(), label.clone())))?;
    if !signing.digests.iter().all(LabelledDigest::is_plain) {
        return Err(wrong("documentDigests: a label is one line of 200 characters at most."));
    }
    Ok(AskedSigning { detailed: true, ..signing })
}

fn signing<'a>(
    credential_id: &str,
    version: u8,
    hashes: impl Iterator<Item = (&'a str, String)>,
) -> Result<AskedSigning, Wrong> {
    let is_serial = credential_id.len() <= 40 && credential_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if credential_id.is_empty() || !is_serial {
        return Err(wrong("Invalid parameter credentialID."));
    }
    let mut digests = Vec::new();
    for (hash, label) in hashes {
        let sha256 = decode_hash(hash).ok_or(wrong("A hash is not the base64 of 32 octets (SHA-256)."))?;
        if digests.iter().any(|known: &LabelledDigest| known.sha256 == sha256) {
            return Err(wrong("A hash is sent twice."));
        }
        digests.push(LabelledDigest { sha256, label });
    }
    if digests.is_empty() || digests.len() > MOST {
        return Err(wrong("1 to 500 hashes."));
    }
    Ok(AskedSigning { credential_id: credential_id.to_ascii_lowercase(), digests, version, detailed: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use time::OffsetDateTime;

    fn client() -> ApiClient {
        ApiClient {
            id: String::new(),
            unit_code: "10670".into(),
            name: "HIS".into(),
            grants: "authorization_code".into(),
            scopes: "service credential".into(),
            redirect_uris: "[]".into(),
            secret_sha256: String::new(),
            secret_changed_at: OffsetDateTime::UNIX_EPOCH,
            webhook_url: String::new(),
            webhook_secret_sealed: None,
            created_by: String::new(),
            created_at: OffsetDateTime::UNIX_EPOCH,
            disabled_at: None,
        }
    }

    fn query(change: &[(&str, &str)]) -> Vec<(String, String)> {
        let hash = STANDARD.encode([0xfb; 32]);
        let mut query = vec![
            ("response_type", "code".to_owned()),
            ("scope", "credential".to_owned()),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
            ("code_challenge_method", "S256".to_owned()),
            ("credentialID", "01AA".to_owned()),
            ("numSignatures", "1".to_owned()),
            ("hash", hash),
        ];
        for (name, value) in change {
            query.retain(|(id, _)| id != name);
            if !value.is_empty() {
                query.push((name, (*value).to_owned()));
            }
        }
        query.into_iter().map(|(id, value)| (id.to_owned(), value)).collect()
    }

    #[test]
    fn either_version_asks_for_digests() {
        let expected = vec![LabelledDigest { sha256: "fb".repeat(32), label: String::new() }];
        let first = read(&client(), &query(&[])).unwrap().signing.unwrap();
        assert_eq!((first.credential_id.as_str(), first.version, &first.digests), ("01aa", 1, &expected));
        let url_safe = URL_SAFE_NO_PAD.encode([0xfb; 32]);
        let second = read(&client(), &query(&[("hash", ""), ("hashes", &url_safe)])).unwrap().signing.unwrap();
        assert_eq!((second.version, &second.digests), (2, &expected));
        // A plus sign that nobody encoded arrives as a space.
        let spaced = STANDARD.encode([0xfb; 32]).replace('+', " ");
        assert_eq!(read(&client(), &query(&[("hash", &spaced)])).unwrap().signing.unwrap().digests, expected);
        let details = format!(
            r#"[{{"type":"credential","credentialID":"01aa","hashAlgorithmOID":"{SHA_256}","documentDigests":[{{"hash":"{url_safe}","label":"a.pdf"}}]}}]"#
        );
        let change = [("hash", ""), ("scope", ""), ("credentialID", ""), ("authorization_details", details.as_str())];
        let detailed = read(&client(), &query(&change)).unwrap().signing.unwrap();
        assert_eq!(detailed.digests[0].label, "a.pdf");
        let granted = detailed.details().unwrap();
        assert_eq!(granted[0]["documentDigests"][0], json!({ "hash": STANDARD.encode([0xfb; 32]), "label": "a.pdf" }));
        assert_eq!((first.details(), second.details()), (None, None));
        let turned = details.replace("a.pdf", "a\u{202e}.pdf");
        let change = [("hash", ""), ("scope", ""), ("credentialID", ""), ("authorization_details", turned.as_str())];
        assert_eq!(read(&client(), &query(&change)).unwrap_err().code, "invalid_authorization_details");
        let service = read(&client(), &query(&[("scope", "service")])).unwrap();
        assert_eq!((service.scope, service.signing), (Scope::Service, None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let hash = STANDARD.encode([1; 32]);
        let two = format!("{hash},{hash}");
        let many = vec![hash.as_str(); 501].join(",");
        for (change, code) in [
            (&[("response_type", "token")][..], "unsupported_response_type"),
            (&[("scope", "openid")], "invalid_scope"),
            (&[("code_challenge", "")], "invalid_request"),
            (&[("code_challenge_method", "plain")], "invalid_request"),
            (&[("credentialID", "../x")], "invalid_request"),
            (&[("credentialID", "")], "invalid_request"),
            (&[("hash", "")], "invalid_request"),
            (&[("hash", "AAAA")], "invalid_request"),
            (&[("hash", two.as_str()), ("numSignatures", "2")], "invalid_request"),
            (&[("hash", many.as_str()), ("numSignatures", "501")], "invalid_request"),
            (&[("hashes", hash.as_str())], "invalid_request"),
            (&[("numSignatures", "2")], "invalid_request"),
            (&[("numSignatures", "-1")], "invalid_request"),
            (&[("hashAlgorithmOID", "1.3.14.3.2.26")], "invalid_request"),
            (&[("authorization_details", "{}")], "invalid_authorization_details"),
            (&[("authorization_details", "[]")], "invalid_authorization_details"),
            (&[("state", "a\u{0}")], "invalid_request"),
        ] {
            assert_eq!(read(&client(), &query(change)).unwrap_err().code, code, "{change:?}");
        }
        let twice = [query(&[]), query(&[])].concat();
        assert_eq!(read(&client(), &twice).unwrap_err().code, "invalid_request");
        let other = ApiClient { grants: "client_credentials".into(), ..client() };
        assert_eq!(read(&other, &query(&[])).unwrap_err().code, "unauthorized_client");
        let other = ApiClient { scopes: "service".into(), ..client() };
        assert_eq!(read(&other, &query(&[])).unwrap_err().code, "invalid_scope");
    }
}
