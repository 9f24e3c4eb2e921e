//! Pages anyone may open: the front page and the practice statement.

use axum::response::Response;

use super::page;
use crate::pages::{Cps, Home, Text};
use crate::problem::Problem;
use crate::visitor::Visitor;

/// Version of the practice statement's summary below.
pub(super) const CPS_VERSION: &str = "0.1";

/// The front page.
pub(crate) async fn home(visitor: Visitor) -> Result<Response, Problem> {
    let controller = visitor.app.config().contacts.controller.clone();
    let demo_links = if visitor.app.config().demo && visitor.app.demo_pages().is_some() {
        vec![(Text::new("หน้าสาธิต", "Demonstration"), "/demo".to_owned())]
    } else {
        Vec::new()
    };
    page(&Home { layout: visitor.layout(), operator: Text::same(controller), demo_links })
}

/// The practice statement in short.
pub(crate) async fn cps(visitor: Visitor) -> Result<Response, Problem> {
    let chapters = CHAPTERS.iter().map(|((th, en), paragraphs)| {
        (Text::new(*th, *en), paragraphs.iter().map(|(th, en)| Text::new(*th, *en)).collect())
    });
    page(&Cps {
        layout: visitor.layout(),
        version: CPS_VERSION.to_owned(),
        in_force_since: "2026-11-21".to_owned(),
        chapters: chapters.collect(),
    })
}

type Bilingual = (&'static str, &'static str);

const CHAPTERS: &[(Bilingual, &[Bilingual])] = &[
    (
        ("1 บทนำ", "1 Introduction"),
        &[
            (
                "เอกสารนี้สรุปว่าผู้ให้บริการออกใบรับรองทำอะไร และผู้ที่เชื่อถือใบรับรองคาดหวังอะไรได้ ใบรับรองใช้ลงนามใบรับรองแพทย์เท่านั้น",
                "This summary says what the certification service does and what those who rely on its certificates may expect. The certificates sign medical certificates only.",
            ),
            (
                "ผู้ให้บริการนี้ไม่ใช่ผู้ให้บริการออกใบรับรองภายใต้ NRCA และไม่มีใบอนุญาต ระบบออกแบบตามหน้าที่ของมาตรา 28 แห่งพระราชบัญญัติว่าด้วยธุรกรรมทางอิเล็กทรอนิกส์ แต่ไม่อ้างว่าได้รับการรับรอง",
                "The service is not subordinate to NRCA and holds no licence. It is designed to the duties of section 28 of the Electronic Transactions Act and claims no recognition.",
            ),
        ],
    ),
    (
        ("2 การพิสูจน์ตัวตน", "2 Identification"),
        &[
            (
                "เจ้าหน้าที่เห็นเอกสารตัวจริงต่อหน้า เทียบใบหน้า และเทียบรหัสของพาสคีย์ ใบอนุญาตตรวจกับทะเบียนของแพทยสภาก่อนออกใบรับรอง",
                "An officer sees the original document in person, compares the face, and compares the passkey's code. The licence is checked with the Medical Council's register before a certificate is issued.",
            ),
            (
                "นายทะเบียนอีกคนหนึ่งอนุมัติด้วยพาสคีย์ของตน ไม่มีผู้ใดอนุมัติคำขอหรือหลักฐานของตนเอง",
                "Another officer approves with their own passkey. Nobody approves their own request or evidence.",
            ),
        ],
    ),
    (
        ("3 กุญแจและการลงนาม", "3 Keys and signing"),
        &[
            (
                "กุญแจของแพทย์อยู่ในอุปกรณ์เก็บกุญแจในรูปที่เข้ารหัสไว้ ลงนามได้เมื่อแพทย์ยืนยันเนื้อหาด้วยพาสคีย์เท่านั้น",
                "A doctor's key is kept wrapped under a key-storage device and signs only what the doctor confirmed with a passkey.",
            ),
            (
                "ทุกเอกสารถูกบันทึกก่อนลงนาม เอกสารหนึ่งฉบับลงนามได้ครั้งเดียว",
                "Each document is recorded before it is signed, and signed once at most.",
            ),
        ],
    ),
    (
        ("4 การเพิกถอน", "4 Revocation"),
        &[(
            "แพทย์และนายทะเบียนเพิกถอนใบรับรองได้ทุกเวลา ผลการตรวจสอบเปลี่ยนทันที รายการเพิกถอนเผยแพร่ภายในหนึ่งนาที",
            "Doctors and officers can revoke at any time. Verification shows it at once; revocation lists follow within a minute.",
        )],
    ),
    (
        ("5 ความรับผิดชอบของผู้เกี่ยวข้อง", "5 Duties of others"),
        &[
            (
                "แพทย์ต้องรักษาพาสคีย์ของตน และเพิกถอนใบรับรองทันทีที่พาสคีย์สูญหายหรืออาจมีผู้อื่นใช้",
                "Doctors keep their passkeys safe and revoke at once when one is lost or may be used by another.",
            ),
            (
                "ผู้รับเอกสารต้องตรวจสอบด้วยรหัสหรือไฟล์ทุกครั้ง ผลที่ตรวจไม่ได้ไม่ถือว่าถูกต้อง",
                "Those who receive a document verify it by code or file each time. What cannot be checked is not valid.",
            ),
        ],
    ),
];
