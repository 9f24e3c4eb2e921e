//! The built assets and their addresses. Written by `web/assets/build.sh`; do not edit.

/// A file served beside the pages. Its address holds the hash of its content, so it may be
/// cached for ever.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asset {
    /// File name.
    pub(crate) name: &'static str,
    /// Address: `/assets/<first 16 characters of its SHA-256>/<name>`.
    pub(crate) path: &'static str,
    /// For the header of that name.
    pub(crate) content_type: &'static str,
    /// To be served by a demonstration only.
    pub(crate) demo_only: bool,
    /// The content.
    pub(crate) bytes: &'static [u8],
}

/// All assets, by name.
pub(crate) static ASSETS: [Asset; 10] = [
    Asset {
        name: "activate.js",
        path: "/assets/d3942c205c0b6917/activate.js",
        content_type: "text/javascript; charset=utf-8",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/activate.js"),
    },
    Asset {
        name: "demo-passkey.js",
        path: "/assets/2501130746117417/demo-passkey.js",
        content_type: "text/javascript; charset=utf-8",
        demo_only: true,
        bytes: include_bytes!("../../assets/built/demo-passkey.js"),
    },
    Asset {
        name: "mark-light.svg",
        path: "/assets/2f39fbc8bf9ceca4/mark-light.svg",
        content_type: "image/svg+xml",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/mark-light.svg"),
    },
    Asset {
        name: "mark.svg",
        path: "/assets/d191150cb0b9b8f9/mark.svg",
        content_type: "image/svg+xml",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/mark.svg"),
    },
    Asset {
        name: "rabrong.css",
        path: "/assets/11aa579beacbdc95/rabrong.css",
        content_type: "text/css; charset=utf-8",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/rabrong.css"),
    },
    Asset {
        name: "sarabun-latin-400.woff2",
        path: "/assets/0454853451068692/sarabun-latin-400.woff2",
        content_type: "font/woff2",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/sarabun-latin-400.woff2"),
    },
    Asset {
        name: "sarabun-latin-700.woff2",
        path: "/assets/b7e814f0f8a07648/sarabun-latin-700.woff2",
        content_type: "font/woff2",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/sarabun-latin-700.woff2"),
    },
    Asset {
        name: "sarabun-thai-400.woff2",
        path: "/assets/444ccfffc6e9201b/sarabun-thai-400.woff2",
        content_type: "font/woff2",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/sarabun-thai-400.woff2"),
    },
    Asset {
        name: "sarabun-thai-700.woff2",
        path: "/assets/1ca031c8d598e743/sarabun-thai-700.woff2",
        content_type: "font/woff2",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/sarabun-thai-700.woff2"),
    },
    Asset {
        name: "webauthn.js",
        path: "/assets/437c793e1b3147dd/webauthn.js",
        content_type: "text/javascript; charset=utf-8",
        demo_only: false,
        bytes: include_bytes!("../../assets/built/webauthn.js"),
    },
];

/// The address of an asset; empty if there is none of that name.
#[must_use]
pub(crate) fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.path)
}

/// The asset at an address.
#[must_use]
pub(crate) fn at(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}
