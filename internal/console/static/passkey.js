// @ts-check
// Passkeys need the browser to make and to use them. A form of the page carries
// what is asked for, and what the browser answers. Without this the forms stay
// hidden, and one signs in by a password or a link.
(() => {
  "use strict";
  const api = /** @type {any} */ (window.PublicKeyCredential);
  if (!api?.parseRequestOptionsFromJSON || !navigator.credentials) return;
  for (const e of document.querySelectorAll("[data-without-passkey]")) /** @type {HTMLElement} */ (e).hidden = true;

  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
    form.hidden = false;
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const wrong = /** @type {HTMLElement} */ (form.querySelector("[data-wrong]"));
      const answer = /** @type {HTMLInputElement} */ (form.elements.namedItem("answer"));
      const asked = JSON.parse(form.dataset.options || "{}");
      wrong.hidden = true;
      try {
        const made = /** @type {any} */ (form.dataset.passkey === "new"
          ? await navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(asked) })
          : await navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(asked) }));
        answer.value = JSON.stringify(made);
        form.submit();
      } catch {
        wrong.hidden = false; // left, or not there
      }
    });
  }
})();
