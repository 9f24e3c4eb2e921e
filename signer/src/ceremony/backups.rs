//! The keys' backups: one file each, wrapped under both operators' components, so that the
//! backup of an ended epoch can be destroyed alone.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use hsm::dual_control::BackupKeyComponents;
use hsm::{BackupBlob, Purpose, Token};

use super::CeremonyError;

/// How the files end.
const EXTENSION: &str = "backup";

/// How a file ends whose key is not known to be in the token yet.
const NEW: &str = "backup-new";

/// Where backups go, and what they are wrapped under.
#[derive(Debug, Clone)]
pub struct Backups {
    folder: PathBuf,
    components: BackupKeyComponents,
}

/// A key as `rabrong backup` sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupState {
    /// Its backup is there and is of this key.
    Kept,
    /// There is none.
    Missing,
    /// There is one, of another key.
    OfAnotherKey,
}

impl Backups {
    /// Backups in `folder`, which is made if it is absent.
    ///
    /// # Errors
    /// [`CeremonyError::File`]
    pub fn new(folder: &Path, components: BackupKeyComponents) -> Result<Self, CeremonyError> {
        std::fs::create_dir_all(folder).map_err(|cause| CeremonyError::file(folder, cause))?;
        Ok(Self { folder: folder.to_owned(), components })
    }

    /// Makes a key and keeps its backup: on the disk first, in the token then. May be repeated
    /// wherever it was broken off; a key that is there must have its backup.
    pub(super) fn generate(&self, token: &Token, purpose: Purpose) -> Result<(), CeremonyError> {
        let kept = path(&self.folder, purpose);
        let new = kept.with_extension(NEW);
        if !token.exists(purpose)? {
            if exists(&kept)? {
                return Err(CeremonyError::BackupOfNoKey { purpose, path: kept });
            }
            // One that is there was never put into the token: its key is nowhere else.
            let backup = token.generate_backup(purpose, &self.components)?;
            write(&new, &backup.to_text()).map_err(|cause| CeremonyError::file(&new, cause))?;
            token.restore(&backup, &self.components)?;
        } else if exists(&kept)? || !exists(&new)? {
            return match state_in(&kept, token, purpose)? {
                BackupState::Kept => Ok(()),
                BackupState::Missing | BackupState::OfAnotherKey => Err(CeremonyError::BackupMissing(purpose)),
            };
        } else if state_in(&new, token, purpose)? != BackupState::Kept {
            return Err(CeremonyError::BackupMissing(purpose));
        }
        std::fs::rename(&new, &kept)
            .and_then(|()| std::fs::File::open(&self.folder)?.sync_all())
            .map_err(|cause| CeremonyError::file(&kept, cause))
    }
}

/// Whether the backup of a key is kept in `folder`. That it opens is seen only by restoring it.
///
/// # Errors
/// [`CeremonyError::File`], [`CeremonyError::Token`]
pub fn state(folder: &Path, token: &Token, purpose: Purpose) -> Result<BackupState, CeremonyError> {
    state_in(&path(folder, purpose), token, purpose)
}

fn state_in(path: &Path, token: &Token, purpose: Purpose) -> Result<BackupState, CeremonyError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(BackupState::Missing),
        Err(cause) => return Err(CeremonyError::file(path, cause)),
    };
    let backup = BackupBlob::parse(&text)?;
    let spki = match token.public_key(purpose) {
        Ok(spki) => spki,
        // An AES key has no public half to tell it by.
        Err(hsm::Error::WrongPurpose(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let same = backup.purpose == purpose && backup.spki == spki;
    Ok(if same { BackupState::Kept } else { BackupState::OfAnotherKey })
}

/// Puts every key of `folder` that `wanted` names into another token; a key that is there is
/// left, if it is the same. Gives what the token now has of them.
///
/// # Errors
/// [`CeremonyError::File`], [`CeremonyError::BackupMissing`] if the token has another key of a
/// purpose, [`CeremonyError::Token`]
pub fn restore(
    folder: &Path,
    components: &BackupKeyComponents,
    token: &Token,
    wanted: impl Fn(Purpose) -> bool,
) -> Result<Vec<Purpose>, CeremonyError> {
    let mut restored = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(|cause| CeremonyError::file(folder, cause))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == EXTENSION));
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|cause| CeremonyError::file(&file, cause))?;
        let backup = BackupBlob::parse(&text)?;
        if !wanted(backup.purpose) {
            continue;
        }
        if token.exists(backup.purpose)? {
            if state(folder, token, backup.purpose)? != BackupState::Kept {
                return Err(CeremonyError::BackupMissing(backup.purpose));
            }
        } else {
            token.restore(&backup, components)?;
        }
        restored.push(backup.purpose);
    }
    Ok(restored)
}

/// Destroys the backup of an epoch's key; whether there was one.
///
/// # Errors
/// [`CeremonyError::File`]
pub fn destroy_epoch(folder: &Path, epoch: u32) -> Result<bool, CeremonyError> {
    let path = path(folder, Purpose::DoctorWrap(epoch));
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(CeremonyError::file(&path, cause)),
    }
}

fn path(folder: &Path, purpose: Purpose) -> PathBuf {
    folder.join(format!("{}.{EXTENSION}", purpose.label().replace(' ', "-")))
}

fn exists(path: &Path) -> Result<bool, CeremonyError> {
    path.try_exists().map_err(|cause| CeremonyError::file(path, cause))
}

/// On the disk, and found there again, before the key is in its token.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}
