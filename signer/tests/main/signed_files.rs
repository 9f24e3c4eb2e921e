//! Signed files before programs that are not ours.

use std::collections::BTreeSet;

use signer::signature_profile::Level;

use crate::judges::{Court, said};

/// id-signingTime (RFC 5652 §11.3), as an OBJECT IDENTIFIER.
const SIGNING_TIME: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];

/// Shows a file, at this level and by this algorithm, to everybody. The court has root, issuing,
/// tsa-ca and tsa.pem.
pub(crate) fn stands_up(court: &Court, file: &[u8], level: Level, algorithm: &str) {
    court.write("signed.pdf", file);
    let cuts = cut(file);
    let (signature, stamps) = cuts.split_first().unwrap();
    assert_eq!(stamps.is_empty(), level < Level::Archival, "{level}");
    // What a file without a document time-stamp is checked with stands behind what is signed.
    let covered = cuts.last().unwrap().end;
    assert_eq!(covered < file.len(), level == Level::LongTerm, "{level}");
    court.write("signed.data", &signature.data);
    court.write("signed.cms", &signature.cms);
    let verify = "cms -verify -inform DER -in signed.cms -content signed.data -binary -cades -CAfile root.pem \
                  -purpose any -out verified";
    assert!(court.openssl(verify).contains("CAdES Verification successful"), "{algorithm}");
    court.write("chain.pem", &[court.read("tsa-ca.pem"), court.read("tsa.pem")].concat());
    // By design nothing is forbidden to later revisions, and the time of signing is the time-stamp's to say.
    assert!(!contains(file, b"/DocMDP") && !contains(file, b"/Lock"), "{algorithm}");
    assert!(!contains(&signature.cms, &SIGNING_TIME), "{algorithm}");
    if level >= Level::TimeStamped {
        let (value, token) = signature_time_stamp(&signature.cms);
        stamp_stands_up(court, &value, &token, "");
    }
    for stamp in stamps {
        stamp_stands_up(court, &stamp.data, &stamp.cms, "");
    }
    if court.trusts_root()
        && let Some(pdfsig) = court.judge("pdfsig", "-nssdir sql:. -no-ocsp signed.pdf")
    {
        assert!(pdfsig.contains("Signature Validation: Signature is Valid."), "{algorithm}: {pdfsig}");
    }
    if let Some(qpdf) = court.judge("qpdf", "--check signed.pdf") {
        assert!(qpdf.contains("No syntax or stream encoding errors found"), "{qpdf}");
    }
    keeps_its_archival_form(court, file, stamps.len());
    let validate = "sign validate --pretty-print --trust root.pem --trust-replace --no-revocation-check signed.pdf";
    if let Some(pyhanko) = court.judge("pyhanko", validate) {
        assert!(pyhanko.contains("The signature is judged VALID."), "{pyhanko}");
    }
    match court.validates_offline("signed.pdf") {
        None => {}
        Some(judged) if level == Level::Archival => drop(judged.unwrap()),
        // That judge can say no as well: without a time-stamp over it the word in the file is not proved to be of
        // its time (NO_POE), and below that there is none.
        Some(judged) => {
            let said = judged.unwrap_err();
            assert!(said.contains("indication: AdESIndeterminate"), "{level}: {said}");
            assert_eq!(said.contains("NO_POE"), level == Level::LongTerm, "{level}: {said}");
        }
    }
    // The judges look: one byte of what the doctor wrote changed, and openssl says no.
    let mut altered = signature.data.clone();
    altered[1_000] ^= 1;
    court.write("signed.data", &altered);
    let judged = court.run("openssl", verify).unwrap();
    assert!(!judged.status.success(), "{}", said(&judged));
}

/// What PDF/A-1 forbids or PDFBox does not follow, and PDF/A-3 has.
const ALLOWED: [&str; 5] = [
    // The content as data, attached (ISO 19005-3 §6.8).
    "1.4.7 : Trailer Syntax error, EmbeddedFile entry is present in the Names dictionary",
    "1.2.9 : Body Syntax error, EmbeddedFile entry is present in a FileSpecification dictionary",
    // Colour profiles of version 4 (§6.2.4.2).
    "2.1.6 : Invalid graphics object, Invalid version of the ICCProfile",
    // Bookmarks whose `/Dest` is a reference, as any value may be (ISO 32000-1 §7.3.10).
    "1.2.3 : Body Syntax error, Error: can't convert to Destination COSObject",
    // `pdfuaid` is described by its extension schema (§6.6.2.3.2), which stands in the same `rdf:Description`.
    "7.3 : Error on MetaData, Cannot find a definition for the namespace http://www.aiim.org/pdfua/ns/id/",
];

/// A time-stamp's rectangle is empty, and needs none (ISO 19005-3 §6.3.3).
const WITHOUT_APPEARANCE: &str =
    "5.3.1 : Invalid field value in an annotation definition, widget annotation lacks an appearance dictionary";

/// PDF/A as far as a tool at hand judges it: PDFBox preflight knows PDF/A-1b, and may object to nothing else
/// than what PDF/A-3 allows.
pub(crate) fn keeps_its_archival_form(court: &Court, file: &[u8], stamps: usize) {
    court.write("archival.pdf", file);
    let Some(objections) = court.objections_to("archival.pdf") else { return };
    let mut expected: BTreeSet<String> = ALLOWED.map(str::to_owned).into();
    expected.extend((stamps > 0).then(|| WITHOUT_APPEARANCE.to_owned()));
    assert_eq!(objections, expected);
}

/// That judge can say no as well: a signature that would not be printed.
pub(crate) fn its_archival_form_can_be_lost(court: &Court, file: &[u8]) {
    let flag = file.windows(4).position(|four| four == b"/F 4").expect("the signature's flags");
    let mut altered = file.to_vec();
    altered[flag + 3] = b'0';
    court.write("archival.pdf", &altered);
    let Some(objections) = court.objections_to("archival.pdf") else { return };
    assert!(objections.iter().any(|one| one.contains("Flags of Widget annotation are invalid")), "{objections:?}");
}

/// ETSI EN 319 102-1, as pyHanko does it: everything that is needed stands in the file.
pub(crate) fn archival(court: &Court) {
    if let Some(judged) = court.validates_offline("signed.pdf") {
        judged.unwrap();
    }
}

/// Shows a time-stamp token over `data` to openssl, at a time of its own (`-attime …`) or now.
pub(crate) fn stamp_stands_up(court: &Court, data: &[u8], token: &[u8], at: &str) {
    court.write("stamped.data", data);
    court.write("stamp.der", token);
    let said = court.openssl(&format!(
        "ts -verify {at} -data stamped.data -in stamp.der -token_in -CAfile root.pem -untrusted chain.pem"
    ));
    assert!(said.contains("Verification: OK"), "{said}");
}

/// The value of a signature, and the time-stamp token over it (id-aa-timeStampToken, RFC 3161 appendix A).
pub(crate) fn signature_time_stamp(cms: &[u8]) -> (Vec<u8>, Vec<u8>) {
    const ATTRIBUTE: [u8; 13] = [6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 14];
    let place = cms.windows(13).position(|window| window == ATTRIBUTE).unwrap();
    let set = &cms[place + 13..];
    assert_eq!(set[..2], [0x31, 0x82]);
    let length = usize::from(u16::from_be_bytes([set[2], set[3]]));
    let token = set[4..4 + length].to_vec();
    // Before it: [1] of two octets of length, the attribute's SEQUENCE of two; before those the OCTET STRING.
    let end = place - 8;
    assert_eq!((cms[end], cms[end + 4]), (0xa1, 0x30));
    let short = (60..110_usize).find(|length| {
        let start = end - length;
        cms[start - 2] == 4 && usize::from(cms[start - 1]) == *length && cms[start] == 0x30
    });
    let value = match short {
        Some(length) => &cms[end - length..end],
        None => &cms[end - 384..end],
    };
    (value.to_vec(), token)
}

/// One signature of a PDF: what it signs, and its CMS structure.
pub(crate) struct Cut {
    pub(crate) data: Vec<u8>,
    pub(crate) cms: Vec<u8>,
    /// Where what it signs ends.
    pub(crate) end: usize,
}

/// The signatures of a PDF in the order they were made, cut out by what the file itself says.
pub(crate) fn cut(pdf: &[u8]) -> Vec<Cut> {
    let needle = b"/ByteRange [";
    let places = pdf.windows(needle.len()).enumerate().filter(|(_, window)| window == needle);
    let mut cuts: Vec<Cut> = places.map(|(place, _)| cut_at(pdf, place + needle.len())).collect();
    cuts.sort_by_key(|cut| cut.end);
    cuts
}

fn cut_at(pdf: &[u8], place: usize) -> Cut {
    let range = &pdf[place..];
    let range = std::str::from_utf8(&range[..range.iter().position(|byte| *byte == b']').unwrap()]).unwrap();
    let range: Vec<usize> = range.split_whitespace().map(|part| part.parse().unwrap()).collect();
    let &[start, before, after, length] = range.as_slice() else { panic!("four numbers") };
    assert_eq!(start, 0);
    let padded = hex::decode(&pdf[before + 1..after - 1]).unwrap();
    assert_eq!(padded[..2], [0x30, 0x82], "a SEQUENCE with two bytes of length");
    let end = 4 + usize::from(u16::from_be_bytes([padded[2], padded[3]]));
    assert!(padded[end..].iter().all(|byte| *byte == 0), "zeros behind the structure");
    let data = [&pdf[..before], &pdf[after..after + length]].concat();
    Cut { data, cms: padded[..end].to_vec(), end: after + length }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
