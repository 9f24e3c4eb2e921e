//! `rabrong verify`: the verdict on signed files. Beside an installation, its own CA
//! certificates and CRLs are the default; anywhere else, what the command line names.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use pades::verify::Trust;
use signer::client::Client;
use signer::protocol::{Request, Response};
use time::OffsetDateTime;

use crate::configuration::Configuration;
use crate::edge;
use crate::verify::{self, Args};

/// Judges the files.
pub async fn run(arguments: Args, configuration: &Path, now: OffsetDateTime) -> ExitCode {
    let own = if arguments.trust.is_empty() { installation(configuration).await } else { Trust::default() };
    ExitCode::from(verify::run(&arguments, own, now, &mut std::io::stdout()))
}

/// What the installation vouches for; empty where there is none, or it does not answer.
async fn installation(configuration: &Path) -> Trust<'static> {
    let mut trust = Trust::default();
    let Ok(configuration) = Configuration::read(configuration, edge::environment()) else { return trust };
    let client = Client::new(&configuration.signer.socket, Duration::from_secs(10));
    let der = async |request| match client.ask(request).await {
        Ok(Response::Der { bytes } | Response::Crl { bytes, .. }) => hex::decode(bytes).ok(),
        _ => None,
    };
    trust.anchors.extend(der(Request::CaCertificate { name: "root".to_owned() }).await);
    trust.untrusted.extend(der(Request::CaCertificate { name: "issuing".to_owned() }).await);
    for shard in ["root", "0"] {
        trust.crls.extend(der(Request::Crl { shard: shard.to_owned() }).await);
    }
    trust
}
