//! The document security store (ISO 32000-2 §12.8.4.3, ETSI EN 319 142-1 §5.4.2): it only grows.

use super::Error;
use super::base::Base;
use super::form::items;
use super::revision::Revision;
use super::syntax::{Dictionary, Reference, reference, write_array};
use crate::read::ValidationMaterial;
use std::io::Write as _;

/// Items of one kind in a store; the reader takes no more.
const MAX_ITEMS: usize = 256;
/// Bytes of new material of one kind.
const MAX_MATERIAL: usize = 8 << 20;

/// Bytes of what `material` holds.
pub(super) fn length(material: &ValidationMaterial) -> usize {
    let kinds = [&material.certificates, &material.ocsp_responses, &material.crls];
    kinds.into_iter().flatten().map(|item| item.len() + 64).sum()
}

/// Writes the store with the material that it does not hold yet; none if there is nothing to write.
///
/// No VRI: it is optional, and says nothing that the store does not (EN 319 142-1 §5.4.2.2).
pub(super) fn write(
    base: &Base<'_>,
    catalog: &Dictionary<'_>,
    revision: &mut Revision<'_>,
    material: &ValidationMaterial,
) -> Result<Option<Reference>, Error> {
    let raw = catalog.raw("DSS");
    let known = raw.and_then(reference);
    let mut store = match (known, raw) {
        (Some(known), _) => base.dictionary(known)?,
        // A store written inside the catalogue moves to an object of its own.
        (None, Some(raw)) => Dictionary::parse(raw)?,
        (None, None) => Dictionary::parse(b"<< /Type /DSS >>")?,
    };
    let mut grown = false;
    for (key, wanted) in
        [("Certs", &material.certificates), ("OCSPs", &material.ocsp_responses), ("CRLs", &material.crls)]
    {
        if let Some(list) = grow(base, revision, store.raw(key), wanted)? {
            store.set(key, list);
            grown = true;
        }
    }
    if !grown && (raw.is_none() || known.is_some()) {
        return Ok(None);
    }
    let number = known.unwrap_or_else(|| revision.allocate());
    revision.write(number, &store.to_bytes());
    Ok(Some(number))
}

/// The list with the items of `wanted` that it lacks; none if it lacks none.
fn grow(
    base: &Base<'_>,
    revision: &mut Revision<'_>,
    raw: Option<&[u8]>,
    wanted: &[Vec<u8>],
) -> Result<Option<Vec<u8>>, Error> {
    let too_much = Error::TooComplex { what: "validation material" };
    let old = items(base, raw)?;
    let mut held: Vec<&[u8]> = Vec::with_capacity(old.len() + wanted.len());
    for item in &old {
        let item = reference(item).ok_or(Error::Malformed { what: "/DSS" })?;
        held.extend(base.plain_stream(item)?);
    }
    let mut new = Vec::new();
    let mut bytes = 0_usize;
    for item in wanted {
        if held.contains(&item.as_slice()) {
            continue;
        }
        held.push(item);
        bytes = bytes.saturating_add(item.len());
        if bytes > MAX_MATERIAL || old.len() + new.len() >= MAX_ITEMS {
            return Err(too_much);
        }
        let object = revision.allocate();
        write_stream(revision, object, item)?;
        new.push(object.to_string());
    }
    if new.is_empty() {
        return Ok(None);
    }
    Ok(Some(write_array(old.into_iter().chain(new.iter().map(String::as_bytes)))))
}

/// DER does not shrink, so it stands as it is, unless it holds what a repairing reader takes for the end of a stream.
fn write_stream(revision: &mut Revision<'_>, object: Reference, data: &[u8]) -> Result<(), Error> {
    let looks_like_structure = |data: &[u8]| data.windows(6).any(|window| matches!(window, b"endstr" | b"endobj"));
    if !looks_like_structure(data) {
        revision.write_stream(object, "", data);
        return Ok(());
    }
    let malformed = Error::Malformed { what: "validation material" };
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let packed = encoder.write_all(data).and_then(|()| encoder.finish()).map_err(|_| malformed.clone())?;
    if looks_like_structure(&packed) {
        return Err(malformed);
    }
    revision.write_stream(object, " /Filter /FlateDecode", &packed);
    Ok(())
}
