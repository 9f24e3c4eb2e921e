//! The demonstration's ceremony: `rabrong init` as a process of its own, its two officers
//! answering on the pages it prints.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::browser::Browser;
use super::installation::Installation;
use super::persons::{CENTRAL_ONE, CENTRAL_TWO, Passkeys};
use crate::configuration::Configuration;
use crate::files::write_secret;
use crate::outputs::TRANSCRIPT;

/// Whether the ceremony of this folder is over.
#[must_use]
pub fn is_held(installation: &Installation) -> bool {
    installation.ceremony_folder().join(TRANSCRIPT).exists()
}

/// Both operators' secrets and components: in a demonstration they lie in one folder, where one
/// person can read both.
#[must_use]
pub fn operators(folder: &Path) -> Vec<OsString> {
    let file = |option: &str, name: &str| [OsString::from(option), folder.join(name).into_os_string()];
    [
        file("--secret-1", "operator-1.secret"),
        file("--secret-2", "operator-2.secret"),
        file("--component-1", "operator-1.component"),
        file("--component-2", "operator-2.component"),
    ]
    .concat()
}

/// Holds it.
///
/// # Errors
/// If `rabrong init` fails; its words are in the message.
pub async fn hold(
    installation: &Installation,
    configuration: &Configuration,
    passkeys: &mut Passkeys,
) -> anyhow::Result<()> {
    let folder = installation.folder();
    let officers = folder.join("officers.json");
    let persons = [CENTRAL_ONE, CENTRAL_TWO];
    let list: Vec<_> = persons
        .iter()
        .map(|person| json!({ "name_th": person.name_th(), "name_en": person.name_en(), "national_id": person.national_id }))
        .collect();
    write_secret(&officers, &json!(list).to_string())?;
    let document = installation.ceremony_file();
    let bytes = std::fs::read(&document).with_context(|| document.display().to_string())?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--config")
        .arg(installation.configuration_file())
        .arg("init")
        .arg("--ceremony")
        .arg(&document)
        // In earnest two people read it first.
        .arg("--reviewed")
        .arg(hex::encode(Sha256::digest(&bytes)))
        .args(operators(folder))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(folder.join("init.log"))?)
        .kill_on_drop(true)
        .spawn()
        .context("rabrong init")?;
    let mut lines = BufReader::new(child.stdout.take().context("rabrong init: no output")?).lines();
    let mut waiting = persons.into_iter();
    while let Some(line) = lines.next_line().await? {
        if line.starts_with(&format!("{}/e/", configuration.signer_url)) {
            let person = waiting.next().context("rabrong init asks for a third officer")?;
            let mut browser = Browser::new(passkeys.of(&person))?;
            let page = browser.open(&line).await?;
            browser.press_signing_passkey(&page).await?;
            passkeys.keep(&person, browser.passkeys)?;
        }
    }
    let status = child.wait().await?;
    let log = std::fs::read_to_string(folder.join("init.log")).unwrap_or_default();
    ensure!(status.success(), "rabrong init ({status}): {}", log.trim());
    Ok(())
}
