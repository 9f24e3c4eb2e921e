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
    trust.crls.extend(der(Request::Crl { shard: "root".to_owned() }).await);
    // Every generation of the issuing CA, and the shards that each publishes.
    for generation in (1..=127).filter_map(|number| ca::Generation::new(number).ok()) {
        let name = ca::IssuerName::Issuing(generation);
        let Some(issuing) = der(Request::CaCertificate { name: name.to_string() }).await else { break };
        trust.untrusted.push(issuing);
        let mut shard = name.first_shard().unwrap_or_default();
        while let Some(crl) = der(Request::Crl { shard: shard.to_string() }).await {
            trust.crls.push(crl);
            shard = shard.saturating_add(1);
        }
    }
    trust
}
