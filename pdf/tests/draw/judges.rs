//! Other people's programs and what they say.

use std::path::PathBuf;
use std::process::Command;

/// A file in a directory of its own that goes away with it.
pub(crate) struct Scratch {
    directory: PathBuf,
    file: String,
}

impl Scratch {
    pub(crate) fn holding(name: &str, bytes: &[u8]) -> Self {
        let directory = std::env::temp_dir().join(format!("rabrong-draw-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let file = directory.join(format!("{name}.pdf"));
        std::fs::write(&file, bytes).unwrap();
        Self { directory, file: file.to_string_lossy().into_owned() }
    }

    pub(crate) fn path(&self) -> &str {
        &self.file
    }

    pub(crate) fn beside(&self, name: &str) -> String {
        self.directory.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What the program prints; it must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {text} {}", String::from_utf8_lossy(&output.stderr));
    text
}

pub(crate) fn pdftotext(bytes: &[u8]) -> String {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let scratch = Scratch::holding(&format!("text{count}"), bytes);
    run("pdftotext", &["-raw", scratch.path(), "-"])
}

/// The text as pdftotext sorts it by place.
pub(crate) fn sorted_text(bytes: &[u8]) -> String {
    let scratch = Scratch::holding("sorted", bytes);
    run("pdftotext", &["-layout", scratch.path(), "-"])
}

/// Text without any space: where lines end is the layout's matter.
pub(crate) fn flat(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

/// No two words of a page stand on each other, and none leaves the page.
pub(crate) fn no_words_overlap(scratch: &Scratch) {
    let out = run("pdftotext", &["-bbox", scratch.path(), "-"]);
    let number = |line: &str, name: &str| -> f64 {
        let from = line.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        line[from..].split('"').next().unwrap().parse().unwrap()
    };
    let mut words: Vec<(f64, f64, f64, f64, String)> = Vec::new();
    for line in out.lines() {
        if line.contains("<page ") {
            words.clear();
        } else if line.contains("<word ") {
            let (left, top, right, bottom) =
                (number(line, "xMin"), number(line, "yMin"), number(line, "xMax"), number(line, "yMax"));
            assert!(left > 20.0 && right < 576.0 && top > 10.0 && bottom < 832.0, "off the page: {line}");
            // The box of a word is the type's whole height; its ink is the middle of it.
            let ink = (bottom - top) * 0.28;
            for (l, t, r, b, other) in &words {
                let apart = right <= l + 0.5 || *r <= left + 0.5 || bottom - ink <= t + ink || b - ink <= top + ink;
                assert!(apart, "{line}\nstands on\n{other}");
            }
            words.push((left, top, right, bottom, line.to_owned()));
        }
    }
    assert!(!words.is_empty());
}
