//! What a ceremony or an act of the root leaves in a folder.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use signer::ceremony::{Published, SignedTranscript};

/// The transcript's file: written last, its presence says that the rest is there.
pub const TRANSCRIPT: &str = "transcript.txt";

/// PEM (RFC 7468).
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut lines = String::new();
    for (position, letter) in text.chars().enumerate() {
        if position > 0 && position.is_multiple_of(64) {
            lines.push('\n');
        }
        lines.push(letter);
    }
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}

/// Writes a file into a folder, which is made if it is absent.
///
/// # Errors
/// If it cannot be written.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let path = folder.join(name);
    std::fs::write(&path, bytes).with_context(|| path.display().to_string())
}

/// Writes a transcript and its signature: `<name>.txt`, `<name>.sig`.
///
/// # Errors
/// If one cannot be written.
pub fn transcript(folder: &Path, name: &str, signed: &SignedTranscript) -> anyhow::Result<()> {
    write(folder, &format!("{name}.sig"), &signed.signature)?;
    write(folder, &format!("{name}.txt"), signed.transcript.text().as_bytes())
}

/// Writes what a ceremony is to publish.
///
/// # Errors
/// If a file cannot be written.
pub fn ceremony(folder: &Path, published: &Published) -> anyhow::Result<()> {
    for (name, der) in &published.certificates {
        write(folder, &format!("{name}.pem"), pem("CERTIFICATE", der).as_bytes())?;
    }
    write(folder, "root.crl", &published.root_crl)?;
    write(folder, "root.pub", pem("PUBLIC KEY", &published.root_spki).as_bytes())?;
    let persons: Vec<_> = published
        .officers
        .iter()
        .map(|officer| {
            serde_json::json!({
                "person_id": officer.person_id, "name_th": officer.name_th, "name_en": officer.name_en,
                "identity_digest": officer.identity_digest,
            })
        })
        .collect();
    write(folder, "persons.json", &serde_json::to_vec_pretty(&persons)?)?;
    transcript(folder, "transcript", &published.transcript)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_has_lines_of_64() {
        let text = pem("CERTIFICATE", &[0; 96]);
        let longest = text.lines().map(str::len).max();
        assert_eq!((text.lines().count(), longest), (4, Some(64)));
        assert_eq!(pem("X", &[0; 48]).lines().count(), 3);
    }
}
