//! What is done with both operators present: the ceremony that makes the CA, the root's later
//! acts, keys moved to another token, epochs, the end of the CA.
//!
//! ```text
//! plan         the document of the ceremony
//! rehearsal    the same without tokens
//! held         keys, certificates, the root's CRL, the officers, the transcript
//! officers     the first two central officers
//! acts         the root's next CRL, the next generation of the issuing CA, a CA revoked
//! replacement  a central officer's new passkey, approved in the place of an officer who is missing
//! termination  the end of the CA
//! epochs       wrapping keys of the doctors' keys, and their end
//! backups      keys kept under both operators' components, and restored
//! lists        CRLs, each held against the one before it
//! office       recorded and committed, then signed
//! drafts       what CA certificates say
//! transcript   what people hold against what they saw
//! ```

mod acts;
pub mod backups;
mod drafts;
pub(crate) mod epochs;
mod held;
mod lists;
mod office;
mod officers;
mod plan;
mod rehearsal;
mod replacement;
pub(crate) mod termination;
mod transcript;

pub use acts::{NextGeneration, NextRootCrl, RollOver, RootActs};
pub use backups::{BackupState, Backups};
pub use epochs::{Epoch, Epochs};
pub use held::{Ceremony, Published, ROOT_CRL_MARGIN};
pub use officers::{Appointee, CentralOfficer};
pub use plan::{Names, Plan, Tokens, Years};
pub use rehearsal::{Rehearsal, in_words, rehearse};
pub use termination::{Begun, Remaining, Termination};
pub use transcript::{SignedTranscript, Transcript};

use std::path::{Path, PathBuf};

use hsm::Purpose;

use crate::protocol::Refusal;

/// Why a ceremony, or an act of the root, stopped.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// There was one.
    #[error(
        "this installation had its ceremony on {0}. A second one would make a second root: nothing was changed. \
         To begin anew, use a new state folder and new tokens"
    )]
    AlreadyHeld(String),
    /// There was none.
    #[error("this installation had no ceremony yet: run `rabrong init` first")]
    NotHeld,
    /// The document contradicts itself or a profile.
    #[error("the ceremony's document: {0}")]
    Plan(String),
    /// The ceremony that broke off was begun with another document.
    #[error(
        "this ceremony was begun with another document, whose SHA-256 is {0}. Go on with that one, or begin anew with \
         a new state folder and new tokens"
    )]
    OtherDocument(String),
    /// The unit tree has no single top, or a unit before its parent.
    #[error("the unit tree must begin with its one top unit, each unit after its parent")]
    UnitTree,
    /// The two officers must be two persons.
    #[error("the two central officers must be two persons with two passkeys")]
    SamePerson,
    /// Other officers are on record.
    #[error("this ceremony has recorded other officers before it broke off; go on with those")]
    OtherOfficers,
    /// The passkeys on record are to be compared with what people saw.
    #[error(
        "officers and passkeys are on record from before: {0}. Both operators compare the codes with those noted when \
         the passkeys were made, and confirm them: --passkeys CODE CODE"
    )]
    OfficersUnconfirmed(String),
    /// The journal says otherwise than the document.
    #[error("the journal's {0} is not the document's: somebody changed the journal. Nothing was signed")]
    ForeignSetting(&'static str),
    /// The recorded transcript does not say what was done.
    #[error(
        "the transcript on record is not what this ceremony did, or another version of the program wrote it; it was \
         not signed"
    )]
    ForeignTranscript,
    /// A row of the journal that was not written here.
    #[error("the journal holds a certificate ({0}) that this ceremony did not record; nothing was signed")]
    ForeignRecord(String),
    /// Somebody else publishes.
    #[error(
        "a signer publishes CRLs, or did so in the last half minute: stop every signer, wait that long, and try again"
    )]
    SignerRuns,
    /// A CRL of the journal that is not what its row says.
    #[error("the journal's newest CRL of {0} is not the one that was signed; nothing was signed")]
    ForeignCrl(String),
    /// What would be published does not follow what was published last.
    #[error(
        "a CRL would not follow the last one: {0}. Nothing was signed. Somebody changed the journal, or an old one was \
         restored"
    )]
    NoSuccessor(#[source] ca::Error),
    /// The journal has no CRL of the root.
    #[error("the journal has lost the root's CRL: give the one that was kept, --previous FILE")]
    RootCrlMissing,
    /// The token opened is not the root's of this installation.
    #[error("this token's root key is not the one of this installation's root certificate")]
    OtherRoot,
    /// The root's token.
    #[error("the root's token cannot be used: attach it, and open it with both operators' secrets")]
    RootToken(#[source] hsm::Error),
    /// A key has no backup, or one of another key.
    #[error(
        "the key {0} is in the token, and its backup is missing or of another key. A key's backup can be made only \
         with the key: begin anew with a new token, or hold the ceremony without backups"
    )]
    BackupMissing(Purpose),
    /// A file of an earlier token.
    #[error(
        "{}: a backup of a key {purpose} that this token does not have. No key was made: restore it, or take the file \
         away",
        path.display()
    )]
    BackupOfNoKey {
        /// Whose.
        purpose: Purpose,
        /// The file.
        path: PathBuf,
    },
    /// No CA of that name.
    #[error("the root certified no CA called {0}; there are issuing-1, issuing-2, …, and tsa-ca")]
    NoSuchAuthority(String),
    /// Nobody asked for it, or the journal was changed.
    #[error(
        "there is no open request {0} for a new passkey that an officer approved: the other central officer does so \
         first. Nothing was signed"
    )]
    NoSuchReplacement(String),
    /// Who has two officers above needs nobody in their place.
    #[error("the request is not for a central officer: two officers above approve it. Nothing was signed")]
    NotCentral,
    /// Not the passkey that its holder showed.
    #[error(
        "the request is for a passkey with another code. Its holder reads the code on the signing page after using the \
         passkey: nothing was signed"
    )]
    OtherKeyCode,
    /// Once is enough.
    #[error("the operators approved this request before")]
    ApprovedBefore,
    /// Not the next generation.
    #[error(
        "the newest generation of the issuing CA is {0}; only that one is taken up again, or the one after it made"
    )]
    Generation(u32),
    /// Not the next epoch.
    #[error("the newest epoch is {0}; only the one after it can be begun")]
    EpochNumber(u32),
    /// The epoch is in use.
    #[error(
        "epoch {0} is in use: new keys go under it, or a certificate under it has not ended. Nothing was destroyed"
    )]
    EpochInUse(u32),
    /// The CA has ended.
    #[error("this CA has ended: nothing is issued any more")]
    Terminated,
    /// The CA has not ended.
    #[error("the end of this CA was not begun: run `rabrong terminate begin` first")]
    NotTerminated,
    /// A last CRL would be too early.
    #[error(
        "{0} certificate(s) have neither ended nor been revoked: a last CRL may be signed only then. Revoke them, or wait"
    )]
    StillInForce(i64),
    /// A file.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The rehearsal's own keys.
    #[error("no throw-away key could be made")]
    Rehearsal,
    /// The token.
    #[error("the token failed")]
    Token(#[from] hsm::Error),
    /// The journal.
    #[error("the journal failed")]
    Journal(#[from] store::Error),
    /// A certificate was refused.
    #[error("a CA certificate was refused")]
    Certificate(#[from] ca::Error),
    /// The signer could not be opened on what was made.
    #[error("the signer cannot be opened")]
    Open(#[from] crate::core::OpenError),
    /// The signer refused.
    #[error("the signer refused: {0}")]
    Refused(#[from] Refusal),
}

impl CeremonyError {
    pub(crate) fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), cause }
    }
}
