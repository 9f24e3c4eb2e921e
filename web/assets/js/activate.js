// The signer's page: the options came with the page, so that what is shown and what is
// confirmed are one answer of the server.

import { create, get, onPress, post } from "./webauthn.js";

for (const button of document.querySelectorAll("[data-activate]")) {
  const { activate, options, finish } = button.dataset;
  onPress(button, async (sending) => {
    const credential = await (activate === "create" ? create : get)(JSON.parse(options));
    sending();
    return post(finish, { credential });
  });
}
