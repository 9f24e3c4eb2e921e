// DEMONSTRATION ONLY. A passkey made of software, in the page, for visitors who have none:
// keys lie readable in the browser's storage and anyone at this computer can use them. The
// server serves this file only in a demonstration; its checks are the same for everyone.

import { decode, encode } from "./webauthn.js";

const STORE = "rabrong-demo-passkeys";
const ES256 = -7;
const own = {
  create: navigator.credentials?.create?.bind(navigator.credentials),
  get: navigator.credentials?.get?.bind(navigator.credentials),
};
const english = document.documentElement.lang === "en";
const t = (th, en) => (english ? en : th);

/** Keys of this origin made by this script. */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? "[]");
  } catch {
    return [];
  }
}

/** Ready persons of the demonstration, if the server offers them. */
async function persons() {
  try {
    const answer = await fetch("/demo/passkeys.json", { credentials: "same-origin" });
    return answer.ok ? await answer.json() : [];
  } catch {
    return [];
  }
}

function concat(...parts) {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const utf8 = (text) => new TextEncoder().encode(text);
const bytesOf = (source) =>
  ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

// CBOR (RFC 8949), as far as an attestation object without attestation needs it.
function cborHead(major, length) {
  if (length < 24) return Uint8Array.of((major << 5) | length);
  if (length < 256) return Uint8Array.of((major << 5) | 24, length);
  return Uint8Array.of((major << 5) | 25, length >> 8, length & 255);
}
const cborText = (text) => concat(cborHead(3, utf8(text).length), utf8(text));
const cborBytes = (bytes) => concat(cborHead(2, bytes.length), bytes);
const cborInteger = (number) => (number < 0 ? cborHead(1, -1 - number) : cborHead(0, number));

// COSE_Key of an ES256 key (RFC 9053 §7.1.1).
function coseKey(jwk) {
  return concat(
    cborHead(5, 5),
    cborInteger(1), cborInteger(2),
    cborInteger(3), cborInteger(ES256),
    cborInteger(-1), cborInteger(1),
    cborInteger(-2), cborBytes(decode(jwk.x)),
    cborInteger(-3), cborBytes(decode(jwk.y)),
  );
}

// WebCrypto gives r ‖ s; WebAuthn wants the DER of ECDSA-Sig-Value (§6.5.5).
function derSignature(raw) {
  const integer = (bytes) => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
    const body = bytes[start] & 0x80 ? concat(Uint8Array.of(0), bytes.subarray(start)) : bytes.subarray(start);
    return concat(Uint8Array.of(2, body.length), body);
  };
  const half = raw.length / 2;
  const body = concat(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
  return concat(Uint8Array.of(0x30, body.length), body);
}

function clientData(type, challenge) {
  return utf8(JSON.stringify({ type, challenge: encode(bytesOf(challenge)), origin: location.origin, crossOrigin: false }));
}

// As a browser would: a site may only use its own name or one above it (§5.1.3 step 8).
function relyingParty(id) {
  const wanted = id ?? location.hostname;
  if (location.hostname !== wanted && !location.hostname.endsWith(`.${wanted}`)) {
    throw new DOMException("the relying party is not of this origin", "SecurityError");
  }
  return wanted;
}

/** Asks the visitor which passkey to use. Answers a key, "own" or null. */
function choose(title, choices) {
  const dialog = document.createElement("dialog");
  dialog.className = "app-demo-dialog";
  dialog.setAttribute("aria-label", title);
  const add = (parent, tag, className, text) => {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    parent.append(element);
    return element;
  };
  add(dialog, "p", "app-demo-dialog__banner", t("สาธิต: พาสคีย์จำลองในหน้านี้", "Demonstration: a passkey simulated in this page"));
  add(dialog, "h2", "app-demo-dialog__title", title);
  return new Promise((resolve) => {
    const answer = (value) => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    if (choices.length === 0) add(dialog, "p", "app-demo-dialog__none", t("ไม่มีพาสคีย์จำลองที่ใช้กับเรื่องนี้ได้", "No simulated passkey fits this."));
    for (const choice of choices) {
      const button = add(dialog, "button", "app-demo-dialog__choice", choice.label);
      button.type = "button";
      button.addEventListener("click", () => answer(choice.key));
    }
    const foot = add(dialog, "div", "app-demo-dialog__foot", "");
    if (own.get) {
      const real = add(foot, "button", "app-link-button", t("ใช้พาสคีย์ของฉันเอง", "Use my own passkey"));
      real.type = "button";
      real.addEventListener("click", () => answer("own"));
    }
    const cancel = add(foot, "button", "app-link-button", t("ยกเลิก", "Cancel"));
    cancel.type = "button";
    cancel.addEventListener("click", () => answer(null));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      answer(null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const declined = () => new DOMException("the person declined", "NotAllowedError");

function credential(id, response, extensions) {
  return {
    id: encode(id),
    rawId: id.buffer,
    type: "public-key",
    authenticatorAttachment: "platform",
    response,
    getClientExtensionResults: () => extensions,
  };
}

async function create(options) {
  const request = options?.publicKey;
  if (!request) return own.create(options);
  const rpId = relyingParty(request.rp.id);
  if (!request.pubKeyCredParams.some((parameter) => parameter.alg === ES256)) {
    throw new DOMException("ES256 is not asked for", "NotSupportedError");
  }
  const name = request.user.displayName || request.user.name;
  const answer = await choose(t("สร้างพาสคีย์", "Create a passkey"), [
    { key: "demo", label: `${t("สร้างพาสคีย์จำลองของ", "Create a simulated passkey for")} ${name}` },
  ]);
  if (answer === "own") return own.create(options);
  if (answer === null) throw declined();
  const keys = stored();
  const excluded = new Set((request.excludeCredentials ?? []).map((descriptor) => encode(bytesOf(descriptor.id))));
  if (keys.some((key) => excluded.has(key.credential_id))) throw new DOMException("already here", "InvalidStateError");

  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const id = crypto.getRandomValues(new Uint8Array(32));
  const data = clientData("webauthn.create", request.challenge);
  // §6.1: rpIdHash, flags (present, verified, attested data), counter 0, AAGUID of no model.
  const authenticatorData = concat(
    await sha256(utf8(rpId)),
    Uint8Array.of(0x45, 0, 0, 0, 0),
    new Uint8Array(16),
    Uint8Array.of(0, id.length),
    id,
    coseKey(jwk),
  );
  const attestationObject = concat(
    cborHead(5, 3),
    cborText("fmt"), cborText("none"),
    cborText("attStmt"), cborHead(5, 0),
    cborText("authData"), cborBytes(authenticatorData),
  );
  const key = {
    label_th: name,
    label_en: name,
    rp_id: rpId,
    credential_id: encode(id),
    user_handle: encode(bytesOf(request.user.id)),
    private_key_jwk: jwk,
  };
  localStorage.setItem(STORE, JSON.stringify([key, ...keys]));
  const response = {
    clientDataJSON: data.buffer,
    attestationObject: attestationObject.buffer,
    getTransports: () => ["internal"],
    getAuthenticatorData: () => authenticatorData.buffer,
    getPublicKeyAlgorithm: () => ES256,
  };
  return credential(id, response, request.extensions?.credProps ? { credProps: { rk: true } } : {});
}

async function get(options) {
  const request = options?.publicKey;
  if (!request) return own.get(options);
  const rpId = relyingParty(request.rpId);
  const allowed = new Set((request.allowCredentials ?? []).map((descriptor) => encode(bytesOf(descriptor.id))));
  const known = new Map();
  for (const key of [...stored(), ...(await persons())]) {
    const fits = key.rp_id === rpId && (allowed.size === 0 || allowed.has(key.credential_id));
    if (fits && !known.has(key.credential_id)) known.set(key.credential_id, key);
  }
  const answer = await choose(
    t("ใช้พาสคีย์ของใคร", "Whose passkey?"),
    [...known.values()].map((key) => ({ key, label: english ? key.label_en : key.label_th })),
  );
  if (answer === "own") return own.get(options);
  if (answer === null) throw declined();

  const { crv, kty, x, y, d } = answer.private_key_jwk;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const signingKey = await crypto.subtle.importKey("jwk", { crv, kty, x, y, d }, algorithm, false, ["sign"]);
  const data = clientData("webauthn.get", request.challenge);
  const authenticatorData = concat(await sha256(utf8(rpId)), Uint8Array.of(0x05, 0, 0, 0, 0));
  const raw = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    signingKey,
    concat(authenticatorData, await sha256(data)),
  );
  const response = {
    clientDataJSON: data.buffer,
    authenticatorData: authenticatorData.buffer,
    signature: derSignature(new Uint8Array(raw)).buffer,
    userHandle: answer.user_handle ? decode(answer.user_handle).buffer : null,
  };
  return credential(decode(answer.credential_id), response, {});
}

if (navigator.credentials) {
  navigator.credentials.create = create;
  navigator.credentials.get = get;
} else {
  // No browser offers this on plain http outside localhost; the simulated passkey needs WebCrypto too.
  Object.defineProperty(navigator, "credentials", { value: { create, get } });
}
document.documentElement.dataset.demoPasskey = "ready";
