//! The Medical Council's two-part form, line by line.

use super::breaking::Breaks;
use super::fragment::{Fragments, Text};
use super::inline::{Ink, Inline, Style};
use super::sheet::{Block, Bookmark, NodeId, Role, Sheet};
use super::stationery::{
    NEXT_TOP, SignaturePlace, doctor, english, heads_and_feet, letterhead, signature, style, words,
};
use super::typeface::Weight;
use super::{Error, Occasion};
use crate::date;
use crate::form::{Part, format_national_id};

/// Sizes of type tried in turn, in points, with the height of a line: the smaller
/// one only if it saves a page.
const SIZES: [Size; 2] = [Size { text: 10.0, line: 14.8 }, Size { text: 9.6, line: 14.2 }];

/// Labels of a list, with the room behind them.
const IN_BRACKETS: [&str; 9] = ["(1) ", "(2) ", "(3) ", "(4) ", "(5) ", "(6) ", "(7) ", "(8) ", "(9) "];

#[derive(Debug, Clone, Copy)]
struct Size {
    text: f32,
    line: f32,
}

/// Lays the form out on as few pages as are legible.
pub(super) fn lay_out(occasion: &Occasion<'_>) -> Result<(Sheet, SignaturePlace), Error> {
    let [larger, smaller] = SIZES;
    let mut first = attempt(occasion, larger, Fragments::default())?;
    if first.0.pages.len() == 1 {
        return Ok(first);
    }
    let second = attempt(occasion, smaller, std::mem::take(&mut first.0.fragments))?;
    Ok(if second.0.pages.len() < first.0.pages.len() { second } else { first })
}

fn attempt(occasion: &Occasion<'_>, size: Size, fragments: Fragments) -> Result<(Sheet, SignaturePlace), Error> {
    let mut form = Form { sheet: Sheet::new(NEXT_TOP, fragments), occasion, size };
    letterhead(&mut form.sheet, occasion)?;
    form.applicant()?;
    let place = form.doctor()?;
    let patient = form.person("patient_title", "patient_name");
    heads_and_feet(&mut form.sheet, occasion, &patient)?;
    Ok((form.sheet, place))
}

struct Form<'a> {
    sheet: Sheet,
    occasion: &'a Occasion<'a>,
    size: Size,
}

impl Form<'_> {
    fn applicant(&mut self) -> Result<(), Error> {
        let Some(part) = self.part(1) else { return Ok(()) };
        let section = self.heading(part)?;
        let name = self.person("applicant_title", "applicant_name");
        self.line(section, &[self.text("i"), self.gap(), self.text("title_person"), self.named(name, 1.0)])?;
        self.line(section, &[self.text("address"), self.value(self.field("contact_address"), 1.0, 200.0)])?;
        let digits = format_national_id(&self.field("cid"));
        let digits = if digits.is_empty() { " - ".to_owned() } else { digits };
        self.line(
            section,
            &[self.text("cid"), Inline::Room(6.0), Inline::Digits { text: digits, style: self.filled() }],
        )?;
        self.line(section, &[self.fixed(part.lead_th.as_deref().unwrap_or_default())])?;
        self.small(section, 0.0, part.lead_en.as_deref().unwrap_or_default())?;

        let list = self.sheet.node(Some(section), Role::List);
        for (label, id) in [("1. ", "hx_underlying"), ("2. ", "hx_accident_surgery"), ("3. ", "hx_admission")] {
            let mut items = vec![self.text(id), Inline::Room(8.0)];
            items.extend(self.choice(id, "none", "some"));
            self.item(list, label, 14.0, &items)?;
        }
        let other = match self.occasion.content.fields.get("hx_other").map(String::as_str) {
            Some("") => Text::Program(self.occasion.definition.text("none")),
            other => other.unwrap_or_default().to_owned().into(),
        };
        self.item(list, "4. ", 14.0, &[self.text("hx_other"), self.value(other, 1.0, 120.0)])?;

        self.confirmation(section)?;
        self.small_print(section, 0.0, part.foot_th.as_deref().unwrap_or_default())
    }

    fn confirmation(&mut self, section: NodeId) -> Result<(), Error> {
        let confirmed = self.field("applicant_confirmed") == "yes";
        let said = if confirmed { self.occasion.definition.text("confirmed") } else { "" };
        let (day, month, year) = self.date_parts("applicant_sign_date");
        let items = [
            self.text("signed"),
            self.value(said, 1.0, 200.0),
            self.break_here(),
            self.text("day"),
            self.value(day, 0.0, 24.0),
            self.text("month"),
            self.value(month, 0.0, 56.0),
            self.text("year"),
            self.value(year, 0.0, 34.0),
        ];
        self.line(section, &items)
    }

    fn doctor(&mut self) -> Result<SignaturePlace, Error> {
        let Some(part) = self.part(2) else { return Err(Error::Malformed("second part")) };
        self.sheet.room(4.0);
        let section = self.heading(part)?;
        let content = self.occasion.content;
        let (day, month, year) = self.date_parts("exam_date");
        self.line(
            section,
            &[
                self.text("exam_place"),
                self.value(self.field("exam_place"), 1.0, 150.0),
                self.break_here(),
                self.text("day"),
                self.value(day, 0.0, 24.0),
                self.text("month"),
                self.value(month, 0.0, 56.0),
                self.text("year"),
                self.value(year, 0.0, 34.0),
            ],
        )?;
        self.line(
            section,
            &[
                self.fixed("(1) "),
                self.text("i"),
                self.gap(),
                self.text("title_doctor"),
                self.named(Text::House(doctor(&content.signer)), 1.0),
            ],
        )?;
        self.line(
            section,
            &[
                self.text("licence"),
                self.value(Text::House(format!("ว.{}", content.signer.licence)), 0.0, 64.0),
                self.break_here(),
                self.text("facility"),
                self.value(Text::House(content.unit.name_th.clone()), 1.0, 120.0),
            ],
        )?;
        self.line(
            section,
            &[self.text("facility_address"), self.value(Text::House(content.unit.address_th.clone()), 1.0, 200.0)],
        )?;
        let patient = self.person("patient_title", "patient_name");
        let examined_on = self.date("examined_on");
        self.line(
            section,
            &[
                self.text("examined"),
                self.gap(),
                self.text("title_person"),
                self.named(patient, 1.0),
                self.break_here(),
                self.text("examined_on"),
                self.value(examined_on, 0.0, 90.0),
                self.break_here(),
                self.text("details"),
            ],
        )?;
        self.findings(section)?;
        self.statement(section, part)?;

        let opinion = self.field("opinion");
        self.sheet.ensure(self.size.line * 2.0)?;
        self.line(section, &[self.fixed("(2) "), self.text("opinion"), self.value(opinion, 1.0, 120.0)])?;
        let place = signature(&mut self.sheet, section, self.occasion)?;
        self.notes(section)?;
        Ok(place)
    }

    fn findings(&mut self, section: NodeId) -> Result<(), Error> {
        let mut items = Vec::new();
        for (name, id) in [
            ("weight", "weight_kg"),
            ("height", "height_cm"),
            ("pressure", "blood_pressure_mmhg"),
            ("pulse", "pulse_per_min"),
        ] {
            items.push(self.text(name));
            items.push(self.value(self.field(id), 1.0, 38.0));
            items.push(self.text(&format!("{name}_unit")));
            items.push(self.break_here());
        }
        self.line(section, &items)?;
        let mut items = vec![self.text("condition"), Inline::Room(8.0)];
        items.extend(self.choice("general_condition", "normal", "abnormal"));
        self.line(section, &items)
    }

    fn statement(&mut self, section: NodeId, part: &'static Part) -> Result<(), Error> {
        self.sheet.room(2.0);
        self.line(section, &[self.fixed(part.statement_th.as_deref().unwrap_or_default())])?;
        self.small(section, 0.0, part.statement_en.as_deref().unwrap_or_default())?;
        let list = self.sheet.node(Some(section), Role::List);
        let last = part.disease_list_th.len();
        for (number, disease) in part.disease_list_th.iter().enumerate() {
            let mut items = vec![self.fixed(disease)];
            if number + 1 == last {
                let other = self.field("other_disease");
                items.push(self.value(
                    if other.is_empty() { Text::Program("-") } else { Text::Document(other) },
                    1.0,
                    120.0,
                ));
            }
            if let Some(also) = part.disease_list_en.get(number).filter(|_| number + 1 < last) {
                items.push(self.fixed("  "));
                items.push(english(also, self.size.text - 3.2));
            }
            let label = IN_BRACKETS.get(number).map(|label| Text::Program(label));
            self.item(list, label.unwrap_or_else(|| format!("({}) ", number + 1).into()), 20.0, &items)?;
        }
        Ok(())
    }

    fn notes(&mut self, section: NodeId) -> Result<(), Error> {
        let definition = self.occasion.definition;
        let size = 8.0;
        let print = style(Weight::Regular, size, Ink::Print);
        self.sheet.room(3.0);
        let node = self.sheet.node(Some(section), Role::Paragraph);
        let mut items = vec![words(definition.text("notes"), style(Weight::Bold, size, Ink::Print)), words(" ", print)];
        for note in &definition.notes_th {
            items.push(words(note, print));
            items.push(words("  ", print));
        }
        self.sheet.paragraph(Some(node), Block::column(11.6), &items)?;
        let node = self.sheet.node(Some(section), Role::Paragraph);
        let notes_en: Vec<Inline> =
            definition.notes_en.iter().flat_map(|note| [english(note, 6.8), english("  ", 6.8)]).collect();
        self.sheet.paragraph(Some(node), Block::column(9.6), &notes_en)?;
        let node = self.sheet.node(Some(section), Role::Paragraph);
        let approved = [words(&definition.approved_by_th, style(Weight::Regular, 7.4, Ink::Quiet))];
        self.sheet.paragraph(Some(node), Block::column(10.6), &approved)
    }

    fn heading(&mut self, part: &'static Part) -> Result<NodeId, Error> {
        self.sheet.ensure(20.0 + 3.0 * self.size.line)?;
        let section = self.sheet.node(None, Role::Section);
        let title = part.title_th.clone();
        self.sheet.bookmarks.push(Bookmark { title: title.clone(), page: self.sheet.page(), y: self.sheet.y });
        let heading = self.sheet.node(Some(section), Role::Heading { level: 2, title });
        let items = [
            words(&part.title_th, style(Weight::Bold, self.size.text + 1.3, Ink::Accent)),
            Inline::Room(6.0),
            english(&part.title_en, self.size.text - 3.0),
        ];
        self.sheet.paragraph(Some(heading), Block::column(self.size.line + 3.0), &items)?;
        Ok(section)
    }

    fn line(&mut self, parent: NodeId, items: &[Inline]) -> Result<(), Error> {
        let node = self.sheet.node(Some(parent), Role::Paragraph);
        self.sheet.paragraph(Some(node), Block::column(self.size.line), items)
    }

    /// English under the Thai.
    fn small(&mut self, parent: NodeId, indent: f32, text: &'static str) -> Result<(), Error> {
        let size = self.size.text - 3.2;
        let node = self.sheet.node(Some(parent), Role::Paragraph);
        self.sheet.paragraph(Some(node), Block::indented(indent, size * 1.32), &[english(text, size)])
    }

    fn small_print(&mut self, parent: NodeId, indent: f32, text: &'static str) -> Result<(), Error> {
        let node = self.sheet.node(Some(parent), Role::Paragraph);
        let items = [words(text, style(Weight::Regular, self.size.text - 1.8, Ink::Print))];
        self.sheet.paragraph(Some(node), Block::indented(indent, self.size.line - 2.5), &items)
    }

    /// A numbered item; lines after the first stand under the text, not the number.
    fn item(&mut self, list: NodeId, label: impl Into<Text>, indent: f32, items: &[Inline]) -> Result<(), Error> {
        const LEFT: f32 = 12.0;
        let item = self.sheet.node(Some(list), Role::ListItem);
        let number = self.sheet.node(Some(item), Role::ListLabel);
        let body = self.sheet.node(Some(item), Role::ListBody);
        self.sheet.ensure(self.size.line)?;
        let (page, y) = (self.sheet.page(), self.sheet.y);
        let label = [self.fixed(label)];
        self.sheet.fixed(page, Some(number), Block::indented(LEFT, self.size.line), y, &label)?;
        self.sheet.paragraph(Some(body), Block::indented(LEFT + indent, self.size.line), items)
    }

    /// Two boxes: empty answers tick the first, text the second; no answer ticks none.
    fn choice(&self, id: &str, empty: &str, filled: &str) -> Vec<Inline> {
        let answer = self.occasion.content.fields.get(id).map(String::as_str);
        let size = self.size.text * 0.82;
        vec![
            Inline::Tick { ticked: answer == Some(""), size },
            Inline::Room(4.0),
            self.text(empty),
            Inline::Room(12.0),
            Inline::Tick { ticked: answer.is_some_and(|answer| !answer.is_empty()), size },
            Inline::Room(4.0),
            self.text(filled),
            self.value(answer.unwrap_or_default().to_owned(), 1.0, 80.0),
        ]
    }

    fn part(&self, number: u8) -> Option<&'static Part> {
        self.occasion.definition.parts.iter().find(|part| part.n == number)
    }

    fn field(&self, id: &str) -> String {
        self.occasion.content.fields.get(id).cloned().unwrap_or_default()
    }

    /// Title and name as Thai writes them, without a space.
    fn person(&self, title: &str, name: &str) -> String {
        let field = self.occasion.definition.field(title);
        let title = field.map_or("", |field| {
            field.printed_choice(self.occasion.content.fields.get(title).map_or("", String::as_str))
        });
        format!("{title}{}", self.field(name))
    }

    fn date(&self, id: &str) -> String {
        let value = self.field(id);
        date::parse_iso(&value).map_or(value, date::thai)
    }

    fn date_parts(&self, id: &str) -> (String, &'static str, String) {
        match date::parse_iso(&self.field(id)) {
            Ok(date) => (date.day().to_string(), date::month_th(date.month()), date::buddhist_year(date).to_string()),
            Err(_) => (String::new(), "", String::new()),
        }
    }

    fn print(&self) -> Style {
        style(Weight::Regular, self.size.text, Ink::Print)
    }

    fn filled(&self) -> Style {
        style(Weight::Regular, self.size.text + 0.3, Ink::Filled)
    }

    /// A word of the form by its name.
    fn text(&self, name: &str) -> Inline {
        Inline::Label { text: self.occasion.definition.text(name).into(), style: self.print() }
    }

    fn fixed(&self, text: impl Into<Text>) -> Inline {
        words(text, self.print())
    }

    /// Room at which no line ends.
    fn gap(&self) -> Inline {
        Inline::Room(4.0)
    }

    /// A space at which a line may end.
    fn break_here(&self) -> Inline {
        words("  ", self.print())
    }

    fn value(&self, text: impl Into<Text>, grow: f32, least: f32) -> Inline {
        Inline::Value { text: text.into(), style: self.filled(), breaks: Breaks::Words, grow, least }
    }

    fn named(&self, text: impl Into<Text>, grow: f32) -> Inline {
        Inline::Value { text: text.into(), style: self.filled(), breaks: Breaks::Spaces, grow, least: 140.0 }
    }
}
