//! `rabrong check`: what is wrong with a set-up, and what to do.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use signer::client::Client;
use signer::protocol::{Request, Response};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock_deviation;
use crate::configuration::{ClockKnowledge, Configuration};
use crate::edge;
use crate::output;
use crate::wiring;

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
        match wiring::token(configuration).and_then(|token| Ok(token.ping()?)) {
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
    say("root CRL", root_crl(&client).await);
    say("clock", clock(configuration));
    say("separation", separation(configuration));
    anyhow::ensure!(wrong == 0, "{wrong} thing(s) to mend");
    Ok(())
}

/// The root is off line, so its CRL must be seen to in good time.
async fn root_crl(client: &Client) -> Result<String, String> {
    let answer = client.ask(Request::Crl { shard: "root".to_owned() }).await;
    let Ok(Response::Crl { next_update, .. }) = answer else { return Err("the signer has none to show".to_owned()) };
    let end = OffsetDateTime::parse(&next_update, &Rfc3339).map_err(|error| error.to_string())?;
    if signer::status::root_crl_is_due(end, edge::clock().now()) {
        return Err(format!("ends {next_update}: sign the next with `rabrong root-crl`"));
    }
    Ok(format!("good until {next_update}"))
}

/// Time-stamps need a clock that somebody vouches for.
fn clock(configuration: &Configuration) -> Result<String, String> {
    let accuracy = Duration::from_millis(configuration.signer.time_stamping.accuracy_ms.into());
    match (configuration.signer.time_stamping.clock, clock_deviation::ask_chrony()) {
        (ClockKnowledge::Assumed, _) => Ok("assumed to be right: this is a demonstration".to_owned()),
        (ClockKnowledge::Chrony, Ok(off)) if off < accuracy => Ok(format!("at most {off:?} from UTC, says chrony")),
        (ClockKnowledge::Chrony, Ok(off)) => {
            Err(format!("up to {off:?} from UTC, says chrony: no time-stamps. See `chronyc tracking`"))
        }
        (ClockKnowledge::Chrony, Err(why)) => {
            Err(format!("{why}: no time-stamps. Install chrony (apt-get install chrony) and wait until it is in step"))
        }
    }
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
