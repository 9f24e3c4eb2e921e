//! What the installation beside a command vouches for: asked at its signer.

use std::path::Path;
use std::time::Duration;

use signer::client::Client;
use signer::protocol::{Request, Response};
use web::IssuedCertificates;

use crate::configuration::Configuration;
use crate::{edge, output};

/// How long the signer may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The signer of an installation, which has named its root.
pub(super) struct OwnTrust {
    client: Client,
    /// DER of the root's certificate.
    pub(super) root: Vec<u8>,
}

impl OwnTrust {
    /// That of the installation with this configuration. None where there is none; nor where its signer
    /// does not name a root, and then whoever typed the command is told why nothing is trusted.
    pub(super) async fn beside(configuration: &Path) -> Option<Self> {
        let configuration = Configuration::read(configuration, edge::environment()).ok()?;
        let client = Client::new(&configuration.signer.socket, PATIENCE);
        let Some(root) = der(&client, Request::CaCertificate { name: "root".to_owned() }).await else {
            output::complaint(
                "ผู้ลงนาม (signer) ของระบบนี้ไม่ตอบว่าเชื่อถือรากใด จึงยังไม่มีรากที่เชื่อถือ: เริ่ม rabrong signer หรือระบุไฟล์รากด้วย --trust\n\
                 the signer of this installation does not name its root, so none is trusted: \
                 start `rabrong signer`, or name the root's file with --trust",
            );
            return None;
        };
        Some(Self { client, root })
    }

    /// Its record of what it issued.
    pub(super) fn issued(self) -> IssuedCertificates {
        IssuedCertificates::new(self.client, self.root)
    }

    /// A certificate or CRL that it publishes, in DER.
    pub(super) async fn der(&self, request: Request) -> Option<Vec<u8>> {
        der(&self.client, request).await
    }
}

async fn der(client: &Client, request: Request) -> Option<Vec<u8>> {
    match client.ask(request).await {
        Ok(Response::Der { bytes } | Response::Crl { bytes, .. }) => hex::decode(bytes).ok(),
        _ => None,
    }
}
