//! Built assets. Written by `web/assets/build.sh`; do not edit.

/// The path of an asset, or of nothing.
pub fn path(_name: &str) -> &'static str {
    ""
}

/// A built file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// The file at `/assets/<hash>/<name>`.
pub fn find(_hash: &str, _name: &str) -> Option<Asset> {
    None
}
