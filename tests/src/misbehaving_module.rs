//! A PKCS#11 module between the signer and the real one, which misbehaves while it is told to.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program;
use crate::world::World;

/// What is compiled: it hands on every call, and looks into its control file before some.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/modules/misbehaving.c");

/// How it misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Each signature takes so many seconds.
    Sleeps(u32),
    /// A signature that is asked for now never comes, not even when all is well again.
    Hangs,
    /// One bit of each n-th signature is wrong.
    Lies(u32),
    /// `CKR_DEVICE_ERROR` for each signature and for each wrapped key.
    Fails,
    /// `CKR_DEVICE_ERROR` for each wrapped key; the token's own keys sign.
    UnwrapsNothing,
}

/// The compiled module of one world.
#[derive(Debug)]
pub struct MisbehavingModule {
    compiled: PathBuf,
    control: PathBuf,
}

impl MisbehavingModule {
    /// Compiles it for a world, in front of the module that its configuration names.
    ///
    /// # Panics
    /// If there is no C compiler, which Rust needs to link, too.
    #[must_use]
    pub fn before(world: &World) -> Self {
        let made = Self { compiled: world.file("misbehaving.so"), control: world.file("misbehaviour") };
        let define = |name: &str, path: &Path| format!("-D{name}=\"{}\"", path.display());
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(&made.compiled).arg(SOURCE);
        compiler.arg(define("MODULE", &world.configuration.signer.module)).arg(define("CONTROL", &made.control));
        program::run(compiler.arg("-ldl")).ok();
        made
    }

    /// The override of the signer's configuration that has it used.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, &str); 1] {
        [("RABRONG__SIGNER__MODULE", self.compiled.to_str().expect("a path"))]
    }

    /// From now on it misbehaves so.
    ///
    /// # Panics
    /// If the control file cannot be written.
    pub fn misbehaves(&self, how: Misbehaviour) {
        let told = match how {
            Misbehaviour::Sleeps(seconds) => format!("sleeps {seconds}"),
            Misbehaviour::Hangs => "hangs".to_owned(),
            Misbehaviour::Lies(every) => format!("lies {every}"),
            Misbehaviour::Fails => "fails".to_owned(),
            Misbehaviour::UnwrapsNothing => "unwraps-nothing".to_owned(),
        };
        // In one go: it is read at any moment.
        let new = self.control.with_extension("new");
        std::fs::write(&new, told).expect("a control file");
        std::fs::rename(new, &self.control).expect("a control file");
    }

    /// From now on it is as good as the real one.
    ///
    /// # Panics
    /// If it did not misbehave.
    pub fn behaves(&self) {
        std::fs::remove_file(&self.control).expect("a control file");
    }
}
