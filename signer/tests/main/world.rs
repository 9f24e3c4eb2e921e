//! An installation after its ceremony, its units and its people.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

use signer::ceremony::{CentralOfficer, Ceremony, CeremonyError};
use signer::client::{Client, ClientError};
use signer::edge::{Clock, ClockDeviation};
use signer::protocol::{CertificateRecord, Operation, Outcome, Refusal, Request, Response};
use signer::step::Steps;
use sims::authenticator::SoftAuthenticator;
use store::Journal;
use time::OffsetDateTime;

use crate::contents;
use crate::people::{Answer, Browser, Page, Person};
use crate::place::{Engine, Place, initialise};
use crate::service::{self, Service, randomness};

/// An installation after its ceremony, running.
pub(crate) struct World {
    pub(crate) place: Arc<Place>,
    pub(crate) browser: Browser,
    central: Option<[Person; 2]>,
    pub(crate) service: Option<Service>,
    pub(crate) journal: Journal,
    /// Seconds by which the clock is ahead.
    ahead: Arc<AtomicI64>,
    people: AtomicU8,
}

/// The officers: the central ones, of one province, of one hospital.
pub(crate) struct Staff {
    pub(crate) central: [Person; 2],
    pub(crate) province: Person,
    pub(crate) evidence: Person,
    pub(crate) ra: Person,
}

/// A doctor with a certificate.
pub(crate) struct Doctor {
    pub(crate) person: Person,
    pub(crate) certificate: CertificateRecord,
}

/// A page that waits for a person.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) ticket: String,
    pub(crate) url: String,
}

impl World {
    /// Holds the ceremony and starts the signer, with a clock that is so much ahead.
    pub(crate) async fn begin(place: Place, ahead: time::Duration) -> Self {
        let place = Arc::new(place);
        let ahead = Arc::new(AtomicI64::new(ahead.whole_seconds()));
        let people = AtomicU8::new(0);
        tokio::task::spawn_blocking(|| ["root", "online"].map(initialise)).await.unwrap();
        let journal = Journal::connect(&place.database).await.unwrap();
        let plan = crate::ceremonies::plan();
        let ceremony = Arc::new(crate::ceremonies::ceremony(&place, plan, journal, clock(&ahead)).await);
        let mut world = Self {
            browser: Browser::new(place.origin()),
            central: None,
            service: None,
            journal: Journal::connect(&place.database).await.unwrap(),
            place,
            ahead,
            people,
        };
        let preparing = Arc::clone(&ceremony);
        let service = Service::around(&world.place, async move { preparing.prepare().await.unwrap() }).await;
        let mut central = [world.person(), world.person()];
        let mut officers = Vec::new();
        for person in &mut central {
            let (id, name) = (person.id.clone(), person.name_th.0.clone());
            let (ticket, url) = service
                .with(move |core| async move { Ceremony::invite_officer(&core, &id, &name).await })
                .await
                .unwrap();
            let page = world.browser.open(&url).await;
            let made = person.passkeys.answer_creation(&page.origin, &page.options()).unwrap();
            let answer = world.browser.post(&page.finish(), made.to_json()).await;
            assert!(answer.redirect().is_some(), "{answer:?}");
            let credential =
                service.with(move |core| async move { Ceremony::enrolled(&core, &ticket).await }).await.unwrap();
            person.credential = credential;
            officers.push(CentralOfficer {
                person_id: person.id.clone(),
                identity_digest: person.identity.clone(),
                name_th: person.name_th.0.clone(),
                name_en: person.name_en.0.clone(),
                credential: person.credential(),
            });
        }
        let officers: [CentralOfficer; 2] = officers.try_into().ok().unwrap();
        let finishing = Arc::clone(&ceremony);
        let published =
            service.with(move |core| async move { finishing.finish(&core, &officers).await }).await.unwrap();
        let transcript = published.transcript.transcript.text();
        assert!(transcript.contains(&central[0].credential().key_code), "{transcript}");
        let again = ceremony.prepare().await;
        assert!(matches!(again, Err(CeremonyError::AlreadyHeld(_))), "one ceremony");
        drop(service);
        world.central = Some(central);
        world.start(Steps::default()).await;
        world
    }

    /// Starts the signer; one that runs is killed first.
    pub(crate) async fn start(&mut self, steps: Steps) {
        self.service = None;
        tokio::task::spawn_blocking(service::wait_for_the_killed).await.unwrap();
        self.service = Some(Service::start(&self.place, clock(&self.ahead), steps).await);
    }

    pub(crate) fn clock(&self) -> Clock {
        clock(&self.ahead)
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock().now()
    }

    /// Moves the signer's clock.
    pub(crate) fn later(&self, by: time::Duration) {
        self.ahead.fetch_add(by.whole_seconds(), Ordering::SeqCst);
    }

    /// The same for whoever is not at hand when it is to be moved.
    pub(crate) fn clock_hand(&self) -> impl Fn(time::Duration) + Send + Sync + use<> {
        let ahead = Arc::clone(&self.ahead);
        move |by| {
            ahead.fetch_add(by.whole_seconds(), Ordering::SeqCst);
        }
    }

    pub(crate) fn service(&self) -> &Service {
        self.service.as_ref().unwrap()
    }

    pub(crate) fn person(&self) -> Person {
        new_person(&self.people, &self.ahead)
    }

    pub(crate) fn uuid(&self) -> String {
        store::ids::uuid(self.now(), &mut randomness())
    }

    /// Asks as the portal does, over the socket.
    pub(crate) async fn ask(&self, request: Request) -> Result<Response, Refusal> {
        match Client::new(&self.place.socket(), Duration::from_secs(60)).ask(request).await {
            Ok(response) => Ok(response),
            Err(ClientError::Refused(refusal)) => Err(refusal),
            Err(error) => panic!("{error}: {error:?}"),
        }
    }

    pub(crate) async fn der(&self, request: Request) -> Vec<u8> {
        match self.ask(request).await {
            Ok(Response::Der { bytes } | Response::Crl { bytes, .. }) => hex::decode(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Has an OCSP request answered, DER.
    pub(crate) async fn ocsp(&self, request: &[u8]) -> Vec<u8> {
        Client::new(&self.place.socket(), Duration::from_secs(60)).ocsp(request).await.unwrap().der
    }

    /// A person enrols a signing passkey; it is pending from then on.
    pub(crate) async fn enrol(&self, person: &mut Person) {
        let request = Request::EnrolCredential {
            person_id: person.id.clone(),
            display_name: person.name_th.0.clone(),
            return_path: "/tasks".to_owned(),
        };
        let waiting = Waiting::of(self.ask(request).await).unwrap();
        let page = self.browser.open(&waiting.url).await;
        let made = person.passkeys.answer_creation(&page.origin, &page.options()).unwrap();
        let answer = self.browser.post(&page.finish(), made.to_json()).await;
        assert!(answer.redirect().is_some(), "{answer:?}");
        let Outcome::CredentialEnrolled { credential } = self.outcome(&waiting).await else { panic!("enrolled") };
        person.credential = Some(credential);
    }

    /// Proposes an operation for somebody to activate.
    pub(crate) async fn propose(&self, actor: &Person, operation: Operation) -> Result<Waiting, Refusal> {
        let request = Request::Propose { actor: actor.id.clone(), operation, return_path: "/tasks".to_owned() };
        Waiting::of(self.ask(request).await)
    }

    /// A person opens the page and touches the passkey.
    pub(crate) async fn touch(&self, person: &mut Person, waiting: &Waiting) -> Answer {
        let page = self.browser.open(&waiting.url).await;
        self.answer(person, &page).await
    }

    pub(crate) async fn answer(&self, person: &mut Person, page: &Page) -> Answer {
        let assertion = person.answer(page);
        self.browser.post(&page.finish(), assertion.to_json()).await
    }

    pub(crate) async fn outcome(&self, waiting: &Waiting) -> Outcome {
        match self.ask(Request::Outcome { ticket: waiting.ticket.clone() }).await {
            Ok(Response::Outcome { outcome }) => outcome,
            other => panic!("{other:?}"),
        }
    }

    /// All of it: proposed, touched, and what came of it.
    pub(crate) async fn activate(&self, person: &mut Person, operation: Operation) -> Outcome {
        let waiting = self.propose(person, operation).await.unwrap();
        let answer = self.touch(person, &waiting).await;
        assert!(answer.redirect().is_some(), "{answer:?}");
        self.outcome(&waiting).await
    }

    /// Somebody enrols a passkey and is appointed.
    pub(crate) async fn appoint(&self, by: &mut Person, role: &str, unit: &str) -> Person {
        let mut officer = self.person();
        self.enrol(&mut officer).await;
        let operation = contents::appointment(self, &officer, role, unit);
        let outcome = self.activate(by, operation).await;
        assert!(matches!(outcome, Outcome::OfficerAppointed { .. }), "{outcome:?}");
        officer
    }

    /// The officers of the province and the hospital.
    pub(crate) async fn staff(&mut self) -> Staff {
        let mut central = self.central.take().unwrap();
        let mut province = self.appoint(&mut central[0], "ra_officer", contents::PROVINCE).await;
        let evidence = self.appoint(&mut province, "evidence_officer", contents::HOSPITAL).await;
        let ra = self.appoint(&mut province, "ra_officer", contents::HOSPITAL).await;
        Staff { central, province, evidence, ra }
    }

    /// A doctor of the hospital, approved and certified.
    pub(crate) async fn doctor(&self, staff: &mut Staff) -> Doctor {
        let mut person = self.person();
        self.enrol(&mut person).await;
        let operation = contents::issue(&contents::request(self, &person, &mut staff.evidence).await);
        match self.activate(&mut staff.ra, operation).await {
            Outcome::CertificateIssued { certificate, .. } => Doctor { person, certificate },
            other => panic!("{other:?}"),
        }
    }

    /// How many entries of each kind the journal's ledger has: each change of state writes one.
    pub(crate) async fn tally(&self) -> BTreeMap<String, usize> {
        self.service().with(|core| async move { core.sequence("story").await }).await.unwrap();
        let mut tally = BTreeMap::new();
        for entry in self.journal.begin().await.unwrap().entries(0, 100_000).await.unwrap() {
            // Of what was erased only the leaf is left.
            let Some((entry, _)) = entry.content else { continue };
            let kind = entry.kind;
            // CRLs come by themselves, whenever they are due.
            if !kind.starts_with("crl.") {
                *tally.entry(kind).or_default() += 1;
            }
        }
        tally
    }

    /// One statement by whoever owns the journal's database.
    pub(crate) async fn sql(&self, sql: &str) -> u64 {
        self.journal.database().execute_raw(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// Takes away what keeps a table's rows from being changed, as an owner of the database can.
    pub(crate) async fn unlock(&self, table: &str) {
        match self.place.engine {
            Engine::Sqlite => self.sql(&format!("drop trigger {table}_no_change")).await,
            Engine::Postgres => self.sql(&format!("drop trigger {table}_no_change on {table}")).await,
        };
    }
}

impl Waiting {
    pub(crate) fn of(answer: Result<Response, Refusal>) -> Result<Self, Refusal> {
        match answer? {
            Response::Ticket { ticket, url } => Ok(Self { ticket, url }),
            other => panic!("{other:?}"),
        }
    }
}

fn clock(ahead: &Arc<AtomicI64>) -> Clock {
    let ahead = Arc::clone(ahead);
    #[expect(clippy::disallowed_methods, reason = "other people's tools judge by the system's clock")]
    let clock = Clock::new(move || OffsetDateTime::now_utc() + time::Duration::seconds(ahead.load(Ordering::SeqCst)));
    clock.known_by(Arc::new(KnownDeviation))
}

/// By how many milliseconds the clock may be wrong; negative: nobody knows. Each story has a
/// process of its own.
pub(crate) static DEVIATION: AtomicI64 = AtomicI64::new(0);

struct KnownDeviation;

impl ClockDeviation for KnownDeviation {
    fn at_most(&self) -> Option<Duration> {
        u64::try_from(DEVIATION.load(Ordering::SeqCst)).ok().map(Duration::from_millis)
    }
}

fn new_person(people: &AtomicU8, ahead: &Arc<AtomicI64>) -> Person {
    let number = people.fetch_add(1, Ordering::SeqCst);
    Person {
        id: store::ids::uuid(clock(ahead).now(), &mut randomness()),
        identity: hex::encode([number; 32]),
        name_th: ("กานดา".to_owned(), "ใจดี".to_owned()),
        name_en: ("Kanda".to_owned(), "Jaidee".to_owned()),
        passkeys: SoftAuthenticator::new([number + 1; 32]),
        credential: None,
    }
}
