// Puts the built assets in their places, under the hash of their content, and writes the
// Rust tables. Called by build.sh with its work folder.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [work, mode] = process.argv.slice(2);
const FONTS = join(work, "node_modules/@fontsource/sarabun/files");
const HASH_LENGTH = 16; // hexadecimal characters in a path: 64 bits tell versions apart

const TYPES = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml", woff2: "font/woff2" };

// In the order in which they may name each other.
const SOURCES = [
  ["sarabun-latin-400.woff2", join(FONTS, "sarabun-latin-400-normal.woff2")],
  ["sarabun-latin-700.woff2", join(FONTS, "sarabun-latin-700-normal.woff2")],
  ["sarabun-thai-400.woff2", join(FONTS, "sarabun-thai-400-normal.woff2")],
  ["sarabun-thai-700.woff2", join(FONTS, "sarabun-thai-700-normal.woff2")],
  ["mark-light.svg", "svg/mark-light.svg"],
  ["mark.svg", "svg/mark.svg"],
  ["rabrong.css", join(work, "rabrong.css")],
  ["webauthn.js", "js/webauthn.js"],
  ["activate.js", "js/activate.js"],
  ["autosave.js", "js/autosave.js"],
  ["compare.js", "js/compare.js"],
  ["demo-passkey.js", "js/demo-passkey.js"],
  ["passkey.js", "js/passkey.js"],
];
const SIGNER_LACKS = new Set(["autosave.js", "compare.js", "passkey.js"]);
const PORTAL_LACKS = new Set(["activate.js"]);

const built = new Map();
const pathOf = (name) => `/assets/${built.get(name).hash.slice(0, HASH_LENGTH)}/${name}`;

for (const [name, source] of SOURCES) {
  let bytes = readFileSync(source);
  if (name.endsWith(".css")) {
    bytes = Buffer.from(bytes.toString().replace(/asset:([a-z0-9.-]+)/g, (_, other) => pathOf(other)));
  } else if (name.endsWith(".js")) {
    bytes = Buffer.from(bytes.toString().replace(/from "\.\/([a-z-]+\.js)"/g, (_, other) => `from "${pathOf(other)}"`));
  }
  built.set(name, { bytes, hash: createHash("sha256").update(bytes).digest("hex") });
}

let stale = 0;
place("../../web", "pub", [...built.keys()].filter((name) => !PORTAL_LACKS.has(name)));
place("../../signer", "pub(crate)", [...built.keys()].filter((name) => !SIGNER_LACKS.has(name)));
if (mode === "--check" && stale > 0) {
  console.error(`${stale} built assets are not current: run make assets`);
  process.exit(1);
}

function place(crate, visibility, names) {
  const folder = join(crate, "assets/built");
  const wanted = new Map(names.map((name) => [join(folder, name), built.get(name).bytes]));
  wanted.set(join(crate, "src/pages/assets.rs"), Buffer.from(table(names.sort(), visibility)));
  for (const [path, bytes] of wanted) {
    if (existsSync(path) && readFileSync(path).equals(bytes)) continue;
    stale += 1;
    if (mode !== "--check") {
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, bytes);
    }
  }
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (names.includes(name)) continue;
    stale += 1;
    if (mode !== "--check") rmSync(join(folder, name));
  }
}

function table(names, visibility) {
  const rows = names.map((name) => {
    const type = TYPES[name.split(".").pop()];
    return `    Asset {
        name: "${name}",
        path: "${pathOf(name)}",
        content_type: "${type}",
        demo_only: ${name.startsWith("demo-")},
        bytes: include_bytes!("../../assets/built/${name}"),
    },`;
  });
  return `//! The built assets and their addresses. Written by \`web/assets/build.sh\`; do not edit.

/// A file served beside the pages. Its address holds the hash of its content, so it may be
/// cached for ever.
#[derive(Debug, Clone, Copy)]
${visibility} struct Asset {
    /// File name.
    ${visibility} name: &'static str,
    /// Address: \`/assets/<first ${HASH_LENGTH} characters of its SHA-256>/<name>\`.
    ${visibility} path: &'static str,
    /// For the header of that name.
    ${visibility} content_type: &'static str,
    /// To be served by a demonstration only.
    ${visibility} demo_only: bool,
    /// The content.
    ${visibility} bytes: &'static [u8],
}

/// All assets, by name.
${visibility} static ASSETS: [Asset; ${names.length}] = [
${rows.join("\n")}
];

/// The address of an asset; empty if there is none of that name.
#[must_use]
${visibility} fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.path)
}

/// The asset at an address.
#[must_use]
${visibility} fn at(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}
`;
}
