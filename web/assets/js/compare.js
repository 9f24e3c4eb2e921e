// Compares a file with each that was handed out, without sending it anywhere. A file that
// differs is not called altered: only its signature can tell. Then the person presses the button and it is sent to be checked.

const MOST = 50 * 1024 * 1024;

for (const form of document.querySelectorAll("[data-compare]")) {
  const { sha256, earlier, wordsSame, wordsEarlier, wordsOther, wordsFailed } = form.dataset;
  const input = form.querySelector("input[type=file]");
  const result = form.querySelector("[data-compare-result]");
  const say = (text, kind) => {
    result.textContent = text;
    result.className = `app-status app-status--${kind}`;
  };
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    try {
      if (file.size > MOST) throw new RangeError("too large");
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
      if (found === sha256) say(wordsSame, "good");
      else if (earlier.split(" ").includes(found)) say(wordsEarlier, "good");
      else say(wordsOther, "open");
    } catch {
      say(wordsFailed, "open");
    }
  });
}
