//! The addresses a certificate carries.

use crate::Error;

/// The longest public URL.
const MAX_LENGTH: usize = 200;

/// Where this installation publishes what relying parties need; all below one public URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    base: String,
}

impl Urls {
    /// Below `public_url`, an absolute `http` or `https` URL without query or fragment.
    ///
    /// # Errors
    /// [`Error::Value`] if it is not such a URL.
    pub fn new(public_url: &str) -> Result<Self, Error> {
        let base = public_url.trim_end_matches('/');
        let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://")).unwrap_or_default();
        let plain = host.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"<>\\^`{|}%".contains(&byte));
        if host.is_empty() || host.starts_with('/') || !plain || base.len() > MAX_LENGTH {
            return Err(Error::Value { what: "public URL" });
        }
        Ok(Self { base: base.to_owned() })
    }

    /// The OCSP responder (RFC 6960).
    #[must_use]
    pub fn ocsp(&self) -> String {
        format!("{}/ocsp", self.base)
    }

    /// One CRL shard of the issuing CA.
    #[must_use]
    pub fn crl_shard(&self, shard: u16) -> String {
        format!("{}/crl/{shard}.crl", self.base)
    }

    /// The root's CRL.
    #[must_use]
    pub fn root_crl(&self) -> String {
        format!("{}/crl/root.crl", self.base)
    }

    /// The certificate of a CA, DER: `root` or `issuing`.
    #[must_use]
    pub fn ca_certificate(&self, name: &str) -> String {
        format!("{}/ca/{name}.cer", self.base)
    }

    /// The certification practice statement.
    #[must_use]
    pub fn cps(&self) -> String {
        format!("{}/cps", self.base)
    }

    /// The PKI disclosure statement in a language (ISO 639-1): a part of the practice statement's page.
    ///
    /// None unless the public URL is `https`: EN 319 412-5 §4.3.4 wants no other scheme here.
    #[must_use]
    pub fn disclosure_statement(&self, language: &str) -> Option<String> {
        self.base.starts_with("https://").then(|| format!("{}/cps?lang={language}", self.base))
    }

    pub(crate) fn shard_prefix(&self) -> String {
        format!("{}/crl/", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_below_the_public_url() {
        let urls = Urls::new("https://rabrong.example.th/").unwrap();
        assert_eq!(urls.crl_shard(7), "https://rabrong.example.th/crl/7.crl");
        assert_eq!(urls.ca_certificate("issuing"), "https://rabrong.example.th/ca/issuing.cer");
        assert!(Urls::new("http://localhost:8080").unwrap().disclosure_statement("en").is_none());
    }

    #[test]
    fn other_urls_are_refused() {
        for url in
            ["", "rabrong.example.th", "ftp://a", "https://", "https:///x", "https://a b", "https://ก", "https://a?b"]
        {
            assert!(Urls::new(url).is_err(), "{url}");
        }
    }
}
