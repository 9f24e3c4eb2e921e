//! Deflates the streams of a file just written, before anything is appended to it.
//!
//! krilla deflates at one level of its own, which costs more than it saves: `docs/speed.md`.

use std::collections::BTreeMap;

use libdeflater::{CompressionLvl, Compressor};

use crate::append::Error;
use crate::append::base::Base;
use crate::append::syntax::Reference;

/// The quickest of libdeflate's twelve that deflates at all.
const LEVEL: i32 = 1;
/// A stream up to so many bytes is left as it is.
const SHORT: usize = 128;
/// What ends an object that is a stream, as krilla writes it.
const STREAM_END: &[u8] = b"\nendstream\nendobj";

const MALFORMED: Error = Error::Malformed { what: "file to deflate" };

/// The same objects under the same numbers, with streams deflated that had no filter. The XMP metadata stays
/// readable for programs that look for it in any file.
///
/// # Errors
/// [`Error::Malformed`] and others for a file that is not in one revision with one cross-reference table.
pub(super) fn deflate_streams(pdf: &[u8]) -> Result<Vec<u8>, Error> {
    let base = Base::open(pdf)?;
    let mut objects = base.objects()?;
    objects.sort_unstable();
    let ends = objects.iter().skip(1).map(|(at, _)| *at).chain([base.start_xref]);
    let first = objects.first().map_or(base.start_xref, |(at, _)| *at);

    let mut compressor = compressor();
    let mut out = Vec::with_capacity(pdf.len());
    out.extend_from_slice(pdf.get(..first).ok_or(MALFORMED)?);
    let mut moved = BTreeMap::new();
    for ((at, object), end) in objects.iter().zip(ends) {
        moved.insert(object.number, out.len());
        let written = pdf.get(*at..end).ok_or(MALFORMED)?;
        match stream(&base, *object, written)?.and_then(|data| deflated(&mut compressor, data)) {
            Some(data) => write(&base, *object, &data, &mut out)?,
            None => out.extend_from_slice(written),
        }
    }

    let start_xref = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n", base.size).as_bytes());
    for (number, entry) in (0..).zip(base.entries()?) {
        match moved.get(&number) {
            Some(at) => out.extend_from_slice(format!("{at:010}").as_bytes()),
            None => out.extend_from_slice(entry.get(..10).ok_or(MALFORMED)?),
        }
        out.extend_from_slice(entry.get(10..).ok_or(MALFORMED)?);
    }
    out.extend_from_slice(b"trailer\n");
    out.extend_from_slice(&base.trailer.to_bytes());
    out.extend_from_slice(format!("\nstartxref\n{start_xref}\n%%EOF\n").as_bytes());
    Ok(out)
}

/// The data of a stream that is to be deflated.
fn stream<'a>(base: &Base<'a>, object: Reference, written: &[u8]) -> Result<Option<&'a [u8]>, Error> {
    if !written.trim_ascii_end().ends_with(STREAM_END) {
        return Ok(None);
    }
    let is_metadata = base.dictionary(object)?.raw("Type") == Some(b"/Metadata");
    Ok(base.plain_stream(object)?.filter(|data| data.len() > SHORT && !is_metadata))
}

fn write(base: &Base<'_>, object: Reference, data: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let mut dictionary = base.dictionary(object)?;
    dictionary.set("Length", data.len().to_string());
    dictionary.set("Filter", "/FlateDecode");
    out.extend_from_slice(format!("{} {} obj\n", object.number, object.generation).as_bytes());
    out.extend_from_slice(&dictionary.to_bytes());
    out.extend_from_slice(b"\nstream\n");
    out.extend_from_slice(data);
    out.extend_from_slice(STREAM_END);
    out.extend_from_slice(b"\n\n");
    Ok(())
}

fn compressor() -> Compressor {
    Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default())
}

/// `None` if that takes no less room.
fn deflated(compressor: &mut Compressor, data: &[u8]) -> Option<Vec<u8>> {
    // With less room than the data takes it gives up.
    let mut out = vec![0; data.len().saturating_sub(1)];
    let length = compressor.zlib_compress(data, &mut out).ok()?;
    out.truncate(length);
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use sha2::{Digest, Sha256};

    use super::*;

    /// A file with these values as its objects from 1 on.
    fn file(objects: &[String]) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n".to_vec();
        let mut table = String::from("0000000000 65535 f\r\n");
        for (number, object) in (1..).zip(objects) {
            table += &format!("{:010} 00000 n\r\n", out.len());
            out.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n\n").as_bytes());
        }
        let (start, size) = (out.len(), objects.len() + 1);
        out.extend_from_slice(format!("xref\n0 {size}\n{table}trailer\n").as_bytes());
        out.extend_from_slice(format!("<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF").as_bytes());
        out
    }

    fn stream(entries: &str, data: &str) -> String {
        format!("<<{entries}/Length {}>>stream\n{data}\nendstream", data.len())
    }

    #[test]
    fn plain_streams_are_deflated_and_all_else_stays() {
        let page = "0 0 m 1 0 l ".repeat(1000);
        let objects = [
            "<</Type/Catalog>>".to_owned(),
            stream("/Type/XObject", &page),
            "[1 2 (endstream)]".to_owned(),
            stream("", "short"),
            stream("/Type/Metadata/Subtype/XML", &page),
            stream("/Filter/ASCIIHexDecode", &"20".repeat(500)),
        ];
        let plain = file(&objects);
        let done = deflate_streams(&plain).unwrap();
        assert!(done.len() < plain.len() - page.len() + 500);
        let (before, base) = (Base::open(&plain).unwrap(), Base::open(&done).unwrap());
        for number in [1, 3, 4, 5, 6] {
            let object = Reference { number, generation: 0 };
            assert_eq!(base.object(object).unwrap(), before.object(object).unwrap());
            assert_eq!(base.plain_stream(object).ok(), before.plain_stream(object).ok());
        }
        let object = Reference { number: 2, generation: 0 };
        let dictionary = base.dictionary(object).unwrap();
        assert_eq!(dictionary.raw("Filter"), Some(&b"/FlateDecode"[..]));
        assert_eq!(dictionary.raw("Type"), Some(&b"/XObject"[..]));
        let at = done.windows(8).position(|window| window == b"\nstream\n").unwrap() + 8;
        let length = dictionary.raw("Length").and_then(crate::append::syntax::unsigned).unwrap();
        let mut read = String::new();
        let data = &done[at..at + usize::try_from(length).unwrap()];
        flate2::read::ZlibDecoder::new(data).read_to_string(&mut read).unwrap();
        assert_eq!(read, page);
        assert_eq!(deflate_streams(&done).unwrap(), done, "nothing is left to be done");
    }

    #[test]
    fn what_takes_no_less_room_stays_plain() {
        let mut compressor = compressor();
        let random: Vec<u8> = (0..8_u8).flat_map(|number| Sha256::digest([number])).collect();
        assert_eq!(deflated(&mut compressor, &random), None);
        assert!(deflated(&mut compressor, &[random.clone(), random].concat()).is_some());
    }

    #[test]
    fn another_kind_of_file_is_refused() {
        let plain = file(&["<</Type/Catalog>>".to_owned(), stream("", &"x".repeat(500))]);
        assert!(deflate_streams(b"").is_err());
        for end in 0..plain.len() {
            assert!(deflate_streams(&plain[..end]).is_err(), "cut at {end}");
        }
        let first = plain.windows(4).rposition(|window| window == b"xref").unwrap() - "start".len();
        let first = plain[..first].windows(4).rposition(|window| window == b"xref").unwrap();
        let table = format!("\nxref\n0 0\ntrailer\n<</Size 3/Root 1 0 R/Prev {first}>>\n");
        let end = format!("startxref\n{}\n%%EOF", plain.len() + 1);
        let later = [&plain[..], table.as_bytes(), end.as_bytes()].concat();
        let refused = Error::Unsupported { what: "cross-reference table in parts" };
        assert_eq!(deflate_streams(&later), Err(refused), "a second revision");
    }
}
