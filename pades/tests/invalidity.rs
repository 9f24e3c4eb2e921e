//! A time-stamped signature, and a revocation that comes after it.

use cms::cert::x509::attr::{Attribute, AttributeValue};
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfos};
use der::asn1::{ObjectIdentifier, SetOfVec};
use der::{Any, Decode, Encode};
use pades::verify::{Indication, SubIndication, Trust};
use time::{Duration, OffsetDateTime};

use crate::common::pki::openssl;
use crate::verify::{Fixture, PASSED, fixture_with_room};

/// id-aa-signatureTimeStampToken (RFC 3161 appendix A).
const SIGNATURE_TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

const FAILED: (Indication, Option<SubIndication>) = (Indication::TotalFailed, Some(SubIndication::Revoked));
const NO_PROOF: (Indication, Option<SubIndication>) = (Indication::Indeterminate, Some(SubIndication::RevokedNoPoe));
const UNDECIDED: (Indication, Option<SubIndication>) = (Indication::Indeterminate, Some(SubIndication::TryLater));

/// Makes a time-stamping unit under the issuing CA.
fn make_unit(fixture: &Fixture) {
    let folder = &fixture.folder;
    folder.write(
        "unit.cnf",
        b"[unit]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
          extendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
          [tsa]\ndefault_tsa=t\n[t]\nserial=unit.serial\ndefault_policy=1.2.3.4\ndigests=sha256\n\
          signer_digest=sha256\ness_cert_id_alg=sha256\n",
    );
    folder.write("unit.serial", b"01\n");
    for step in [
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out unit.key",
        "req -new -key unit.key -subj /C=TH/CN=unit -config x509.cnf -out unit.csr",
        "x509 -req -in unit.csr -CA issuing.pem -CAkey issuing.key -CAcreateserial -days 365 -extfile unit.cnf \
         -extensions unit -out unit.pem",
        "ca -config issuing.cnf -keyfile issuing.key -cert issuing.pem -valid unit.pem",
    ] {
        openssl(folder, step);
    }
}

/// Has the signature time-stamped, and puts the token into the place that was left for it.
fn time_stamped(fixture: &Fixture) -> Vec<u8> {
    let folder = &fixture.folder;
    let start = fixture.signed.windows(5).rposition(|w| w == b"<3082").unwrap() + 1;
    let end = start + fixture.signed[start..].iter().position(|b| *b == b'>').unwrap();
    let digits = &fixture.signed[start..end];
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let padded: Vec<u8> = digits.chunks(2).map(byte).collect();
    let length = 4 + usize::from(u16::from_be_bytes([padded[2], padded[3]]));

    let outer = ContentInfo::from_der(&padded[..length]).unwrap();
    let mut data: SignedData = outer.content.decode_as().unwrap();
    let mut signer = data.signer_infos.0.get(0).unwrap().clone();
    folder.write("value", signer.signature.as_bytes());
    openssl(folder, "ts -query -data value -sha256 -cert -out query");
    openssl(
        folder,
        "ts -reply -config unit.cnf -section t -queryfile query -signer unit.pem -inkey unit.key -token_out -out token",
    );
    let token = std::fs::read(folder.path("token")).unwrap();
    let value = AttributeValue::from_der(&token).unwrap();
    let values = SetOfVec::try_from(vec![value]).unwrap();
    let attribute = Attribute { oid: SIGNATURE_TIME_STAMP, values };
    signer.unsigned_attrs = Some(SetOfVec::try_from(vec![attribute]).unwrap());
    data.signer_infos = SignerInfos::try_from(vec![signer]).unwrap();
    let stamped = ContentInfo { content: Any::encode_from(&data).unwrap(), ..outer }.to_der().unwrap();
    assert!(stamped.len() <= padded.len(), "{} bytes for {}", padded.len(), stamped.len());
    let digits: String = stamped.iter().map(|b| format!("{b:02x}")).collect();
    let mut file = fixture.signed.clone();
    file[start..start + digits.len()].copy_from_slice(digits.as_bytes());
    file
}

fn written(at: OffsetDateTime, four_digits: bool) -> String {
    let year = if four_digits { at.year() } else { at.year() % 100 };
    let (month, day) = (u8::from(at.month()), at.day());
    format!("{year:02}{month:02}{day:02}{:02}{:02}{:02}Z", at.hour(), at.minute(), at.second())
}

/// Writes the signer's revocation into the issuing CA's index, as `openssl ca` does.
fn revoke(fixture: &Fixture, at: OffsetDateTime, reason: &str) {
    let path = fixture.folder.path("issuing.index");
    let rows = std::fs::read_to_string(&path).unwrap();
    let rows = rows.lines().map(|row| {
        let mut fields: Vec<&str> = row.split('\t').collect();
        let revoked = format!("{},{reason}", written(at, false));
        if row.contains("CN=signer") {
            (fields[0], fields[2]) = ("R", &revoked);
        }
        fields.join("\t") + "\n"
    });
    let rows: String = rows.collect();
    assert!(rows.contains(reason), "{rows}");
    std::fs::write(&path, rows).unwrap();
}

#[test]
fn a_document_signed_since_the_invalidity_date_is_not_relied_on() {
    let fixture = fixture_with_room("invalidity", 8_000);
    make_unit(&fixture);
    let file = time_stamped(&fixture);
    assert_eq!(fixture.judge(&file, &fixture.trust()), PASSED);

    // The stamp is about five seconds older than the judgement.
    let (after, before) = (fixture.at, fixture.at - Duration::HOUR);
    let key_time = |since| format!("keyTime,{}", written(since, true));
    for (revoked, reason, expected) in [
        (after, "affiliationChanged".to_owned(), PASSED),
        (before, "affiliationChanged".to_owned(), FAILED),
        // Nobody can say since when another had the key.
        (after, "keyCompromise".to_owned(), NO_PROOF),
        (before, "keyCompromise".to_owned(), FAILED),
        (after, key_time(before), FAILED),
        (after, key_time(after), PASSED),
        // An invalidity date after the revocation takes nothing back.
        (before, key_time(after), FAILED),
        (after, "certificateHold".to_owned(), UNDECIDED),
    ] {
        revoke(&fixture, revoked, &reason);
        let lists = fixture.trust();
        assert_eq!(fixture.judge(&file, &lists), expected, "CRL: {revoked} {reason}");
        let ocsps = vec![fixture.ocsp_of("signer"), fixture.ocsp_of("unit")];
        let answers = Trust { crls: vec![lists.crls[0].clone()], ocsps, ..lists };
        assert_eq!(fixture.judge(&file, &answers), expected, "OCSP: {revoked} {reason}");
    }
}
