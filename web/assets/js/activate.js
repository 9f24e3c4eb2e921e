// The signer's page: the options came with the page, so that what is shown and what is
// confirmed are one answer of the server.

import { create, get, onPress, post } from "./webauthn.js";

for (const button of document.querySelectorAll("[data-activate]")) {
  const { activate, options, finish } = button.dataset;
  onPress(button, async (sending) => {
    const credential = await (activate === "create" ? create : get)(JSON.parse(options));
    sending();
    const answer = await post(finish, { credential });
    if (answer?.shown) show(answer.shown);
    return answer;
  });
}

// What only this script was told: it stands in no address and in no page that could be loaded again.
function show(text) {
  document.querySelector("[data-shown]").textContent = text;
  for (const part of document.querySelectorAll("[data-once-shown]")) part.hidden = !part.hidden;
}
