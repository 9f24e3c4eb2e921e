//! A person at a real browser with a real WebAuthn client; only the authenticator behind it
//! is virtual (Chrome `DevTools` Protocol, domain WebAuthn).

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::emulation::SetDeviceMetricsOverrideParams;
use chromiumoxide::cdp::browser_protocol::input::InsertTextParams;
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::cdp::browser_protocol::web_authn::{
    AddVirtualAuthenticatorParams, AuthenticatorProtocol, AuthenticatorTransport, EnableParams,
    VirtualAuthenticatorOptions,
};
use chromiumoxide::page::ScreenshotParams;
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::world::empty_folder;

/// How long a page may take until it shows what is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Chromium with one page and one virtual authenticator, which serves every relying party
/// that the page's origin may name.
#[derive(Debug)]
pub struct Chromium {
    browser: Browser,
    page: Page,
    handler: tokio::task::JoinHandle<()>,
    profile: PathBuf,
    pictures: PathBuf,
    /// How wide the page was made, in CSS pixels; 0 for as wide as the window.
    width: AtomicI64,
}

impl Chromium {
    /// Starts it; pictures go to a folder whose path is printed.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn opens(story: &str) -> Self {
        let profile = empty_folder("chromium");
        let pictures = std::env::temp_dir().join("rabrong-pictures").join(story);
        std::fs::create_dir_all(&pictures).expect("a folder");
        let line = format!("pictures of {story}: {}\n", pictures.display());
        let _ = std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes());
        let config = BrowserConfig::builder()
            .new_headless_mode()
            .no_sandbox()
            .viewport(None)
            .window_size(1280, 900)
            .user_data_dir(&profile)
            .launch_timeout(PATIENCE)
            .args(["disable-gpu", "disable-quic", "disable-component-update", "no-first-run", "disable-sync"])
            .build()
            .expect("Chromium");
        let (browser, mut events) = Browser::launch(config).await.expect("Chromium starts");
        let handler = tokio::spawn(async move { while events.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.expect("a page");
        let mut person = Self { browser, page, handler, profile, pictures, width: AtomicI64::new(0) };
        person.has_an_authenticator().await;
        person.is_wide(1280).await;
        person
    }

    async fn has_an_authenticator(&mut self) {
        self.page.execute(EnableParams::default()).await.expect("WebAuthn");
        let options = VirtualAuthenticatorOptions::builder()
            .protocol(AuthenticatorProtocol::Ctap2)
            .transport(AuthenticatorTransport::Internal)
            .has_resident_key(true)
            .has_user_verification(true)
            .is_user_verified(true)
            .automatic_presence_simulation(true)
            .build()
            .expect("an authenticator");
        self.page.execute(AddVirtualAuthenticatorParams::new(options)).await.expect("an authenticator");
    }

    /// Makes the page so many CSS pixels wide.
    ///
    /// # Panics
    /// If Chromium refuses.
    pub async fn is_wide(&self, width: i64) {
        let metrics = SetDeviceMetricsOverrideParams::new(width, 900, 1.0, width < 700);
        self.page.execute(metrics).await.expect("another width");
        self.width.store(width, Ordering::Relaxed);
    }

    /// Goes to an address.
    ///
    /// # Panics
    /// If it cannot be loaded.
    pub async fn goes_to(&self, url: &str) {
        self.page.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The address shown.
    ///
    /// # Panics
    /// If there is none.
    pub async fn address(&self) -> String {
        self.says("location.href").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the address contains `part` and the page is there.
    ///
    /// # Panics
    /// If it takes too long.
    pub async fn arrives_at(&self, part: &str) {
        let there = format!("location.href.includes({}) && document.readyState !== 'loading'", json!(part));
        self.waits_for(&there).await;
    }

    /// Waits until an expression of JavaScript is true.
    ///
    /// # Panics
    /// If it takes too long.
    pub async fn waits_for(&self, expression: &str) {
        let started = tokio::time::Instant::now();
        while started.elapsed() < PATIENCE {
            // Between two pages there is nobody to ask.
            if let Ok(answer) = self.page.evaluate(expression).await
                && answer.value() == Some(&Value::Bool(true))
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.takes_a_picture("too-late").await;
        panic!("{}: {expression} is not so: {}", self.address().await, self.reads("body").await);
    }

    /// What an expression of JavaScript says; promises are awaited.
    ///
    /// # Panics
    /// If it throws.
    pub async fn says(&self, expression: &str) -> Value {
        let answer = self.page.evaluate(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"));
        answer.value().cloned().unwrap_or_default()
    }

    /// The text that an element shows.
    pub async fn reads(&self, selector: &str) -> String {
        let expression = format!("document.querySelector({})?.innerText ?? ''", json!(selector));
        self.says(&expression).await.as_str().unwrap_or_default().to_owned()
    }

    /// Presses an element with the mouse.
    ///
    /// # Panics
    /// If there is none, or something lies over it.
    pub async fn presses(&self, selector: &str) {
        self.waits_for(&format!("document.querySelector({}) !== null", json!(selector))).await;
        let started = tokio::time::Instant::now();
        loop {
            let pressed = async { self.page.find_element(selector).await?.click().await.map(drop) };
            match pressed.await {
                Ok(()) => return,
                // The browser numbers a page's nodes anew when it has read all of it: nothing was pressed yet.
                Err(error) if error.to_string().contains("Could not find node") && started.elapsed() < PATIENCE => {}
                Err(error) => panic!("{selector}: {error}"),
            }
        }
    }

    /// Presses a passkey button and chooses the authenticator of one's own in the
    /// demonstration's dialog.
    ///
    /// # Panics
    /// If there is no button, or no dialog.
    pub async fn touches(&self, selector: &str) {
        self.waits_for("document.documentElement.dataset.demoPasskey === 'ready'").await;
        self.presses(selector).await;
        self.presses("dialog.app-demo-dialog .app-demo-dialog__foot button").await;
    }

    /// Presses a passkey button and chooses, in the demonstration's dialog, the passkey of the
    /// person whose name there holds `words`.
    ///
    /// # Panics
    /// If there is no button, no dialog, or no such person in it.
    pub async fn touches_as(&self, selector: &str, words: &str) {
        self.waits_for("document.documentElement.dataset.demoPasskey === 'ready'").await;
        self.presses(selector).await;
        let choice = format!(
            "(() => {{ const all = [...document.querySelectorAll('button.app-demo-dialog__choice')]; const one = all.find((button) => button.textContent.includes({})); one?.click(); return one !== undefined; }})()",
            json!(words)
        );
        self.waits_for(&choice).await;
    }

    /// Types into a field as an input method would.
    ///
    /// # Panics
    /// If there is no such field.
    pub async fn types(&self, selector: &str, text: &str) {
        let found = format!(
            "(() => {{ const e = document.querySelector({}); if (!e) return false; e.scrollIntoView(); e.focus(); e.select?.(); return document.activeElement === e; }})()",
            json!(selector)
        );
        assert_eq!(self.says(&found).await, Value::Bool(true), "no field {selector}");
        self.page.execute(InsertTextParams::new(text)).await.expect("typing");
    }

    /// Answers a question of a form, whatever kind of field asks it.
    ///
    /// # Panics
    /// If nothing asks it.
    pub async fn answers(&self, name: &str, value: &str) {
        let kind = format!("(document.querySelector('[name={}]') ?? {{}}).type ?? ''", json!(name));
        let kind = self.says(&kind).await;
        let one = format!("[name={}][value={}]", json!(name), json!(value));
        match kind.as_str().unwrap_or_default() {
            "radio" | "checkbox" => {
                let label = format!("label[for=\"' + document.querySelector('{one}').id + '\"]");
                let pressed = format!(
                    "(() => {{ const e = document.querySelector('{label}'); e.scrollIntoView({{block: 'center'}}); e.click(); return document.querySelector('{one}').checked; }})()"
                );
                assert_eq!(self.says(&pressed).await, Value::Bool(true), "{name} = {value}");
            }
            "select-one" => {
                let chosen = format!(
                    "(() => {{ const e = document.querySelector('[name={}]'); e.value = {}; e.dispatchEvent(new Event('change', {{bubbles: true}})); return e.value; }})()",
                    json!(name),
                    json!(value)
                );
                assert_eq!(self.says(&chosen).await, json!(value), "{name}");
            }
            "" => panic!("{}: nothing asks {name}", self.address().await),
            _ => self.types(&format!("[name={}]", json!(name)), value).await,
        }
    }

    /// Keeps a picture of the whole page.
    ///
    /// # Panics
    /// If it cannot be taken.
    pub async fn takes_a_picture(&self, name: &str) {
        let params = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).full_page(true).build();
        let file = self.pictures.join(name).with_extension("png");
        self.page.save_screenshot(params, file).await.expect("a picture");
        // A picture of the whole page leaves the page as wide as the window.
        if let width @ 1.. = self.width.load(Ordering::Relaxed) {
            self.is_wide(width).await;
        }
    }

    /// Whether the page is wider than it was made: a phone would have to scroll sideways.
    ///
    /// # Panics
    /// If it is not as wide as it was made.
    pub async fn overflows(&self) -> bool {
        if let width @ 1.. = self.width.load(Ordering::Relaxed) {
            assert_eq!(self.says("document.documentElement.clientWidth").await, json!(width), "the page's width");
        }
        self.says("document.documentElement.scrollWidth > document.documentElement.clientWidth").await
            == Value::Bool(true)
    }

    /// The folder of the pictures.
    #[must_use]
    pub fn pictures(&self) -> &Path {
        &self.pictures
    }

    /// Ends it.
    pub async fn closes(mut self) {
        let _ = self.browser.close().await;
        let _ = self.browser.wait().await;
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.handler.abort();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
