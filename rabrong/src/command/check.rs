//! `rabrong check`: what is wrong with a set-up, and what to do.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use signer::client::Client;
use signer::protocol::Request;

use crate::configuration::Configuration;
use crate::output;
use crate::wiring::{self, Which};

/// Checks everything a start would need; one line each.
///
/// # Errors
/// If anything is wrong.
pub async fn run(configuration: &Configuration) -> anyhow::Result<()> {
    let mut wrong = 0;
    let mut say = |what: &str, result: Result<String, String>| match result {
        Ok(text) => output::line(&format!("ok     {what}: {text}")),
        Err(text) => {
            wrong += 1;
            output::line(&format!("WRONG  {what}: {text}"));
        }
    };
    say("configuration", Ok(format!("portal {}, signer {}", configuration.public_url, configuration.signer_url)));
    for path in
        [&configuration.signer.pin_file, &configuration.portal.field_key_file, &configuration.medical_council.key_file]
    {
        say("secret file", private(path));
    }
    say(
        "token",
        match wiring::token(configuration, Which::Online).and_then(|token| Ok(token.ping()?)) {
            Ok(()) => Ok("logged in".to_owned()),
            Err(error) => {
                Err(format!("{error:#}. Is the module right, does the token exist (rabrong init), is the PIN right?"))
            }
        },
    );
    say(
        "journal",
        match wiring::journal(configuration).await {
            Ok(_) => Ok("reached, schema up to date".to_owned()),
            Err(error) => Err(format!("{error:#}. Is the database up, may this user connect?")),
        },
    );
    say(
        "portal database",
        match wiring::portal(configuration).await {
            Ok(_) => Ok("reached, schema up to date".to_owned()),
            Err(error) => Err(format!("{error:#}. Is the database up, may this user connect?")),
        },
    );
    let client = Client::new(&configuration.signer.socket, Duration::from_secs(5));
    say(
        "signer",
        match client.ask(Request::Health).await {
            Ok(_) => Ok("answers at its socket".to_owned()),
            Err(error) => Err(format!("{error}. Start it with `rabrong signer`")),
        },
    );
    say("separation", separation(configuration));
    anyhow::ensure!(wrong == 0, "{wrong} thing(s) to mend");
    Ok(())
}

fn private(path: &Path) -> Result<String, String> {
    let mode = std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.permissions().mode();
    if mode & 0o077 == 0 {
        Ok(path.display().to_string())
    } else {
        Err(format!("{} can be read by others: chmod 600 it", path.display()))
    }
}

/// `serve` and `signer` must be different system users: the PIN's owner is the signer's, the
/// field key's owner the portal's.
fn separation(configuration: &Configuration) -> Result<String, String> {
    let owner = |path: &Path| std::fs::metadata(path).map(|data| data.uid()).map_err(|error| error.to_string());
    let signer = owner(&configuration.signer.pin_file)?;
    let portal = owner(&configuration.portal.field_key_file)?;
    if signer != portal {
        Ok("signer and portal belong to different system users".to_owned())
    } else if configuration.demo {
        Ok("one system user runs both: in this demonstration the portal's owner could reach the token".to_owned())
    } else {
        Err("signer and portal belong to one system user: give each its own, and its files to it".to_owned())
    }
}
