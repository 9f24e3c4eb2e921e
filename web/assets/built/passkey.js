// Signing in and enrolling at the portal: ask for options, use the passkey, hand in the
// result, follow the answer.

import { create, get, onPress, post } from "/assets/437c793e1b3147dd/webauthn.js";

for (const button of document.querySelectorAll("[data-passkey]")) {
  const { passkey, start, finish, csrf } = button.dataset;
  onPress(button, async (sending) => {
    const options = await post(start, {}, csrf);
    const credential = await (passkey === "create" ? create : get)(options);
    sending();
    return post(finish, { credential }, csrf);
  });
}
