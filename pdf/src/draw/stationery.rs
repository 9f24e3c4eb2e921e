//! What every form has: letterhead, QR code, foot of the page, signature block.

use krilla::geom::Rect;

use super::code::{Modules, ROOM, groups};
use super::fragment::Text;
use super::inline::{Ink, Inline, Style};
use super::sheet::{Align, BOTTOM, Block, COLUMN, MARGIN, Mark, NodeId, PAGE_HEIGHT, Role, Sheet, TOP};
use super::typeface::Weight;
use super::{Error, Occasion};
use crate::date;
use crate::form::SignerIdentity;

/// Room beside the QR code.
const BESIDE_CODE: f32 = COLUMN - ROOM - 14.0;
/// Where text begins on pages that continue a form.
pub(super) const NEXT_TOP: f32 = TOP + ROOM + 40.0;

/// Where the signature block stands, in points from the page's upper left corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignaturePlace {
    pub(super) page: usize,
    pub(super) area: Rect,
}

impl SignaturePlace {
    /// Left, bottom, right, top from the page's lower left corner.
    pub(super) fn rect(&self) -> [f32; 4] {
        let area = self.area;
        [area.left(), PAGE_HEIGHT - area.bottom(), area.right(), PAGE_HEIGHT - area.top()]
    }
}

pub(super) fn style(weight: Weight, size: f32, ink: Ink) -> Style {
    Style { weight, size, ink, english: false }
}

/// Words.
pub(super) fn words(text: impl Into<Text>, style: Style) -> Inline {
    Inline::Words { text: text.into(), style }
}

/// The same in English, small.
pub(super) fn english(text: impl Into<Text>, size: f32) -> Inline {
    Inline::Words { text: text.into(), style: Style { weight: Weight::Regular, size, ink: Ink::Quiet, english: true } }
}

fn block(x: f32, width: f32, line: f32, align: Align) -> Block {
    Block { x, width, line, align }
}

/// The head of the first page; the flow goes on below it.
pub(super) fn letterhead(sheet: &mut Sheet, occasion: &Occasion<'_>) -> Result<(), Error> {
    let unit = &occasion.content.unit;
    let definition = occasion.definition;
    let beside = |line| block(MARGIN, BESIDE_CODE, line, Align::Left);
    let from = sheet.node(None, Role::Paragraph);
    let mut y = sheet.fixed(
        0,
        Some(from),
        beside(19.0),
        TOP - 4.0,
        &[words(Text::House(unit.name_th.clone()), style(Weight::Bold, 13.5, Ink::Accent))],
    )?;
    y = sheet.fixed(0, Some(from), beside(11.0), y, &[english(Text::House(unit.name_en.clone()), 8.0)])?;
    y = sheet.fixed(
        0,
        Some(from),
        beside(12.5),
        y,
        &[words(Text::House(unit.address_th.clone()), style(Weight::Regular, 8.5, Ink::Print))],
    )?;
    sheet.mark(Mark::Rule { from: MARGIN, to: MARGIN + BESIDE_CODE, y: y + 5.0, strong: true }, None);

    let title = definition.title_th.clone();
    sheet.bookmarks.push(super::sheet::Bookmark { title: title.clone(), page: 0, y: TOP });
    let heading = sheet.node(None, Role::Heading { level: 1, title });
    let parts = [
        words(&definition.title_th, style(Weight::Bold, 22.0, Ink::Print)),
        Inline::Room(8.0),
        english(&definition.title_en, 10.0),
    ];
    y = sheet.fixed(0, Some(heading), beside(36.0), y + 7.0, &parts)?;
    let numbers = sheet.node(None, Role::Paragraph);
    y = sheet.fixed(0, Some(numbers), beside(17.0), y, &document_number(occasion, 11.0))?;

    verification_code(sheet, occasion, 0, true)?;
    sheet.y = y.max(TOP + ROOM + 32.0);
    Ok(())
}

/// Heads of the pages that continue the form and the foot of all pages.
pub(super) fn heads_and_feet(sheet: &mut Sheet, occasion: &Occasion<'_>, patient: &str) -> Result<(), Error> {
    let pages = sheet.pages.len();
    for page in 0..pages {
        if page > 0 {
            let beside = |line| block(MARGIN, BESIDE_CODE, line, Align::Left);
            let unit =
                [words(Text::House(occasion.content.unit.name_th.clone()), style(Weight::Bold, 11.0, Ink::Accent))];
            let mut y = sheet.fixed(page, None, beside(17.0), TOP - 2.0, &unit)?;
            let title = format!("{} (ต่อ)", occasion.definition.title_th);
            y = sheet.fixed(page, None, beside(24.0), y, &[words(title, style(Weight::Bold, 15.0, Ink::Print))])?;
            y = sheet.fixed(page, None, beside(16.0), y, &document_number(occasion, 10.5))?;
            sheet.fixed(
                page,
                None,
                beside(15.0),
                y,
                &[words(patient.to_owned(), style(Weight::Regular, 10.0, Ink::Filled))],
            )?;
            verification_code(sheet, occasion, page, false)?;
        }
        foot(sheet, occasion, page, pages)?;
    }
    Ok(())
}

fn document_number(occasion: &Occasion<'_>, size: f32) -> [Inline; 5] {
    let text = |name| words(occasion.definition.text(name), style(Weight::Regular, size, Ink::Print));
    let value = |value: &str| words(format!(" {value}"), style(Weight::Bold, size, Ink::Filled));
    [text("book"), value(&occasion.content.book), Inline::Room(12.0), text("number"), value(&occasion.content.number)]
}

/// QR code with the code in letters beneath, at the upper right; answers where it ends.
fn verification_code(sheet: &mut Sheet, occasion: &Occasion<'_>, page: usize, tagged: bool) -> Result<f32, Error> {
    let side = occasion.modules.map_or(ROOM, Modules::side);
    let x = MARGIN + COLUMN - side;
    let small = block(x - 6.0, side + 12.0, 8.6, Align::Middle);
    if occasion.link.is_none() {
        return no_code(sheet, page, x, side);
    }
    let groups = groups(&occasion.content.code);
    let figure = tagged.then(|| {
        let alt = format!("คิวอาร์โค้ดสำหรับตรวจสอบเอกสาร รหัส {}", groups.join("-"));
        sheet.node(None, Role::Figure { alt })
    });
    sheet.mark_on(page, Mark::Code { x, y: TOP, side }, figure);
    let paragraph = tagged.then(|| sheet.node(None, Role::Paragraph));
    let (first, second) = groups.split_at(groups.len().div_ceil(2));
    let mut y = TOP + side + 3.5;
    for line in [first, second] {
        let tail = if std::ptr::eq(line, first) && !second.is_empty() { "-" } else { "" };
        let line = format!("{}{tail}", line.join("-"));
        y = sheet.fixed(page, paragraph, small, y, &[words(line, style(Weight::Bold, 7.2, Ink::Print))])?;
    }
    sheet.fixed(
        page,
        paragraph,
        small,
        y,
        &[words("สแกนเพื่อตรวจสอบ ", style(Weight::Regular, 6.8, Ink::Quiet)), english("Scan to verify", 6.8)],
    )
}

/// A draft's empty place for the code, as tall as a code with its text.
fn no_code(sheet: &mut Sheet, page: usize, x: f32, side: f32) -> Result<f32, Error> {
    let area = Rect::from_xywh(x, TOP, side, side).ok_or(Error::Malformed("code"))?;
    sheet.mark_on(page, Mark::Frame { area }, None);
    let inside = block(x + 6.0, side - 12.0, 11.0, Align::Middle);
    let note = [words("คิวอาร์โค้ดจะปรากฏเมื่อลงนามแล้ว", style(Weight::Regular, 8.0, Ink::Quiet))];
    sheet.fixed(page, None, inside, TOP + side / 2.0 - 14.0, &note)?;
    Ok(TOP + side)
}

fn foot(sheet: &mut Sheet, occasion: &Occasion<'_>, page: usize, pages: usize) -> Result<(), Error> {
    let content = occasion.content;
    let y = BOTTOM + 8.0;
    sheet.mark_on(page, Mark::Rule { from: MARGIN, to: MARGIN + COLUMN, y, strong: false }, None);
    let small = style(Weight::Regular, 8.0, Ink::Quiet);
    let left = block(MARGIN, COLUMN * 0.75, 11.0, Align::Left);
    let number = format!("เล่มที่ {} เลขที่ {}", content.book, content.number);
    let below = sheet.fixed(page, None, left, y + 3.0, &[words(number, small)])?;
    let right = block(MARGIN + COLUMN * 0.75, COLUMN * 0.25, 11.0, Align::Right);
    let count = format!("หน้า {} จาก {pages}", page + 1);
    sheet.fixed(page, None, right, y + 3.0, &[words(count, small)])?;
    let mut advice = Vec::new();
    match occasion.link {
        Some(link) => {
            let address = link.url.split('#').next().unwrap_or_default().trim_end_matches(content.code.as_str());
            let address = address.trim_start_matches("https://").trim_start_matches("http://");
            advice.push(words("ตรวจสอบเอกสารนี้: สแกนคิวอาร์โค้ด หรือพิมพ์ ", small));
            advice.push(words(format!("{address} "), small));
            advice.push(words("ตามด้วยรหัสใต้คิวอาร์โค้ด", small));
        }
        None => advice.push(words("ฉบับร่าง ยังไม่ได้ลงนาม ใช้เป็นหลักฐานไม่ได้ (Draft, not signed, not valid)", small)),
    }
    sheet.fixed(page, None, block(MARGIN, COLUMN, 11.0, Align::Left), below, &advice)?;
    Ok(())
}

/// The visible signature in the right half, the days of validity in the left; both stay on
/// one page.
pub(super) fn signature(sheet: &mut Sheet, parent: NodeId, occasion: &Occasion<'_>) -> Result<SignaturePlace, Error> {
    const HEIGHT: f32 = 94.0;
    const WIDTH: f32 = 312.0;
    sheet.ensure(HEIGHT + 8.0)?;
    sheet.room(5.0);
    let (page, top) = (sheet.page(), sheet.y);
    let x = MARGIN + COLUMN - WIDTH;
    let area = Rect::from_xywh(x, top, WIDTH, HEIGHT).ok_or(Error::Malformed("signature block"))?;
    sheet.mark(Mark::Frame { area }, None);

    let node = sheet.node(Some(parent), Role::Paragraph);
    let inside = |line| block(x + 10.0, WIDTH - 20.0, line, Align::Middle);
    let small = style(Weight::Regular, 8.5, Ink::Print);
    let text = |name| occasion.definition.text(name);
    let how = if occasion.link.is_some() {
        "ลงนามด้วยลายมือชื่อดิจิทัล"
    } else {
        "(ร่าง ยังไม่ได้ลงนาม)"
    };
    let mut y = sheet.fixed(
        page,
        Some(node),
        inside(17.0),
        top + 3.0,
        &[
            words(text("signed"), style(Weight::Regular, 10.0, Ink::Print)),
            Inline::Room(6.0),
            words(how, style(Weight::Bold, 10.0, Ink::Accent)),
            Inline::Room(6.0),
            words(text("examining_doctor"), style(Weight::Regular, 10.0, Ink::Print)),
        ],
    )?;
    let signer = &occasion.content.signer;
    y = sheet.fixed(
        page,
        Some(node),
        inside(17.0),
        y,
        &[words(Text::House(format!("({})", doctor(signer))), style(Weight::Bold, 11.5, Ink::Filled))],
    )?;
    y = sheet.fixed(
        page,
        Some(node),
        inside(12.0),
        y,
        &[
            english(Text::House(format!("{}, M.D.", signer.name_en)), 8.5),
            words(Text::House(format!("  ว.{}", signer.licence)), style(Weight::Bold, 8.5, Ink::Print)),
        ],
    )?;
    y = sheet.fixed(
        page,
        Some(node),
        inside(12.5),
        y,
        &[words(Text::House(occasion.content.unit.name_th.clone()), small)],
    )?;
    if occasion.link.is_some() {
        let when = format!("ลงนามเมื่อ {}", date::thai_moment(occasion.prepared_at));
        y = sheet.fixed(page, Some(node), inside(12.5), y, &[words(when, small)])?;
    }
    y = sheet.fixed(
        page,
        Some(node),
        inside(12.5),
        y,
        &[words("เหตุผล: รับรองผลการตรวจร่างกาย ", small), english("Reason: medical certification", 7.0)],
    )?;
    let needed = y + 4.0 - top;
    let area = Rect::from_xywh(x, top, WIDTH, needed).ok_or(Error::Malformed("signature block"))?;
    resize_frame(sheet, page, area);
    validity(sheet, parent, occasion, page, top)?;
    sheet.y = area.bottom() + 3.0;
    Ok(SignaturePlace { page, area })
}

/// Long names may need more lines than the frame first had.
fn resize_frame(sheet: &mut Sheet, page: usize, area: Rect) {
    let frame = sheet.pages.get_mut(page).and_then(|marks| {
        marks.iter_mut().rev().find_map(|(mark, _)| match mark {
            Mark::Frame { area } => Some(area),
            _ => None,
        })
    });
    if let Some(frame) = frame {
        *frame = area;
    }
}

fn validity(sheet: &mut Sheet, parent: NodeId, occasion: &Occasion<'_>, page: usize, top: f32) -> Result<(), Error> {
    let left = |line| block(MARGIN, COLUMN - 312.0 - 14.0, line, Align::Left);
    let node = sheet.node(Some(parent), Role::Paragraph);
    let small = style(Weight::Regular, 8.5, Ink::Print);
    let mut y = top + 2.0;
    if let Some(until) = &occasion.content.valid_until {
        let until = date::parse_iso(until).map_err(|_| Error::Malformed("last day of use"))?;
        y = sheet.fixed(page, Some(node), left(14.0), y, &[words("ใช้ได้ถึงวันที่", small)])?;
        y = sheet.fixed(
            page,
            Some(node),
            left(16.0),
            y,
            &[words(date::thai(until), style(Weight::Bold, 11.5, Ink::Filled))],
        )?;
        y = sheet.fixed(
            page,
            Some(node),
            left(11.0),
            y,
            &[english(format!("Valid until {}", date::english(until)), 7.5)],
        )? + 4.0;
    }
    y = sheet.fixed(
        page,
        Some(node),
        left(12.0),
        y,
        &[words("เลขที่ใบรับรองอิเล็กทรอนิกส์ของแพทย์", style(Weight::Regular, 7.5, Ink::Quiet))],
    )?;
    let serial = &occasion.content.signer.certificate_serial;
    sheet.fixed(
        page,
        Some(node),
        left(10.0),
        y,
        &[words(Text::House(serial.clone()), style(Weight::Regular, 7.5, Ink::Print))],
    )?;
    Ok(())
}

/// Title and name of the doctor as Thai writes them, without a space.
pub(super) fn doctor(signer: &SignerIdentity) -> String {
    format!("{}{}", signer.title_th, signer.name_th)
}
