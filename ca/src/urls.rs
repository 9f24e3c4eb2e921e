//! The addresses a certificate carries.

use crate::{Error, IssuerName};

/// The longest public URL.
const MAX_LENGTH: usize = 200;

/// Where this installation publishes what relying parties need.
///
/// What programs fetch while they check a certificate, possibly that of the https server itself, is below a plain
/// `http` URL (RFC 5280 §8; EN 319 412-2 §4.3.11 demands it of CRLs). It is signed; the channel adds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    base: String,
    plain: String,
}

impl Urls {
    /// Below `public_url`, an absolute `http` or `https` URL without query or fragment. For a `https` URL without a
    /// port, status is at the same host over `http`; with a port nobody can tell, see [`Self::with_plain_url`].
    ///
    /// # Errors
    /// [`Error::Value`] if it is not such a URL, or is `https` with a port.
    pub fn new(public_url: &str) -> Result<Self, Error> {
        let base = checked(public_url)?;
        let plain = match base.strip_prefix("https://") {
            Some(rest) if rest.contains(':') => return Err(Error::Value { what: "public URL: plain URL needed" }),
            Some(rest) => format!("http://{rest}"),
            // RFC 5280 §4.2.1.6: the host is a fully qualified name or an address; `localhost` is neither.
            None => match base.strip_prefix("http://localhost") {
                Some(rest) if rest.is_empty() || rest.starts_with([':', '/']) => format!("http://127.0.0.1{rest}"),
                _ => base.clone(),
            },
        };
        Ok(Self { base, plain })
    }

    /// The same with status and CA certificates below `plain_url`, an absolute `http` URL.
    ///
    /// # Errors
    /// [`Error::Value`] if one of them is not such a URL.
    pub fn with_plain_url(public_url: &str, plain_url: &str) -> Result<Self, Error> {
        let plain = checked(plain_url)?;
        if !plain.starts_with("http://") {
            return Err(Error::Value { what: "plain URL" });
        }
        Ok(Self { base: checked(public_url)?, plain })
    }

    /// The OCSP responder (RFC 6960).
    #[must_use]
    pub fn ocsp(&self) -> String {
        format!("{}/ocsp", self.plain)
    }

    /// One CRL shard of the issuing CAs, by its global number.
    #[must_use]
    pub fn crl_shard(&self, shard: u16) -> String {
        format!("{}/crl/{shard}.crl", self.plain)
    }

    /// The root's CRL.
    #[must_use]
    pub fn root_crl(&self) -> String {
        format!("{}/crl/root.crl", self.plain)
    }

    /// The CRL of the CA above the time-stamping units.
    #[must_use]
    pub fn tsa_crl(&self) -> String {
        format!("{}/crl/tsa.crl", self.plain)
    }

    /// The certificate of a CA, DER.
    #[must_use]
    pub fn ca_certificate(&self, name: IssuerName) -> String {
        format!("{}/ca/{name}.cer", self.plain)
    }

    /// The certification practice statement.
    #[must_use]
    pub fn cps(&self) -> String {
        format!("{}/cps", self.plain)
    }

    /// The PKI disclosure statement in a language (ISO 639-1): a part of the practice statement's page.
    ///
    /// None unless the public URL is `https`: EN 319 412-5 §4.3.4 wants no other scheme here.
    #[must_use]
    pub fn disclosure_statement(&self, language: &str) -> Option<String> {
        self.base.starts_with("https://").then(|| format!("{}/cps?lang={language}", self.base))
    }

    pub(crate) fn shard_prefix(&self) -> String {
        format!("{}/crl/", self.plain)
    }
}

fn checked(url: &str) -> Result<String, Error> {
    let base = url.trim_end_matches('/');
    let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://")).unwrap_or_default();
    let plain = host.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"<>\\^`{|}%".contains(&byte));
    if host.is_empty() || host.starts_with('/') || !plain || base.len() > MAX_LENGTH {
        return Err(Error::Value { what: "public URL" });
    }
    Ok(base.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_below_the_public_url() {
        let urls = Urls::new("https://rabrong.example.th/").unwrap();
        assert_eq!(urls.crl_shard(7), "http://rabrong.example.th/crl/7.crl");
        assert_eq!(urls.ca_certificate(IssuerName::TsaCa), "http://rabrong.example.th/ca/tsa-ca.cer");
        assert_eq!(urls.cps(), "http://rabrong.example.th/cps");
        assert_eq!(Urls::new("http://localhost:8080").unwrap().ocsp(), "http://127.0.0.1:8080/ocsp");
        assert_eq!(Urls::new("http://localhost.th").unwrap().ocsp(), "http://localhost.th/ocsp");
        let apart = Urls::with_plain_url("https://rabrong.example.th:8443", "http://pki.example.th").unwrap();
        assert_eq!(apart.ocsp(), "http://pki.example.th/ocsp");
        assert!(Urls::new("http://localhost:8080").unwrap().disclosure_statement("en").is_none());
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "rabrong.example.th",
            "ftp://a",
            "https://",
            "https:///x",
            "https://a b",
            "https://ก",
            "https://a?b",
            "https://a:8443",
        ] {
            assert!(Urls::new(url).is_err(), "{url}");
        }
    }
}
