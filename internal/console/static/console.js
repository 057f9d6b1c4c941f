// @ts-check
// What makes the console's pages handier. Every page works without it: the
// buttons that need it are hidden until it has run.
(() => {
  "use strict";

  /** @type {(css: string, of?: ParentNode) => HTMLElement[]} */
  const all = (css, of = document) => Array.from(of.querySelectorAll(css));

  // Copying.
  for (const b of all("[data-copy]")) {
    if (!navigator.clipboard) break; // not a secure page: the text can be marked
    b.hidden = false;
    b.addEventListener("click", async () => {
      await navigator.clipboard.writeText(b.dataset.copy || "");
      b.classList.add("done");
      setTimeout(() => b.classList.remove("done"), 1500);
    });
  }

  // A form that says what it will do asks once more. Its button may say it
  // instead.
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("confirm"));
  const text = document.getElementById("confirm-text");
  const yes = document.getElementById("confirm-yes");
  document.addEventListener("submit", (e) => {
    const form = /** @type {HTMLFormElement} */ (e.target);
    const button = /** @type {HTMLElement | null} */ (e.submitter);
    const words = button?.dataset.confirm || form.dataset.confirm;
    if (!words || !dialog || !text || !yes || form.dataset.sure === "yes") return;
    e.preventDefault();
    text.textContent = words;
    yes.textContent = button?.textContent?.trim() || yes.textContent;
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.sure = "yes";
      form.requestSubmit(/** @type {HTMLButtonElement | null} */ (button));
      delete form.dataset.sure;
    }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });

  // A form is sent once.
  document.addEventListener("submit", (e) => {
    const form = /** @type {HTMLFormElement} */ (e.target);
    if (e.defaultPrevented || form.method !== "post" || form.hasAttribute("data-again")) return;
    setTimeout(() => {
      for (const b of all("button", form)) /** @type {HTMLButtonElement} */ (b).disabled = true;
    });
  });
  window.addEventListener("pageshow", (e) => {
    if (!e.persisted) return; // from the browser's memory, as it was left
    for (const b of all("form button:disabled")) /** @type {HTMLButtonElement} */ (b).disabled = false;
  });

  // Choosing all rows of a table at once.
  for (const box of all("input[data-all]")) {
    const master = /** @type {HTMLInputElement} */ (box);
    const each = () => /** @type {HTMLInputElement[]} */ (all(`input[name="${master.dataset.all}"]`));
    master.hidden = false;
    master.addEventListener("change", () => each().forEach((i) => { i.checked = master.checked; }));
  }

  // Filters that apply as soon as they are chosen.
  for (const s of all("form[data-apply] select, form[data-apply] input[type=date], form[data-apply] input[type=checkbox]")) {
    s.addEventListener("change", () => /** @type {HTMLSelectElement} */ (s).form?.requestSubmit());
  }

  // What is wider than its box can be scrolled with the keyboard.
  const reach = () => {
    for (const box of all(".scroll, pre")) {
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  reach();
  window.addEventListener("resize", reach);
  document.addEventListener("toggle", reach, true);

  // Menus close when something else is pressed, and with Escape.
  document.addEventListener("click", (e) => {
    for (const d of all("details.drop[open]")) {
      if (!d.contains(/** @type {Node} */ (e.target))) d.removeAttribute("open");
    }
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const d of all("details.drop[open]")) {
      d.removeAttribute("open");
      /** @type {HTMLElement | null} */ (d.querySelector("summary"))?.focus();
    }
  });
})();
