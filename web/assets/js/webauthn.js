// Passkeys between a page and its server, both of which speak JSON (WebAuthn §5.1.8, §5.1.9).

/** Bytes as base64url without padding. */
export function encode(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** base64url, padded or not, as bytes. */
export function decode(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function descriptors(list) {
  return (list ?? []).map((descriptor) => ({ ...descriptor, id: decode(descriptor.id) }));
}

// What this page asks for needs no binary extension; the browser's own parser is taken where
// there is one because it knows those that come later.
function creationOptions(json) {
  if (window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  }
  return {
    ...json,
    challenge: decode(json.challenge),
    user: { ...json.user, id: decode(json.user.id) },
    excludeCredentials: descriptors(json.excludeCredentials),
  };
}

function requestOptions(json) {
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  }
  return { ...json, challenge: decode(json.challenge), allowCredentials: descriptors(json.allowCredentials) };
}

function credentialJson(credential, response) {
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

/** Creates a passkey; answers RegistrationResponseJSON. */
export async function create(options) {
  const credential = await navigator.credentials.create({ publicKey: creationOptions(options.publicKey ?? options) });
  const { response } = credential;
  return credentialJson(credential, {
    clientDataJSON: encode(response.clientDataJSON),
    attestationObject: encode(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

/** Asks for a passkey; answers AuthenticationResponseJSON. */
export async function get(options) {
  const credential = await navigator.credentials.get({ publicKey: requestOptions(options.publicKey ?? options) });
  const { response } = credential;
  return credentialJson(credential, {
    clientDataJSON: encode(response.clientDataJSON),
    authenticatorData: encode(response.authenticatorData),
    signature: encode(response.signature),
    userHandle: response.userHandle ? encode(response.userHandle) : undefined,
  });
}

const WORDS = {
  unsupported: [
    "เบราว์เซอร์นี้ใช้พาสคีย์ไม่ได้ โปรดใช้ Chrome, Safari, Edge หรือ Firefox รุ่นปัจจุบัน",
    "This browser cannot use passkeys. Use a current Chrome, Safari, Edge or Firefox.",
  ],
  cancelled: [
    "ยังไม่ได้ยืนยัน ท่านอาจยกเลิก หมดเวลา หรือเครื่องนี้ไม่มีพาสคีย์ที่ใช้ได้ ลองกดปุ่มอีกครั้ง ถ้าพาสคีย์อยู่ในเครื่องอื่น ให้เลือก “ใช้อุปกรณ์อื่น”",
    "Not confirmed: cancelled, out of time, or no passkey for this on the device. Press the button again; if your passkey is on another device, choose “use another device”.",
  ],
  exists: [
    "เครื่องนี้มีพาสคีย์ของท่านอยู่แล้ว โปรดใช้เครื่องอื่น หรือเข้าสู่ระบบด้วยพาสคีย์เดิม",
    "This device already holds a passkey of yours. Use another device, or sign in with the one you have.",
  ],
  place: [
    "ที่อยู่ของหน้านี้ใช้พาสคีย์ไม่ได้ โปรดตรวจว่าเปิดหน้านี้จากลิงก์ที่ถูกต้อง",
    "Passkeys do not work at this address. Check that you came here by the right link.",
  ],
  unverified: [
    "เครื่องนี้ยังไม่ได้ตั้งล็อกหน้าจอ โปรดตั้งรหัส ลายนิ้วมือ หรือใบหน้า แล้วลองใหม่",
    "This device has no screen lock. Set a PIN, fingerprint or face, and try again.",
  ],
  network: [
    "ติดต่อระบบไม่ได้ โปรดตรวจอินเทอร์เน็ตแล้วกดปุ่มอีกครั้ง",
    "The service could not be reached. Check the connection and press the button again.",
  ],
  server: [
    "ระบบไม่รับพาสคีย์นี้ โปรดโหลดหน้านี้ใหม่แล้วลองอีกครั้ง ถ้ายังไม่ได้ให้แจ้งเจ้าหน้าที่",
    "The service did not accept this passkey. Load the page again and try once more; if it fails again, tell an officer.",
  ],
  wait: ["โปรดยืนยันที่หน้าต่างของเครื่อง…", "Please confirm in the window of your device…"],
  sending: ["กำลังส่ง…", "Sending…"],
};

/** The words for a key of WORDS, in the page's language. */
export function words(key) {
  return WORDS[key][document.documentElement.lang === "en" ? 1 : 0];
}

/** What the server said, if it said it in words. */
export class Refused extends Error {
  constructor(problem) {
    super(problem?.problem_en ?? "refused");
    this.problem = problem;
  }

  get shown() {
    const english = document.documentElement.lang === "en";
    return (english ? this.problem?.problem_en : this.problem?.problem_th) ?? words("server");
  }
}

function shown(error) {
  if (error instanceof Refused) return error.shown;
  if (error instanceof TypeError && !window.PublicKeyCredential) return words("unsupported");
  switch (error?.name) {
    case "NotAllowedError":
    case "AbortError":
      return words("cancelled");
    case "InvalidStateError":
      return words("exists");
    case "SecurityError":
      return words("place");
    case "ConstraintError":
      return words("unverified");
    case "NotSupportedError":
      return words("unsupported");
    case "TypeError":
      return words("network");
    default:
      return words("server");
  }
}

/** Posts JSON and reads JSON. Throws [Refused] on any answer but success. */
export async function post(url, body, csrf) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  if (csrf) headers["x-csrf-token"] = csrf;
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
  const json = await answer.json().catch(() => null);
  if (!answer.ok || json?.problem_th || json?.problem_en) throw new Refused(json);
  return json;
}

/** Runs an exchange when a button is pressed, and says how it goes. */
export function onPress(button, exchange) {
  const status = document.querySelector("[data-passkey-status]");
  const say = (text, bad) => {
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("app-status--bad", Boolean(bad));
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    say(words("wait"));
    try {
      const answer = await exchange(() => say(words("sending")));
      if (!answer?.redirect) throw new Refused(answer);
      location.assign(answer.redirect);
    } catch (error) {
      say(shown(error), true);
      button.disabled = false;
      button.focus();
    }
  });
}
