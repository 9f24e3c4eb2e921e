//! Programs that are not ours.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder in which other people's tools look at what we made.
pub(crate) struct Court(PathBuf);

impl Court {
    pub(crate) fn at(folder: &Path) -> Self {
        let path = folder.join("court");
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    /// Runs a tool; none if it is not installed.
    pub(crate) fn run(&self, tool: &str, arguments: &str) -> Option<Output> {
        let judges = std::env::var_os("RABRONG_JUDGES").map(|folder| Path::new(&folder).join(tool));
        let program = judges.filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(tool));
        match Command::new(program)
            .args(arguments.split_whitespace())
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
        {
            Ok(output) => Some(output),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                println!("skipped: {tool} is not installed");
                None
            }
            Err(error) => panic!("{tool}: {error}"),
        }
    }

    /// Runs a tool that must succeed, and answers what it said.
    pub(crate) fn judge(&self, tool: &str, arguments: &str) -> Option<String> {
        let output = self.run(tool, arguments)?;
        let said = said(&output);
        assert!(output.status.success(), "{tool} {arguments}: {said}");
        Some(said)
    }

    /// Whether there is a certificate store of NSS that trusts `root.pem`; made when asked first.
    pub(crate) fn trusts_root(&self) -> bool {
        if self.0.join("cert9.db").exists() {
            return true;
        }
        self.judge("certutil", "-N -d sql:. --empty-password").is_some()
            && self.judge("certutil", "-A -d sql:. -n root -t CT,C,C -i root.pem").is_some()
    }

    pub(crate) fn openssl(&self, arguments: &str) -> String {
        self.judge("openssl", arguments).expect("openssl is installed")
    }
}

/// Both outputs of a tool.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The signed bytes of a PDF and its CMS structure, cut out by what the file itself says.
pub(crate) fn cut(pdf: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let find = |needle: &[u8]| pdf.windows(needle.len()).rposition(|window| window == needle).unwrap() + needle.len();
    let range = &pdf[find(b"/ByteRange [")..];
    let range = std::str::from_utf8(&range[..range.iter().position(|byte| *byte == b']').unwrap()]).unwrap();
    let range: Vec<usize> = range.split_whitespace().map(|part| part.parse().unwrap()).collect();
    let &[start, before, after, length] = range.as_slice() else { panic!("four numbers") };
    assert_eq!((start, after + length), (0, pdf.len()), "the whole file is covered");
    let padded = hex::decode(&pdf[before + 1..after - 1]).unwrap();
    assert_eq!(padded[..2], [0x30, 0x82], "a SEQUENCE with two bytes of length");
    let end = 4 + usize::from(u16::from_be_bytes([padded[2], padded[3]]));
    assert!(padded[end..].iter().all(|byte| *byte == 0), "zeros behind the structure");
    ([&pdf[..before], &pdf[after..]].concat(), padded[..end].to_vec())
}
