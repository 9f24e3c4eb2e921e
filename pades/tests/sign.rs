//! Signing: what comes out, and what is refused.

use crate::common::drawn::certificate;
use crate::common::pki::{Pki, sign_digest};
use crate::common::{Folder, said};
use pades::Error;
use pades::cms::{SignatureAlgorithm, SigningChain, contents_capacity};
use pades::sign::{Prepared, Signed, prepare};
use pdf::append::{Error as PdfError, SignatureField, prepare_signature};
use time::macros::datetime;

fn field() -> SignatureField {
    SignatureField {
        page: 1,
        rect: [72.0, 600.0, 300.0, 680.0],
        field_name: "Signature1".to_owned(),
        tooltip: "ลายเซ็นดิจิทัลของแพทย์".to_owned(),
        signing_time: datetime!(2026-08-14 09:05:03 +7),
        name: Some("แพทย์หญิง สมศรี ใจดี".to_owned()),
        reason: Some("Medical certificate (issued)".to_owned()),
        location: Some("โรงพยาบาล".to_owned()),
        contact_info: None,
    }
}

fn chain(pki: &Pki) -> SigningChain {
    SigningChain::from_der(&[&pki.signer, &pki.issuing], SignatureAlgorithm::EcdsaP256Sha256).unwrap()
}

fn sign(folder: &Folder, prepared: Prepared) -> Signed {
    let record = prepared.record_digest();
    let recorded = prepared.assert_recorded(record).unwrap();
    let signature = sign_digest(folder, "signer", &recorded.to_be_signed());
    recorded.complete(&signature).unwrap()
}

/// The signed bytes and the CMS structure, cut out by what the file itself says.
fn cut(pdf: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let find = |needle: &[u8]| pdf.windows(needle.len()).rposition(|window| window == needle).unwrap() + needle.len();
    let range = &pdf[find(b"/ByteRange [")..];
    let range = std::str::from_utf8(&range[..range.iter().position(|byte| *byte == b']').unwrap()]).unwrap();
    let range: Vec<usize> = range.split_whitespace().map(|part| part.parse().unwrap()).collect();
    let &[start, before, after, length] = range.as_slice() else { panic!("four numbers") };
    assert_eq!((start, after + length), (0, pdf.len()), "the whole file is covered");
    let hex = std::str::from_utf8(&pdf[before + 1..after - 1]).unwrap();
    assert_eq!((pdf[before], pdf[after - 1]), (b'<', b'>'));
    let padded: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    assert_eq!(padded[..2], [0x30, 0x82], "a SEQUENCE with two bytes of length");
    let length = 4 + usize::from(u16::from_be_bytes([padded[2], padded[3]]));
    assert!(padded[length..].iter().all(|byte| *byte == 0), "zeros behind the structure");
    ([&pdf[..before], &pdf[after..]].concat(), padded[..length].to_vec())
}

#[test]
fn judges_call_the_signature_valid() {
    let folder = Folder::new("judges");
    let pki = Pki::new(&folder);
    let drawn = certificate();
    let signed = sign(&folder, prepare(&drawn, &field(), &chain(&pki), 0).unwrap());
    assert!(signed.bytes.starts_with(&drawn), "only appended to");
    folder.write("signed.pdf", &signed.bytes);
    let (data, cms) = cut(&signed.bytes);
    folder.write("signed.data", &data);
    folder.write("signed.cms", &cms);

    let verify = "cms -verify -inform DER -in signed.cms -content signed.data -binary -cades -CAfile root.pem \
                  -purpose any -out verified";
    let openssl = folder.judge("openssl", verify).unwrap();
    assert!(openssl.contains("CAdES Verification successful"), "{openssl}");

    if folder.judge("certutil", "-N -d sql:. --empty-password").is_some() {
        folder.judge("certutil", "-A -d sql:. -n root -t CT,C,C -i root.pem");
        let pdfsig = folder.judge("pdfsig", "-nssdir sql:. -no-ocsp signed.pdf").unwrap();
        // NSS trusts no certificate for documentSigning alone (RFC 9336): it knows e-mail only.
        for line in [
            "Signature Validation: Signature is Valid.",
            "Total document signed",
            "Signature Type: ETSI.CAdES.detached",
            "Signature Field Name: Signature1",
            "Signing Time: Aug 14 2026",
        ] {
            assert!(pdfsig.contains(line), "{line}: {pdfsig}");
        }
    }
    let pyhanko = "sign validate --pretty-print --trust root.pem --trust-replace --no-revocation-check signed.pdf";
    if let Some(pyhanko) = folder.judge("pyhanko", pyhanko) {
        assert!(pyhanko.contains("The signature is judged VALID."), "{pyhanko}");
        assert!(pyhanko.contains("The signature covers the entire file."), "{pyhanko}");
    }
    if let Some(qpdf) = folder.judge("qpdf", "--check signed.pdf") {
        assert!(qpdf.contains("No syntax or stream encoding errors found"), "{qpdf}");
    }
    if let Some(mutool) = folder.run("mutool", "sign -v signed.pdf") {
        assert!(said(&mutool).contains("The document is unchanged since signing"), "{}", said(&mutool));
    }
}

#[test]
fn a_changed_byte_is_noticed_by_openssl() {
    let folder = Folder::new("changed");
    let pki = Pki::new(&folder);
    let signed = sign(&folder, prepare(&certificate(), &field(), &chain(&pki), 0).unwrap());
    let (mut data, cms) = cut(&signed.bytes);
    data[1_000] ^= 1;
    folder.write("x.data", &data);
    folder.write("x.cms", &cms);
    let verify =
        "cms -verify -inform DER -in x.cms -content x.data -binary -cades -CAfile root.pem -purpose any -out y";
    assert!(!folder.run("openssl", verify).unwrap().status.success());
}

#[test]
fn pages_look_and_read_as_before() {
    let folder = Folder::new("pages");
    let pki = Pki::new(&folder);
    let drawn = certificate();
    let signed = sign(&folder, prepare(&drawn, &field(), &chain(&pki), 0).unwrap());
    folder.write("before.pdf", &drawn);
    folder.write("after.pdf", &signed.bytes);
    for name in ["before", "after"] {
        if folder.judge("pdftoppm", &format!("-r 60 -png {name}.pdf {name}")).is_none() {
            return;
        }
        folder.judge("pdftotext", &format!("{name}.pdf {name}.txt"));
    }
    for page in ["-1.png", "-2.png", "-3.png", ".txt"] {
        let [before, after] =
            ["before", "after"].map(|name| std::fs::read(folder.path(&format!("{name}{page}"))).unwrap());
        assert!(before == after, "{page} changed");
    }
}

#[test]
fn the_widget_is_tagged() {
    let folder = Folder::new("tagged");
    let pki = Pki::new(&folder);
    let signed = sign(&folder, prepare(&certificate(), &field(), &chain(&pki), 0).unwrap());
    folder.write("signed.pdf", &signed.bytes);
    // poppler walks the structure tree itself.
    let Some(tree) = folder.judge("pdfinfo", "-struct signed.pdf") else { return };
    assert!(tree.contains("Document"), "{tree}");
    assert!(tree.contains("Form"), "{tree}");
    assert!(tree.contains("Object "), "the element holds the widget: {tree}");
    let info = folder.judge("pdfinfo", "signed.pdf").unwrap();
    for line in ["Tagged:          yes", "Form:            AcroForm"] {
        assert!(info.contains(line), "{line}: {info}");
    }
    let Some(json) = folder.judge("qpdf", "--json --json-key=acroform signed.pdf") else { return };
    for part in ["\"fullname\": \"Signature1\"", "\"annotationflags\": 4", "\"fieldtype\": \"/Sig\""] {
        assert!(json.contains(part), "{part}: {json}");
    }
}

#[test]
fn the_same_arguments_prepare_the_same_bytes() {
    let folder = Folder::new("same");
    let pki = Pki::new(&folder);
    let drawn = certificate();
    let first = prepare(&drawn, &field(), &chain(&pki), 0).unwrap();
    let again = prepare(&drawn, &field(), &chain(&pki), 0).unwrap();
    assert_eq!(first, again);
    assert_eq!(first.record_digest(), again.record_digest());

    let later = SignatureField { signing_time: datetime!(2026-08-14 09:05:04 +7), ..field() };
    let other = prepare(&drawn, &later, &chain(&pki), 0).unwrap();
    assert_ne!(first.record_digest(), other.record_digest());
    assert_eq!(other.assert_recorded(first.record_digest()).unwrap_err(), Error::RecordMismatch);
}

#[test]
fn only_the_signers_signature_is_taken() {
    let folder = Folder::new("foreign");
    let pki = Pki::new(&folder);
    let prepared = prepare(&certificate(), &field(), &chain(&pki), 0).unwrap();
    let record = prepared.record_digest();
    let recorded = prepared.assert_recorded(record).unwrap();
    let foreign = sign_digest(&folder, "issuing", &recorded.to_be_signed());
    assert_eq!(recorded.clone().complete(&foreign).unwrap_err(), Error::SignatureInvalid);
    let elsewhere = sign_digest(&folder, "signer", &[7; 32]);
    assert_eq!(recorded.clone().complete(&elsewhere).unwrap_err(), Error::SignatureInvalid);
    assert_eq!(recorded.complete(&[]).unwrap_err(), Error::SignatureInvalid);
}

#[test]
fn the_chain_is_checked() {
    let folder = Folder::new("chain");
    let pki = Pki::new(&folder);
    let algorithm = SignatureAlgorithm::EcdsaP256Sha256;
    let from = |certificates: &[&[u8]]| SigningChain::from_der(certificates, algorithm).map(|_| ());
    assert_eq!(from(&[]), Err(Error::NoCertificate));
    assert_eq!(from(&[&pki.signer, &pki.issuing]), Ok(()));
    assert_eq!(from(&[&pki.signer, &pki.issuing, &pki.root]), Err(Error::RootInChain { index: 2 }));
    assert_eq!(from(&[&pki.issuing, &pki.signer]), Err(Error::BrokenChain { index: 0 }));
    assert_eq!(from(&[&pki.signer, &pki.signer]), Err(Error::BrokenChain { index: 0 }));
    assert_eq!(from(&[&pki.signer[1..]]), Err(Error::MalformedCertificate { index: 0 }));
    for other in
        [SignatureAlgorithm::EcdsaP384Sha384, SignatureAlgorithm::RsaPkcs1Sha256, SignatureAlgorithm::RsaPssSha256]
    {
        assert_eq!(SigningChain::from_der(&[&pki.signer, &pki.issuing], other), Err(Error::UnsupportedKey));
    }
    let long = [pki.signer.as_slice(), &[0]].concat();
    assert_eq!(from(&[&long]), Err(Error::MalformedCertificate { index: 0 }));
}

#[test]
fn the_place_is_large_enough_and_not_overrun() {
    let folder = Folder::new("place");
    let pki = Pki::new(&folder);
    let capacity = contents_capacity(&chain(&pki), 0);
    assert!(contents_capacity(&chain(&pki), 5_000) > capacity + 5_000);
    let unsigned = prepare_signature(&certificate(), &field(), 100).unwrap();
    assert_eq!(unsigned.place().capacity(), 100);
    assert!(unsigned.clone().complete(&[0x30; 100]).is_ok());
    assert_eq!(unsigned.complete(&[0x30; 101]).unwrap_err(), PdfError::ContentsOverflow { needed: 101, capacity: 100 });
    assert!(matches!(prepare_signature(&certificate(), &field(), 40_000), Err(PdfError::InvalidField { .. })));
    let huge = prepare(&certificate(), &field(), &chain(&pki), 40_000).unwrap_err();
    assert!(matches!(huge, Error::Pdf(PdfError::InvalidField { .. })), "{huge}");
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let drawn = certificate();
    let refused = |pdf: &[u8]| prepare_signature(pdf, &field(), 4_000).unwrap_err();
    assert_eq!(refused(b""), PdfError::NotPdf);
    assert_eq!(refused(b"PK\x03\x04"), PdfError::NotPdf);
    assert!(matches!(refused(b"%PDF-1.7\n"), PdfError::Malformed { .. }));
    for length in (0..drawn.len() - 1).step_by(997).chain(drawn.len() - 300..drawn.len() - 1) {
        refused(&drawn[..length]);
    }
    let signed = prepare_signature(&drawn, &field(), 4_000).unwrap().complete(&[]).unwrap();
    assert_eq!(refused(&signed), PdfError::AlreadySigned);

    let page = |page| SignatureField { page, ..field() };
    assert_eq!(prepare_signature(&drawn, &page(3), 4_000).unwrap_err(), PdfError::NoSuchPage { index: 3 });
    for broken in [
        SignatureField { rect: [f32::NAN, 0.0, 1.0, 1.0], ..field() },
        SignatureField { rect: [10.0, 0.0, 1.0, 1.0], ..field() },
        SignatureField { field_name: "a.b".to_owned(), ..field() },
        SignatureField { tooltip: String::new(), ..field() },
    ] {
        assert!(matches!(prepare_signature(&drawn, &broken, 4_000), Err(PdfError::InvalidField { .. })));
    }
}

#[test]
fn files_of_other_kinds_are_refused_by_kind() {
    let folder = Folder::new("kinds");
    folder.write("drawn.pdf", &certificate());
    for (name, arguments, error) in [
        ("encrypted", "--allow-weak-crypto --encrypt a b 128 -- drawn.pdf encrypted.pdf", PdfError::Encrypted),
        (
            "streams",
            "--object-streams=generate drawn.pdf streams.pdf",
            PdfError::Unsupported { what: "cross-reference stream" },
        ),
    ] {
        if folder.judge("qpdf", arguments).is_none() {
            return;
        }
        let pdf = std::fs::read(folder.path(&format!("{name}.pdf"))).unwrap();
        assert_eq!(prepare_signature(&pdf, &field(), 4_000).unwrap_err(), error);
    }
}

/// Changed bytes of an input give an error or a file, never a panic.
#[test]
fn damaged_files_do_no_harm() {
    let drawn = certificate();
    let mut state = 1_u32;
    for _ in 0..3_000 {
        let mut damaged = drawn.clone();
        for _ in 0..4 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = state as usize % damaged.len();
            damaged[at] = (state >> 24) as u8;
        }
        if let Ok(unsigned) = prepare_signature(&damaged, &field(), 100) {
            assert!(unsigned.complete(&[1]).unwrap().starts_with(&damaged));
        }
    }
}

#[test]
fn an_existing_form_keeps_its_fields() {
    let folder = Folder::new("form");
    let pki = Pki::new(&folder);
    let pdf = with_text_field(&certificate());
    folder.write("form.pdf", &pdf);
    folder.judge("qpdf", "--check form.pdf");
    let signed = sign(&folder, prepare(&pdf, &field(), &chain(&pki), 0).unwrap());
    folder.write("signed.pdf", &signed.bytes);
    if let Some(form) = folder.judge("mutool", "show signed.pdf trailer/Root/AcroForm") {
        let fields = form.lines().find(|line| line.contains("/Fields")).unwrap();
        assert_eq!(fields.matches(" 0 R").count(), 2, "{form}");
        assert!(form.contains("/SigFlags 3") && !form.contains("/NeedAppearances"), "{form}");
    }
    if let Some(pdfsig) = folder.run("pdfsig", "signed.pdf") {
        assert!(said(&pdfsig).contains("Signature is Valid."), "{}", said(&pdfsig));
    }
    let taken = SignatureField { field_name: "Note".to_owned(), ..field() };
    assert_eq!(prepare_signature(&pdf, &taken, 4_000).unwrap_err(), PdfError::FieldNameTaken);
}

/// Adds a text field by an incremental update written out by hand.
fn with_text_field(pdf: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(pdf);
    let trailer = &text[text.rfind("trailer").unwrap()..];
    let after = |key: &str| {
        let rest = &trailer[trailer.find(key).unwrap() + key.len()..];
        rest.split_whitespace().next().unwrap().trim_matches(|end: char| !end.is_ascii_digit()).to_owned()
    };
    let (size, root): (usize, usize) = (after("/Size").parse().unwrap(), after("/Root").parse().unwrap());
    let previous = after("startxref");
    let head = format!("\n{root} 0 obj\n");
    let begin = pdf.windows(head.len()).rposition(|window| window == head.as_bytes()).unwrap() + head.len();
    let end = begin + pdf[begin..].windows(6).position(|window| window == b"endobj").unwrap();
    let catalog = std::str::from_utf8(&pdf[begin..end]).unwrap().trim();
    let catalog = catalog.strip_suffix(">>").unwrap();

    let mut out = pdf.to_vec();
    out.push(b'\n');
    let at_field = out.len();
    out.extend(format!("{size} 0 obj\n<< /FT /Tx /T (N\\157te) /Kids [] >>\nendobj\n").bytes());
    let at_catalog = out.len();
    let form = format!("/AcroForm << /NeedAppearances true /Fields [{size} 0 R] >>");
    out.extend(format!("{root} 0 obj\n{catalog} {form} >>\nendobj\n").bytes());
    let at_table = out.len();
    let id = &trailer[trailer.find("/ID").unwrap()..];
    let id = &id[..id.find(']').unwrap() + 1];
    out.extend(
        format!(
            "xref\n{root} 1\n{at_catalog:010} 00000 n\r\n{size} 1\n{at_field:010} 00000 n\r\n\
             trailer\n<< /Size {} /Root {root} 0 R /Prev {previous} {id} >>\nstartxref\n{at_table}\n%%EOF\n",
            size + 1
        )
        .bytes(),
    );
    out
}
