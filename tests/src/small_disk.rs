//! A real file system of a few megabytes that a story can fill: a tmpfs in a user and mount namespace, which
//! needs no rights beyond those of an ordinary account. The story, and all it starts, runs in there.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program;
use crate::world::empty_folder;

/// Tells a story that it runs in the namespace, and where the disk is.
const VARIABLE: &str = "RABRONG_STORY_DISK";

/// Mounts and becomes the program.
const SCRIPT: &str = r#"mount -t tmpfs -o size="$1",mode=700 rabrong-story "$2"; shift 2; exec "$@""#;

/// What a file system gives at once.
const PAGE: u64 = 4096;

/// A disk that can be filled.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// A disk of so many bytes for the story of this name, which runs itself again where there is one: none in
    /// the first run, once the second has gone well, nor (said so on standard error) where this account may
    /// make no namespaces.
    ///
    /// # Panics
    /// If the second run fails.
    #[must_use]
    pub fn of(story: &str, size: u64) -> Option<Self> {
        if let Some(folder) = std::env::var_os(VARIABLE) {
            return Some(Self { folder: folder.into() });
        }
        let folder = empty_folder("disk");
        let trial = program::run(within(&folder, PAGE).arg("true"));
        if trial.code == 0 {
            let mut again = within(&folder, size);
            again.arg(std::env::current_exe().expect("this test has a path")).args(["--exact", story, "--nocapture"]);
            // What is built is built outside.
            again.env(VARIABLE, &folder).env("RABRONG_PROGRAM", program::path());
            let said = program::run(&mut again);
            assert!(said.code == 0 && said.out.contains("1 passed"), "{story}\n{}\n{}", said.out, said.err);
        } else {
            let told =
                format!("SKIPPED {story}: no user namespaces here, no disk can be filled: {}\n", trial.err.trim());
            let _ = std::io::stderr().write_all(told.as_bytes());
        }
        let _ = std::fs::remove_dir(&folder);
        None
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes a copy of a SQLite database that nobody uses now; the copy's address.
    ///
    /// # Panics
    /// If it cannot be copied.
    #[must_use]
    pub fn takes_rows(&self, address: &str) -> String {
        let from = Path::new(address.strip_prefix("sqlite:").expect("SQLite"));
        let to = self.folder.join(from.file_name().expect("a file"));
        for part in ["", "-wal"] {
            let of = |path: &Path| PathBuf::from(format!("{}{part}", path.display()));
            if of(from).exists() {
                std::fs::copy(of(from), of(&to)).expect("a copy");
            }
        }
        format!("sqlite:{}", to.display())
    }

    /// Fills it but for so many bytes, in whole pages.
    ///
    /// # Panics
    /// If it cannot be filled.
    pub fn fills_up_to(&self, room: u64) {
        let filler = self.filler();
        let mut file = std::fs::File::create(&filler).expect("a filler");
        let page = vec![0; usize::try_from(PAGE).expect("a page")];
        while file.write_all(&page).is_ok() {}
        let pages = std::fs::metadata(&filler).expect("a filler").size() / PAGE;
        file.set_len(pages.saturating_sub(room.div_ceil(PAGE)) * PAGE).expect("a filler");
    }

    /// Takes away what filled it.
    ///
    /// # Panics
    /// If nothing did.
    pub fn has_room_again(&self) {
        std::fs::remove_file(self.filler()).expect("a filler");
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

fn within(folder: &Path, size: u64) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-euc", SCRIPT, "sh", &size.to_string()]).arg(folder);
    command
}
