//! The file that will carry the signature: drawn, and the signature's revision appended.

use pades::cms::SigningChain;
use pades::sign::Prepared;
use pdf::append::SignatureField;
use pdf::draw::{Drawn, QrLink};
use pdf::form::DocumentContent;
use store::journal::Tx;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::core::{Core, journal_refusal};
use crate::protocol::Refusal;
use crate::signature_profile::DoctorSignature;

/// What all documents of a batch have in common: the signer's certificates and the form of the
/// signature.
#[derive(Debug, Clone)]
pub(crate) struct Drawing {
    public_url: String,
    chain: SigningChain,
    stamp_room: usize,
}

/// The certificates that signatures under the certificate of this serial number carry.
pub(super) async fn chain_of(
    core: &Core,
    tx: &mut Tx,
    serial: &str,
    signature: DoctorSignature,
) -> Result<SigningChain, Refusal> {
    let certificate = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
    let signer = certificate.and_then(|row| row.der).ok_or(Refusal::NoCertificate)?;
    let issuing = core
        .authorities
        .issuer_of(serial.parse().map_err(|_| Refusal::NoCertificate)?)
        .ok_or(Refusal::NoCertificate)?
        .issuer();
    SigningChain::from_der(&[&signer, issuing.certificate_der()], signature.algorithm()).map_err(|error| {
        tracing::error!(certificate.serial = %serial, error = %error, "a signer's certificates do not fit");
        Refusal::Internal
    })
}

impl Drawing {
    /// For signatures with these certificates.
    pub(crate) fn with(core: &Core, chain: SigningChain, stamp_room: usize) -> Self {
        Self { public_url: core.configuration.public_url.clone(), chain, stamp_room }
    }

    /// Draws the final file and appends the revision that will carry the signature. Repeatable:
    /// the same content, seal and certificate give the same bytes.
    pub(crate) fn draw(&self, content: &DocumentContent, seal: &str) -> Result<Prepared, Refusal> {
        let url = format!("{}/v/{}#{seal}", self.public_url, content.code);
        let drawn = pdf::draw::signed_form(content, &QrLink { url }).map_err(|error| undrawable(&error))?;
        self.prepare(content, &drawn)
    }

    /// Appends the revision that will carry the signature to what is drawn.
    pub(crate) fn prepare(&self, content: &DocumentContent, drawn: &Drawn) -> Result<Prepared, Refusal> {
        let signing_time = OffsetDateTime::parse(&content.prepared_at, &Rfc3339).map_err(|error| undrawable(&error))?;
        let name = format!("{}{}", content.signer.title_th, content.signer.name_th);
        let field = SignatureField {
            page: drawn.signature_page,
            rect: drawn.signature_rect,
            field_name: "Signature1".to_owned(),
            tooltip: format!("ลายมือชื่อดิจิทัลของ {name}"),
            signing_time,
            name: Some(name),
            reason: Some("ออกใบรับรองแพทย์".to_owned()),
            location: Some(content.unit.name_th.clone()),
            contact_info: None,
        };
        pades::sign::prepare(&drawn.pdf, &field, &self.chain, self.stamp_room).map_err(|error| undrawable(&error))
    }
}

fn undrawable(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(error = %error, "the document cannot be drawn");
    Refusal::ContentInvalid { detail: "the document cannot be drawn".to_owned() }
}
