//! `rabrong verify`: the verdict on signed files. Beside an installation, its own CA
//! certificates and CRLs are the default; anywhere else, what the command line names.

use std::path::Path;
use std::process::ExitCode;

use pades::verify::{CertificateStatus, Trust};
use signer::protocol::Request;
use time::OffsetDateTime;

use super::own_trust::OwnTrust;
use crate::verify::{self, Args};

/// Judges the files.
pub async fn run(arguments: Args, configuration: &Path, now: OffsetDateTime) -> ExitCode {
    let own = if arguments.trust.is_empty() { OwnTrust::beside(configuration).await } else { None };
    let (mut trust, mut issued) = (Trust::default(), None);
    if let Some(own) = own {
        trust = published(&own).await;
        issued = Some(own.issued());
    }
    trust.status = issued.as_ref().map(|issued| issued as &dyn CertificateStatus);
    ExitCode::from(verify::run(&arguments, trust, now, &mut std::io::stdout()))
}

/// What the installation vouches for, but for its records.
async fn published<'t>(own: &OwnTrust) -> Trust<'t> {
    let mut trust = Trust { anchors: vec![own.root.clone()], ..Trust::default() };
    trust.crls.extend(own.der(Request::Crl { shard: "root".to_owned() }).await);
    // Every generation of the issuing CA, and the shards that each publishes.
    for generation in (1..=127).filter_map(|number| ca::Generation::new(number).ok()) {
        let name = ca::IssuerName::Issuing(generation);
        let Some(issuing) = own.der(Request::CaCertificate { name: name.to_string() }).await else { break };
        trust.untrusted.push(issuing);
        let mut shard = name.first_shard().unwrap_or_default();
        while let Some(crl) = own.der(Request::Crl { shard: shard.to_string() }).await {
            trust.crls.push(crl);
            shard = shard.saturating_add(1);
        }
    }
    trust
}
