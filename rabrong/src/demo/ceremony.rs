//! The demonstration's ceremony: `rabrong init` as a process of its own, its two officers
//! answering on the pages it prints.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::browser::Browser;
use super::installation::Installation;
use super::persons::{CENTRAL_ONE, CENTRAL_TWO, Passkeys};
use crate::configuration::Configuration;
use crate::files::write_secret;

/// Whether the ceremony of this folder is over.
#[must_use]
pub fn is_held(installation: &Installation) -> bool {
    installation.folder().join("ceremony.txt").exists()
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
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--config")
        .arg(installation.configuration_file())
        .arg("init")
        .arg("--officers")
        .arg(&officers)
        .arg("--transcript")
        .arg(folder.join("ceremony.txt"))
        .arg("--persons")
        .arg(folder.join("central-officers.json"))
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
    ensure!(status.success(), "rabrong init: {}", log.trim());
    Ok(())
}
