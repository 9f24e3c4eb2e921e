//! Built assets. Written by `web/assets/build.sh`; do not edit.

/// The path of an asset, or of nothing.
pub fn path(_name: &str) -> &'static str {
    ""
}
