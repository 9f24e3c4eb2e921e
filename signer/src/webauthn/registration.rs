//! Registering a credential (§7.1).

use super::client_data::Ceremony;
use super::{CHALLENGE, Credential, Error, RelyingParty, authenticator_data, client_data, cose};
use ciborium::Value;

/// The largest attestation object looked at: some formats carry certificate chains.
const MAX_ATTESTATION_OBJECT: usize = 16 * 1024;
/// How deep its CBOR may nest.
const MAX_DEPTH: usize = 8;
/// The longest format name (§8.1: at most 32 octets).
const MAX_FORMAT: usize = 32;

/// Checks what `navigator.credentials.create()` gave for our challenge, and gives the credential.
///
/// Format `none` is what we ask for. Any other is recorded by its name, its statement not
/// verified: nothing is trusted on its account.
///
/// # Errors
/// One variant of [`Error`] per failed check. That the credential id is not yet taken (§7.1
/// step 26) is the caller's to check.
pub fn verify(
    rp: &RelyingParty,
    challenge: &[u8; CHALLENGE],
    client_data_json: &[u8],
    attestation_object: &[u8],
) -> Result<Credential, Error> {
    client_data::check(rp, Ceremony::Registration, challenge, client_data_json)?;
    let (attestation_format, authenticator_data) = parse(attestation_object)?;
    let data = authenticator_data::check(rp, &authenticator_data)?;
    let attested = data.attested.ok_or(Error::NoCredential)?;
    cose::parse(attested.cose_key)?;
    Ok(Credential {
        id: attested.credential_id.to_vec(),
        cose_key: attested.cose_key.to_vec(),
        sign_count: data.sign_count,
        backup_eligible: data.backup_eligible,
        backup_state: data.backup_state,
        attestation_format,
    })
}

/// `{"fmt": text, "attStmt": map, "authData": bytes}` (§6.5.4), each once and nothing else.
fn parse(attestation_object: &[u8]) -> Result<(String, Vec<u8>), Error> {
    if attestation_object.len() > MAX_ATTESTATION_OBJECT {
        return Err(Error::TooLarge("the attestation object"));
    }
    let mut rest = attestation_object;
    let object: Value =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH).map_err(|_| Error::AttestationObject)?;
    if !rest.is_empty() {
        return Err(Error::TrailingBytes("the attestation object"));
    }
    let Value::Map(members) = object else { return Err(Error::AttestationObject) };
    let (mut format, mut statement, mut data) = (None, None, None);
    for (name, value) in members {
        let again = match (name.as_text(), value) {
            (Some("fmt"), Value::Text(text)) => format.replace(text).is_some(),
            (Some("attStmt"), Value::Map(map)) => statement.replace(map).is_some(),
            (Some("authData"), Value::Bytes(bytes)) => data.replace(bytes).is_some(),
            _ => true,
        };
        if again {
            return Err(Error::AttestationObject);
        }
    }
    let (Some(format), Some(statement), Some(data)) = (format, statement, data) else {
        return Err(Error::AttestationObject);
    };
    if format.is_empty() || format.len() > MAX_FORMAT {
        return Err(Error::AttestationObject);
    }
    if format == "none" && !statement.is_empty() {
        return Err(Error::AttestationStatement);
    }
    Ok((format, data))
}
