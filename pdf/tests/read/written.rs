//! Small files written by hand, object by object, and updates appended to them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

/// A file with one page that uses its content stream, a form `XObject`, an optional-content configuration
/// and its `/OFF` array once each; form, fields, annotations and metadata have objects of their own.
pub(crate) struct Written {
    pub(crate) objects: BTreeMap<u32, String>,
    pub(crate) trailer: String,
}

/// A stream object's body.
pub(crate) fn stream(entries: &str, data: &str) -> String {
    format!("<<{entries}/Length {}>>\nstream\n{data}\nendstream", data.len())
}

/// An XMP stream object's body; `properties` stand inside its one description.
pub(crate) fn xmp(properties: &str) -> String {
    let packet = format!(
        "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta><rdf:RDF><rdf:Description>\
         {properties}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>"
    );
    stream("/Type/Metadata/Subtype/XML", &packet)
}

pub(crate) const DATED: &str = "<xmp:ModifyDate>2026-01-01T00:00:00Z</xmp:ModifyDate>\
                                <pdf:Producer>Writer 1.0</pdf:Producer><dc:title>Certificate</dc:title>";

impl Written {
    pub(crate) fn new() -> Self {
        let drawn = "BT /F1 24 Tf 72 700 Td (Rest for three days) Tj ET /X1 Do";
        let bodies = [
            "<</Type/Catalog/Pages 2 0 R/Metadata 7 0 R/AcroForm 12 0 R/OCProperties<</OCGs[9 0 R]/D 10 0 R>>>>"
                .to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots 14 0 R/Resources\
             <</Font<</F1 5 0 R>>/XObject<</X1 8 0 R>>/Properties<</L1 9 0 R>>>>>>"
                .to_owned(),
            stream("", drawn),
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
            "<</Title(Certificate)/Producer(Writer 1.0)>>".to_owned(),
            xmp(DATED),
            stream("/Type/XObject/Subtype/Form/BBox[0 0 595 842]", "0 0 10 10 re f"),
            "<</Type/OCG/Name(Layer)>>".to_owned(),
            "<</OFF 11 0 R/Order[]>>".to_owned(),
            "[9 0 R]".to_owned(),
            "<</Fields 13 0 R/SigFlags 3>>".to_owned(),
            "[]".to_owned(),
            "[]".to_owned(),
        ];
        Self { objects: (1..).zip(bodies).collect(), trailer: "/Root 1 0 R/Info 6 0 R".to_owned() }
    }

    /// The body of an object with one piece of it replaced.
    pub(crate) fn with(&self, number: u32, piece: &str, other: &str) -> (u32, String) {
        let body = self.objects.get(&number).unwrap();
        assert!(body.contains(piece), "object {number} has no {piece}");
        (number, body.replace(piece, other))
    }

    /// The whole file.
    pub(crate) fn file(&self) -> Vec<u8> {
        let bodies: Vec<(u32, String)> = self.objects.iter().map(|(number, body)| (*number, body.clone())).collect();
        revision(b"%PDF-1.7\n".to_vec(), &bodies, &format!("/Size {}{}", self.objects.len() + 1, self.trailer), None)
    }

    /// `file` and an update after it that writes `bodies`.
    pub(crate) fn updated(&self, file: &[u8], bodies: &[(u32, String)]) -> Vec<u8> {
        self.updated_with(file, bodies, "/Size 64/Root 1 0 R/Info 6 0 R")
    }

    /// As [`Written::updated`], under a trailer with these entries.
    pub(crate) fn updated_with(&self, file: &[u8], bodies: &[(u32, String)], trailer: &str) -> Vec<u8> {
        revision(file.to_vec(), bodies, trailer, Some(&last_section(file)))
    }

    /// `file` and an update after it with a cross-reference stream of these `/W`, deflated if there is a predictor.
    pub(crate) fn updated_by_stream(
        &self,
        file: &[u8],
        bodies: &[(u32, String)],
        widths: [usize; 3],
        predictor: Option<usize>,
        extra: &str,
    ) -> Vec<u8> {
        const OWN: u32 = 63;
        let previous = last_section(file);
        let mut updated = file.to_vec();
        let [first, second, third] = widths;
        let mut rows = Vec::new();
        let mut row = |at: usize| {
            rows.extend(predictor.filter(|p| *p >= 10).map(|_| 0));
            for (value, width) in [1, at, 0].into_iter().zip(widths) {
                let bytes = (value as u128).to_be_bytes();
                rows.extend_from_slice(&bytes[bytes.len() - width..]);
            }
        };
        let mut index = String::new();
        for (number, body) in bodies {
            row(updated.len());
            write!(index, "{number} 1 ").unwrap();
            updated.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        }
        let at = updated.len();
        row(at);
        let filter = predictor.map(|predictor| {
            rows = deflated(&rows);
            let columns: usize = widths.iter().sum();
            format!("/Filter/FlateDecode/DecodeParms<</Predictor {predictor}/Columns {columns}>>")
        });
        let head = format!(
            "{OWN} 0 obj\n<</Type/XRef/W[{first} {second} {third}]/Index[{index}{OWN} 1]/Size 64/Root 1 0 R/Info 6 0 R/Prev {previous}\
             /Length {}{}{extra}>>\nstream\n",
            rows.len(),
            filter.unwrap_or_default()
        );
        updated.extend_from_slice(head.as_bytes());
        updated.extend_from_slice(&rows);
        updated.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").as_bytes());
        updated
    }
}

/// Offset of the newest section, in digits.
fn last_section(file: &[u8]) -> String {
    let text = String::from_utf8_lossy(file);
    text.rsplit("startxref\n").next().and_then(|rest| rest.lines().next()).unwrap().to_owned()
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn revision(mut file: Vec<u8>, bodies: &[(u32, String)], trailer: &str, previous: Option<&str>) -> Vec<u8> {
    let mut table = "xref\n".to_owned();
    for (number, body) in bodies {
        writeln!(table, "{number} 1\n{:010} 00000 n ", file.len()).unwrap();
        file.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let previous = previous.map(|at| format!("/Prev {at}")).unwrap_or_default();
    let at = file.len();
    file.extend_from_slice(format!("{table}trailer\n<<{trailer}{previous}>>\nstartxref\n{at}\n%%EOF\n").as_bytes());
    file
}
