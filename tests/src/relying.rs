//! A relying party: a program that fetches what a CA publishes, and has openssl read it.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Client, header};
use serde_json::Value;
use signer::protocol::{Operation, Request, Response, RevocationState};

use crate::judges::Court;
use crate::rows;
use crate::visitor::{Answer, Visitor};
use crate::world::World;

/// How long an answer may take. Slower is a hang.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fetches, and keeps what it fetched in a court.
#[derive(Debug)]
pub struct Relying {
    /// Where the files lie: `root.pem`, `issuing.pem`, `doctor.pem`, and what was fetched.
    pub court: Court,
    http: Client,
}

/// What came back, as it is.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`; empty if there was none.
    pub kind: String,
    /// `Cache-Control`; empty if there was none.
    pub cache: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What openssl reads in a CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// `CRLNumber`.
    pub number: i64,
    /// Reasons by serial number in lower-case hexadecimal; empty if none is stated.
    pub entries: BTreeMap<String, String>,
}

impl Relying {
    /// A party that has the certificates of the story.
    ///
    /// # Panics
    /// If a file of it is absent.
    #[must_use]
    pub fn party(world: &World) -> Self {
        let court = Court::sits();
        for name in ["root.pem", "issuing.pem", "doctor.pem"] {
            court.exhibits(name, &world.bytes(name));
        }
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(PATIENCE).build().expect("a client");
        Self { court, http }
    }

    /// GET.
    ///
    /// # Panics
    /// If nothing answers in time.
    pub async fn fetch(&self, url: &str) -> Fetched {
        fetched(self.http.get(url).send().await.unwrap_or_else(|error| panic!("{url}: {error}"))).await
    }

    /// POST of a body that says it is of this kind.
    ///
    /// # Panics
    /// If nothing answers in time.
    pub async fn post(&self, url: &str, kind: &str, body: Vec<u8>) -> Fetched {
        let request = self.http.post(url).header(header::CONTENT_TYPE, kind).body(body);
        fetched(request.send().await.unwrap_or_else(|error| panic!("{url}: {error}"))).await
    }

    /// Any method.
    ///
    /// # Panics
    /// If nothing answers in time.
    pub async fn sends(&self, method: &str, url: &str) -> Fetched {
        let method = method.parse().expect("a method");
        fetched(self.http.request(method, url).send().await.unwrap_or_else(|error| panic!("{url}: {error}"))).await
    }

    /// GET of what must be there.
    ///
    /// # Panics
    /// If it is not.
    pub async fn has(&self, url: &str, kind: &str) -> Vec<u8> {
        let fetched = self.fetch(url).await;
        assert_eq!((fetched.status, fetched.kind.as_str()), (200, kind), "{url}");
        fetched.body
    }

    /// The DER of a request by openssl about a certificate of the court.
    ///
    /// # Panics
    /// If openssl refuses.
    #[must_use]
    pub fn ocsp_request(&self, issuer: &str, certificate: &str, options: &str) -> Vec<u8> {
        let file = format!("{certificate}.ocsp-request");
        self.court.hears("openssl", &format!("ocsp -issuer {issuer} -cert {certificate} {options} -reqout {file}"));
        std::fs::read(self.court.file(&file)).expect("a request")
    }

    /// What openssl makes of an OCSP answer about the doctor's certificate: `good`, `revoked`, …,
    /// with the reason after it.
    ///
    /// # Panics
    /// If it does not believe the answer.
    #[must_use]
    pub fn status_in(&self, name: &str, response: &[u8]) -> String {
        self.court.exhibits(name, response);
        let said = self.court.hears(
            "openssl",
            &format!(
                "ocsp -respin {name} -no_nonce -issuer issuing.pem -cert doctor.pem -CAfile root.pem -verify_other issuing.pem"
            ),
        );
        assert!(said.contains("Response verify OK"), "{said}");
        let value = |key: &str| said.lines().find_map(|line| line.trim().strip_prefix(key)).map(str::trim);
        let status = value("doctor.pem:").expect("a status");
        format!("{status} {}", value("Reason:").unwrap_or_default()).trim().to_owned()
    }

    /// What openssl reads in a CRL that it believes.
    ///
    /// # Panics
    /// If it does not.
    #[must_use]
    pub fn list_in(&self, name: &str, der: &[u8], issuer: &str) -> List {
        self.court.exhibits(name, der);
        let text = self.court.hears("openssl", &format!("crl -inform DER -in {name} -noout -text -CAfile {issuer}"));
        assert!(text.contains("verify OK"), "{text}");
        let after = |text: &str, key: &str| {
            let mut lines = text.lines().skip_while(|line| !line.contains(key)).skip(1);
            lines.next().unwrap_or_default().trim().to_owned()
        };
        let head = text.split("Revoked Certificates").next().unwrap_or_default();
        let entries = text.split("Serial Number: ").skip(1).map(|entry| {
            let serial = entry.lines().next().unwrap_or_default().trim().to_lowercase();
            (serial, after(entry, "CRL Reason Code"))
        });
        List { number: after(head, "X509v3 CRL Number").parse().expect("a number"), entries: entries.collect() }
    }

    /// The name of the shard in which a certificate of the court would be listed.
    ///
    /// # Panics
    /// If it names none.
    #[must_use]
    pub fn shard_of(&self, certificate: &str) -> String {
        let said = self.court.hears("openssl", &format!("x509 -in {certificate} -noout -ext crlDistributionPoints"));
        let (_, name) = said.trim().rsplit_once("/crl/").expect("a shard's address");
        name.trim().strip_suffix(".crl").expect("a shard").to_owned()
    }
}

async fn fetched(response: reqwest::Response) -> Fetched {
    let value = |name: header::HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (kind, cache) = (value(header::CONTENT_TYPE), value(header::CACHE_CONTROL));
    let status = response.status().as_u16();
    Fetched { status, kind, cache, body: response.bytes().await.expect("a whole body").to_vec() }
}

impl World {
    /// What the journal says of a certificate's revocation, and where it is visible.
    ///
    /// # Panics
    /// If the signer does not say.
    pub async fn revocation_state(&self, serial: &str) -> RevocationState {
        let asked = Request::RevocationState { serial: serial.to_owned() };
        match self.client().ask(asked).await.expect("an answer") {
            Response::RevocationState { state } => state,
            other => panic!("{other:?}"),
        }
    }

    /// When the journal recorded the newest event of a certificate, in microseconds since 1970.
    pub async fn newest_event(&self, serial: &str) -> i64 {
        let newest = format!("select max(at) from revocation_event where serial = '{serial}'");
        rows::number(self.journal_rows(), &newest).await
    }

    /// Proposes an operation past the portal's pages, as its owner could: the ticket, and the
    /// signer's page, opened by who is to activate it.
    ///
    /// # Panics
    /// If the signer refuses to propose it.
    pub async fn proposes(&self, person: &Visitor, actor: &str, operation: Operation) -> (String, Answer) {
        let asked = Request::Propose { actor: actor.to_owned(), operation, return_path: "/tasks".to_owned() };
        match self.client().ask(asked).await.expect("an answer") {
            Response::Ticket { ticket, url } => (ticket, person.open(url).await),
            other => panic!("{other:?}"),
        }
    }

    /// The person id of who holds an office of a unit.
    ///
    /// # Panics
    /// If nobody does.
    pub async fn holder(&self, role: &str, unit: &str) -> String {
        let find = format!(
            "select person_id from appointment where role = '{role}' and unit_code = '{unit}' and ended_at is null"
        );
        rows::text(self.journal_rows(), &find).await
    }

    /// What `rabrong verify-cert` says of a certificate: exit code, and its JSON.
    ///
    /// # Panics
    /// If it says nothing.
    pub async fn verifies(&self, arguments: &[&str]) -> (i32, Value) {
        let said = self.rabrong(&[&["verify-cert", "--json"], arguments].concat()).await;
        let line = said.out.lines().next().unwrap_or_else(|| panic!("{}", said.err));
        (said.code, serde_json::from_str(line).expect("JSON"))
    }
}
