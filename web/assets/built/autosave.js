// Keeps half-filled answers, and says so.

const PAUSE = 1500;

for (const form of document.querySelectorAll("[data-autosave]")) {
  const saved = form.querySelector("[data-saved]");
  const preview = document.querySelector("[data-preview]");
  let timer;
  let running = false;
  let again = false;

  const save = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    saved.textContent = saved.dataset.wordsSaving;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.autosave, { method: "POST", body, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const time = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Bangkok" });
      saved.textContent = `${saved.dataset.wordsSaved} ${time}${document.documentElement.lang === "th" ? " น." : ""}`;
      // Out of sight on narrow screens, where drawing it again would only cost data.
      if (preview?.offsetParent) preview.src = `${preview.dataset.preview}?at=${Date.now()}#toolbar=0&view=FitH`;
    } catch {
      saved.textContent = saved.dataset.wordsFailed;
    }
    running = false;
    if (again) {
      again = false;
      save();
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
}
