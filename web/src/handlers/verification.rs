//! What anyone may ask: is this document genuine? By code, by file, as a page or as data.

use axum::Json;
use axum::extract::multipart::Multipart;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use axum::response::Response;
use pdf::form::definition;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signer::protocol::DocumentRecord;

use super::{go, page};
use crate::app::App;
use crate::instants::rfc3339;
use crate::pages::{
    CertificateEnd, Check, CheckResult, CodeEntry, LicenceStatus, Policy, Section28Facts, Technical, Text, Values,
    Verdict, VerifiedDocument, Verify, VerifyUpload,
};
use crate::problem::Problem;
use crate::randomness::read_verification_code;
use crate::units::Units;
use crate::visitor::Visitor;
use crate::workflow::certificate_care::HOLD;
use crate::workflow::certificate_policy::policy_of;
use crate::workflow::verify_code::{self, by_code};
use crate::workflow::verify_upload::{self, LARGEST_FILE, of_file};

/// Where a code is typed or a file handed in.
pub(crate) async fn entry(visitor: Visitor, Query(query): Query<Values>) -> Result<Response, Problem> {
    let typed = query.get("code").map_or("", |code| code.trim());
    if typed.is_empty() {
        return page(&CodeEntry { layout: visitor.layout(), code: String::new(), error: None });
    }
    // People paste the whole address.
    let last = typed.split('#').next().unwrap_or(typed).rsplit('/').next().unwrap_or(typed);
    match read_verification_code(last) {
        Some(code) => Ok(go(&format!("/v/{code}"))),
        None => {
            let error = Text::new(
                "รหัสไม่ครบหรือมีตัวที่ไม่ใช่รหัส รหัสมี 26 ตัว โปรดดูกระดาษอีกครั้ง",
                "The code is incomplete or has other characters: it has 26. Look at the paper again.",
            );
            let code = typed.chars().take(100).collect();
            super::page_with_errors(&CodeEntry { layout: visitor.layout(), code, error: Some(error) })
        }
    }
}

/// The answer to a code.
pub(crate) async fn by_code_page(
    State(app): State<App>,
    Path(typed): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let Some(code) = read_verification_code(&typed) else {
        return page(&answer(&app, &visitor, typed.chars().take(64).collect(), unknown()).await);
    };
    if code != typed {
        return Ok(go(&format!("/v/{code}")));
    }
    let finding = by_code(&app, &code).await;
    page(&answer(&app, &visitor, code, finding).await)
}

fn unknown() -> verify_code::Finding {
    verify_code::Finding { verdict: Verdict::Unknown, record: None }
}

async fn answer(app: &App, visitor: &Visitor, code: String, finding: verify_code::Finding) -> Verify {
    let record = finding.record.as_ref();
    // Of an erased document there is nothing to tell but that.
    let told = record.filter(|record| record.erased_at.is_none());
    let section28 = match record.filter(|record| record.state == "finished") {
        Some(record) => Some(section28(app, record).await),
        None => None,
    };
    Verify {
        layout: visitor.layout(),
        verdict: finding.verdict,
        policy: told.and_then(policy),
        document: told.map(shown),
        erased_at: record.and_then(|record| record.erased_at.clone()),
        checks: told.map(|record| checks(record, finding.verdict)).unwrap_or_default(),
        not_checked: vec![
            Text::new(
                "ไม่ได้ตรวจว่าผู้ถือเอกสารคือผู้ป่วยในเอกสาร โปรดดูบัตรประจำตัวของผู้ถือ",
                "Whether the bearer is the patient named: look at the bearer's identity card.",
            ),
            Text::new(
                "ไม่ได้ตรวจข้อความบนกระดาษหรือไฟล์ในมือของท่าน จนกว่าท่านจะเทียบไฟล์ด้านบน",
                "The paper or file in your hand, until you compare the file above.",
            ),
        ],
        section28,
        technical: technical(&code, record),
        upload_url: if record.is_some() { format!("/v/{code}/compare") } else { "/v".to_owned() },
        code,
        checked_at: rfc3339(app.now()),
        report: Text::new(
            "โทรแจ้งโรงพยาบาลที่ปรากฏในเอกสาร หรือแพทยสภา",
            "Tell the hospital named on the document, or the Medical Council.",
        ),
    }
}

fn shown(record: &DocumentRecord) -> VerifiedDocument {
    let certificate = &record.certificate;
    let kind = definition(&record.form)
        .map_or_else(|| Text::same(&record.form), |form| Text::new(&form.title_th, &form.title_en));
    let licence_status = match &certificate.revoked {
        Some(revoked) if revoked.reason == "privilege_withdrawn" => {
            LicenceStatus::Lost(revoked.invalid_since.clone().unwrap_or_else(|| revoked.at.clone()))
        }
        // Nobody says here why it is suspended, and it may be the licence.
        Some(revoked) if revoked.reason == HOLD => LicenceStatus::Unknown,
        // It was found active when the certificate was issued.
        _ => LicenceStatus::Active(certificate.not_before.clone()),
    };
    VerifiedDocument {
        kind,
        book: record.book.clone(),
        number: record.number.clone(),
        masked_patient: record.masked_patient.clone(),
        unit: Text::new(&record.unit_name_th, &record.unit_name_en),
        doctor: Text::new(format!("{}{}", certificate.title_th, certificate.name_th), &certificate.name_en),
        licence: certificate.licence.clone(),
        licence_status,
        exam_date: record.exam_date.clone(),
        signed_at: record.signed_at.clone(),
        valid_until: record.valid_until.clone(),
        end: certificate.revoked.as_ref().map(|revoked| CertificateEnd {
            suspended: revoked.reason == HOLD,
            at: revoked.at.clone(),
            invalid_since: revoked.invalid_since.clone(),
        }),
        file_sha256: record.file_sha256.clone(),
        earlier_files: record.earlier_files.clone(),
    }
}

fn checks(record: &DocumentRecord, verdict: Verdict) -> Vec<Check> {
    let signed = record.state == "finished";
    let good_then = signed && !matches!(verdict, Verdict::NotValidWhenSigned | Verdict::KeyCompromised);
    let good_now = record.certificate.revoked.is_none() && verdict != Verdict::SignedThenExpired;
    let in_time = verdict != Verdict::GenuineExpiredUse;
    let unknown = verdict == Verdict::NotCheckable;
    [
        ("เลขที่เอกสารอยู่ในทะเบียนของผู้ลงนาม", "The number is in the signer's own register", true),
        ("แพทย์ลงนามแล้วด้วยพาสคีย์ของตน", "The doctor signed it with their own passkey", signed),
        ("ใบรับรองของแพทย์ใช้ได้ขณะลงนาม", "The doctor's certificate was in force when it was signed", good_then),
        ("ใบรับรองของแพทย์ใช้ได้ในขณะนี้", "The doctor's certificate is in force now", good_now),
        ("ยังอยู่ในกำหนดการใช้ของเอกสาร", "The document is within its time of use", in_time),
    ]
    .into_iter()
    .map(|(th, en, passed)| Check {
        what: Text::new(th, en),
        result: match (unknown, passed) {
            (true, _) => CheckResult::Unknown,
            (false, true) => CheckResult::Passed,
            (false, false) => CheckResult::Failed,
        },
    })
    .collect()
}

fn technical(code: &str, record: Option<&DocumentRecord>) -> Vec<Technical> {
    let line = |th: &str, en: &str, value: &str| Technical { label: Text::new(th, en), value: value.to_owned() };
    let mut lines = vec![line("รหัสตรวจสอบ", "Verification code", code)];
    if let Some(record) = record.filter(|record| record.erased_at.is_some()) {
        lines.extend([
            line("ค่าแฮชของไฟล์ (SHA-256)", "File hash (SHA-256)", record.file_sha256.as_deref().unwrap_or("–")),
            line("ค่าแฮชของเนื้อหา (SHA-256)", "Content hash (SHA-256)", &record.content_sha256),
            line("ลบเมื่อ", "Erased at", record.erased_at.as_deref().unwrap_or("–")),
        ]);
    } else if let Some(record) = record {
        let certificate = &record.certificate;
        lines.extend([
            line("ค่าแฮชของไฟล์ (SHA-256)", "File hash (SHA-256)", record.file_sha256.as_deref().unwrap_or("–")),
            line("ค่าแฮชของเนื้อหา (SHA-256)", "Content hash (SHA-256)", &record.content_sha256),
            line("หมายเลขใบรับรอง", "Certificate serial number", &certificate.serial),
            line("ค่าแฮชของใบรับรอง (SHA-256)", "Certificate hash (SHA-256)", &certificate.sha256),
            line(
                "นโยบายของใบรับรอง",
                "Certificate policy",
                &policy(record).map_or_else(|| "–".to_owned(), |policy| policy.identifier),
            ),
            line("บันทึกก่อนลงนามเมื่อ", "Recorded before signing at", &record.recorded_at),
            line("รูปแบบลายมือชื่อ", "Signature format", "PAdES, ECDSA P-256, SHA-256"),
        ]);
    }
    lines
}

/// The policy of the signer's certificate, read from the certificate itself.
fn policy(record: &DocumentRecord) -> Option<Policy> {
    policy_of(&hex::decode(&record.certificate.der).ok()?)
}

async fn section28(app: &App, record: &DocumentRecord) -> Section28Facts {
    let certificate = &record.certificate;
    let issuing = app.signer().ca_certificate("issuing").await.unwrap_or_default();
    let unit = match Units::load(app).await {
        Ok(units) => units.name(&certificate.unit_code),
        Err(_) => Text::new(&record.unit_name_th, &record.unit_name_en),
    };
    let now = match &certificate.revoked {
        None => Text::new("ใช้ได้ในขณะนี้", "In force now"),
        Some(revoked) if revoked.reason == HOLD => Text::new("ถูกระงับชั่วคราว", "Suspended"),
        Some(_) => Text::new("ถูกเพิกถอนแล้ว", "Revoked"),
    };
    Section28Facts {
        cps_version: crate::pages::practice::CPS.header().version,
        licence_checked_at: certificate.not_before.clone(),
        issuer: super::publications::common_name(&issuing),
        issuer_sha256: if issuing.is_empty() { String::new() } else { hex::encode(Sha256::digest(&issuing)) },
        ial: certificate.ial.clone(),
        approved_by_unit: unit,
        not_before: certificate.not_before.clone(),
        not_after: certificate.not_after.clone(),
        status_now: now,
        crl_at: None,
        software_token: app.config().demo,
    }
}

/// A file handed in on the page of a code.
pub(crate) async fn compare(
    State(app): State<App>,
    Path(_code): Path<String>,
    visitor: Visitor,
    form: Multipart,
) -> Result<Response, Problem> {
    upload(State(app), visitor, form).await
}

/// A file handed in.
pub(crate) async fn upload(State(app): State<App>, visitor: Visitor, form: Multipart) -> Result<Response, Problem> {
    let (name, file) = read_file(form).await?;
    let finding = of_file(&app, file).await;
    let mut technical = vec![Technical {
        label: Text::new("ค่าแฮชของไฟล์ (SHA-256)", "File hash (SHA-256)"),
        value: finding.sha256.clone(),
    }];
    if let Some(signature) = &finding.signature {
        let line = |en: &str, value: String| Technical { label: Text::same(en), value };
        let codes: Vec<&str> = signature.reasons.iter().map(pades::verify::Reason::code).collect();
        technical.push(line("ETSI EN 319 102-1", format!("{:?} {:?}", signature.indication, signature.sub_indication)));
        technical.push(line("Reasons", codes.join(", ")));
    }
    let told = finding.record.as_ref().filter(|record| record.erased_at.is_none());
    page(&VerifyUpload {
        layout: crate::pages::Layout { path: "/v".to_owned(), ..visitor.layout() },
        file_name: name,
        verdict: finding.verdict,
        policy: told.and_then(policy),
        reasons: finding.reasons.clone(),
        document: told.map(shown),
        checks: told.map(|record| upload_checks(record, &finding)).unwrap_or_default(),
        technical,
        checked_at: rfc3339(app.now()),
        verify_url: finding.record.as_ref().map(|record| format!("/v/{}", record.code)),
    })
}

fn upload_checks(record: &DocumentRecord, finding: &verify_upload::Finding) -> Vec<Check> {
    let unchanged = match finding.verdict {
        Verdict::Altered | Verdict::ChangedLawfully | Verdict::SignerUnknown => CheckResult::Failed,
        Verdict::NotCheckable | Verdict::NoSignature => CheckResult::Unknown,
        _ => CheckResult::Passed,
    };
    let mut all = vec![Check {
        what: Text::new("ไฟล์ไม่ถูกแก้ไขหลังลงนาม", "The file is unchanged since it was signed"),
        result: unchanged,
    }];
    if unchanged == CheckResult::Passed {
        all.append(&mut checks(record, finding.verdict));
    }
    all
}

async fn read_file(mut form: Multipart) -> Result<(String, Vec<u8>), Problem> {
    while let Some(mut field) = form.next_field().await.map_err(|_| Problem::bad_input())? {
        if field.name() != Some("file") {
            continue;
        }
        let name: String =
            field.file_name().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect();
        let mut file = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|_| Problem::too_large())? {
            file.extend_from_slice(&chunk);
            if file.len() > LARGEST_FILE {
                return Err(Problem::too_large());
            }
        }
        return Ok((name, file));
    }
    Err(Problem::bad_input())
}

/// `GET /api/v1/verify/{code}`.
pub(crate) async fn api_by_code(State(app): State<App>, Path(typed): Path<String>) -> Response {
    let finding = match read_verification_code(&typed) {
        Some(code) => by_code(&app, &code).await,
        None => unknown(),
    };
    Json(as_json(&app, finding.verdict, finding.record.as_ref())).into_response()
}

/// `POST /api/v1/verify`: multipart, field `file`.
pub(crate) async fn api_upload(State(app): State<App>, form: Multipart) -> Result<Response, Problem> {
    let (_, file) = read_file(form).await?;
    let finding = of_file(&app, file).await;
    let mut answer = as_json(&app, finding.verdict, finding.record.as_ref());
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("file_sha256".into(), json!(finding.sha256));
        let reasons: Vec<Value> =
            finding.reasons.iter().map(|reason| json!({ "th": reason.th, "en": reason.en })).collect();
        answer.insert("reasons".into(), json!(reasons));
        answer.insert("signature".into(), json!(finding.signature));
    }
    Ok(Json(answer).into_response())
}

fn as_json(app: &App, verdict: Verdict, record: Option<&DocumentRecord>) -> Value {
    let layout = |lang| crate::pages::Layout { lang, ..crate::pages::Layout::default() };
    json!({
        "verdict": verdict.name(),
        "tone": verdict.tone().class(),
        "sentence": {
            "th": verdict.sentence(&layout(crate::pages::Lang::Th)),
            "en": verdict.sentence(&layout(crate::pages::Lang::En)),
        },
        "checked_at": rfc3339(app.now()),
        "erased": record.and_then(|record| record.erased_at.as_ref().map(|at| json!({
            "at": at,
            "file_sha256": record.file_sha256,
            "content_sha256": record.content_sha256,
        }))),
        "document": record.filter(|record| record.erased_at.is_none()).map(|record| json!({
            "code": record.code,
            "form": record.form,
            "book": record.book,
            "number": record.number,
            "masked_patient": record.masked_patient,
            "unit": { "code": record.unit_code, "name_th": record.unit_name_th, "name_en": record.unit_name_en },
            "exam_date": record.exam_date,
            "signed_at": record.signed_at,
            "valid_until": record.valid_until,
            "file_sha256": record.file_sha256,
            "doctor": {
                "title_th": record.certificate.title_th,
                "name_th": record.certificate.name_th,
                "name_en": record.certificate.name_en,
                "licence": record.certificate.licence,
            },
            "certificate": {
                "serial": record.certificate.serial,
                "sha256": record.certificate.sha256,
                "not_before": record.certificate.not_before,
                "not_after": record.certificate.not_after,
                "policy": policy(record).map(|policy| policy.identifier),
                "test_policy": policy(record).map(|policy| policy.is_test),
                "revoked": record.certificate.revoked,
            },
        })),
    })
}
