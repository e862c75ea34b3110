// Comfort only: every page works without this file.
"use strict";

const live = document.getElementById("live");

function announce(text) {
  if (live) live.textContent = text;
}

// Open menus close on Escape and on a click elsewhere, as people expect.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.activeElement?.closest("details.menu[open]");
  closeMenus(null);
  open?.querySelector("summary").focus();
});

// A refused form puts the reader on the summary of what is wrong.
function focusSummary(root) {
  root.querySelector("[data-focus]:not([data-sample] *)")?.focus();
}
document.addEventListener("DOMContentLoaded", () => focusSummary(document));

// What htmx changed is said to screen readers: the element that says it carries data-announce.
document.addEventListener("htmx:afterSettle", (event) => {
  const root = event.detail.elt ?? event.target;
  const said = root.matches?.("[data-announce]") ? root : root.querySelector?.("[data-announce]");
  if (said) announce(said.textContent.trim());
  if (root.querySelector) focusSummary(root);
});
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    const region = document.getElementById("messages");
    if (!live?.dataset.failed || !region) return;
    const message = document.createElement("div");
    message.className = "message message--bad";
    message.textContent = live.dataset.failed;
    region.replaceChildren(message);
  });
}

// "Copy" buttons: <button data-copy="#id-of-the-field">.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.querySelector(button.dataset.copy);
  if (!source) return;
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  announce(button.dataset.copied ?? "");
});

// Names offered after an @ in a remark: <textarea data-mentions="one name a line">, only those who may read it.
function namesFor(area) {
  const typed = /(?:^|\s)@([^@\n]{0,40})$/u.exec(area.value.slice(0, area.selectionStart));
  if (!typed) return null;
  const start = typed[1].toLocaleLowerCase();
  const names = area.dataset.mentions.split("\n").filter((name) => name);
  const fits = (name) => ` ${name.toLocaleLowerCase()}`.includes(` ${start}`) && name.toLocaleLowerCase() !== start;
  return { typed: typed[1], names: names.filter(fits).slice(0, 6) };
}
function offerNames(area) {
  area.parentElement.querySelector(".mentions")?.remove();
  const found = namesFor(area);
  if (!found?.names.length) return;
  const list = document.createElement("div");
  list.className = "mentions row";
  for (const name of found.names) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = `@${name}`;
    button.addEventListener("click", () => {
      const caret = area.selectionStart;
      area.setRangeText(`${name} `, caret - found.typed.length, caret, "end");
      list.remove();
      area.focus();
    });
    list.append(button);
  }
  area.after(list);
  announce(found.names.join(", "));
}
document.addEventListener("input", (event) => {
  if (event.target.dataset?.mentions) offerNames(event.target);
});
