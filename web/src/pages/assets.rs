//! The built assets and their addresses. Written by `web/assets/build.sh`; do not edit.

/// A file served beside the pages. Its address holds the hash of its content, so it may be
/// cached for ever.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// File name.
    pub name: &'static str,
    /// Address: `/assets/<first 16 characters of the hash>/<name>`.
    pub path: &'static str,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: &'static str,
    /// For the header of that name.
    pub content_type: &'static str,
    /// To be served by a demonstration only.
    pub demo_only: bool,
    /// The content.
    pub bytes: &'static [u8],
}

/// All assets, by name.
pub static ASSETS: [Asset; 12] = [
    Asset {
        name: "autosave.js",
        path: "/assets/f0ec879f011caf6a/autosave.js",
        sha256: "f0ec879f011caf6a8e831efbe3a1f212e14299b9d07487e4ba7d25caa2d7060b",
        content_type: "text/javascript; charset=utf-8",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/autosave.js"),
    },
    Asset {
        name: "compare.js",
        path: "/assets/3d41d802ae846ae7/compare.js",
        sha256: "3d41d802ae846ae7840e04e4ad92d9adccd06c9facad279f3c12c4c1fa245ecd",
        content_type: "text/javascript; charset=utf-8",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/compare.js"),
    },
    Asset {
        name: "demo-passkey.js",
        path: "/assets/2501130746117417/demo-passkey.js",
        sha256: "25011307461174177d5ec47eba5db4123e4fbd4e8d592ceb2a6988839a198ca2",
        content_type: "text/javascript; charset=utf-8",
        demo_only: true,
        bytes: include_bytes!("../../assets/built/demo-passkey.js"),
    },
    Asset {
        name: "mark-light.svg",
        path: "/assets/2f39fbc8bf9ceca4/mark-light.svg",
        sha256: "2f39fbc8bf9ceca46b9a43f93dcf2432d84c95d0da3f11a7a27deabedac4cf0d",
        content_type: "image/svg+xml",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/mark-light.svg"),
    },
    Asset {
        name: "mark.svg",
        path: "/assets/d191150cb0b9b8f9/mark.svg",
        sha256: "d191150cb0b9b8f9be40dd89129191255fb2a5ef21783444a1851d1416a4fe35",
        content_type: "image/svg+xml",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/mark.svg"),
    },
    Asset {
        name: "passkey.js",
        path: "/assets/a0b6490d4d783be7/passkey.js",
        sha256: "a0b6490d4d783be76a9e318fe474664fd00b41634fcd02d8b0d3c92968566b8c",
        content_type: "text/javascript; charset=utf-8",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/passkey.js"),
    },
    Asset {
        name: "rabrong.css",
        path: "/assets/1e14f66bd71386d2/rabrong.css",
        sha256: "1e14f66bd71386d2971d8b909cdc58359b99d095186b9276d08ba5d51cfe59c1",
        content_type: "text/css; charset=utf-8",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/rabrong.css"),
    },
    Asset {
        name: "sarabun-latin-400.woff2",
        path: "/assets/0454853451068692/sarabun-latin-400.woff2",
        sha256: "04548534510686923239aeda26dd40fa57bf6cc55166204ef52b483bcf9e4228",
        content_type: "font/woff2",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/sarabun-latin-400.woff2"),
    },
    Asset {
        name: "sarabun-latin-700.woff2",
        path: "/assets/b7e814f0f8a07648/sarabun-latin-700.woff2",
        sha256: "b7e814f0f8a07648c77837917ff896c819d44ed4688a83f49b9cb29fdf7898fb",
        content_type: "font/woff2",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/sarabun-latin-700.woff2"),
    },
    Asset {
        name: "sarabun-thai-400.woff2",
        path: "/assets/444ccfffc6e9201b/sarabun-thai-400.woff2",
        sha256: "444ccfffc6e9201b86993a233a42481bee7fe485fe5f330d956f22356249b392",
        content_type: "font/woff2",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/sarabun-thai-400.woff2"),
    },
    Asset {
        name: "sarabun-thai-700.woff2",
        path: "/assets/1ca031c8d598e743/sarabun-thai-700.woff2",
        sha256: "1ca031c8d598e7435f653e44f592fe0ac64e9e402066719fe061fdfe833cca1e",
        content_type: "font/woff2",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/sarabun-thai-700.woff2"),
    },
    Asset {
        name: "webauthn.js",
        path: "/assets/437c793e1b3147dd/webauthn.js",
        sha256: "437c793e1b3147dd4c5b1036f9d19539cc5b42d8866e1f3a3b5abd57a298cb32",
        content_type: "text/javascript; charset=utf-8",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/webauthn.js"),
    },
];

/// The address of an asset; empty if there is none of that name.
#[must_use]
pub fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.path)
}

/// The asset at an address.
#[must_use]
pub fn at(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}
