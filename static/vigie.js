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

// A form that is fetched anew keeps what was typed since it was asked for: on a slow line that is a whole field.
let typing = null;
const typed = (form) => [...form.elements].filter((field) => field.name && field.matches("input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), select, textarea"));
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.target;
  typing = form?.matches?.("form[id]") ? { id: form.id, asked: new Map(typed(form).map((field) => [field.name, field.value])) } : null;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!typing || event.detail.target?.id !== typing.id) return;
  typing.since = typed(event.detail.target).filter((field) => field.value !== typing.asked.get(field.name)).map((field) => [field.name, field.value]);
});
document.addEventListener("htmx:afterSettle", () => {
  const form = typing?.since && document.getElementById(typing.id);
  if (!form) return;
  for (const [name, value] of typing.since) {
    const field = form.elements.namedItem(name);
    if (field && "value" in field) field.value = value;
  }
  typing = null;
});

// Enter in a part of a form that has a button of its own: <div data-part>…<button>…</div>.
document.addEventListener("keydown", (event) => {
  const button = event.key === "Enter" && event.target.matches("[data-part] input") && event.target.closest("[data-part]").querySelector("button");
  if (!button) return;
  event.preventDefault();
  button.click();
});

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

// Lists: one box that ticks all of the page's rows.
function offerChoosingAll(root) {
  for (const box of root.querySelectorAll("[data-choose-all]")) box.closest("[hidden]")?.removeAttribute("hidden");
}
document.addEventListener("DOMContentLoaded", () => offerChoosingAll(document));
document.addEventListener("htmx:afterSettle", (event) => offerChoosingAll(event.detail.elt ?? document));
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-choose-all]");
  if (!all) return;
  for (const box of document.querySelectorAll(`input[name="row"][form="${all.dataset.chooseAll}"]`)) box.checked = all.checked;
});

// Search: "/" or Ctrl/⌘ K goes to the field (to its page where there is no room for one), arrows walk what it suggests.
const seek = document.getElementById("seek");
seek?.setAttribute("aria-keyshortcuts", "Meta+K Control+K /");
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing;
  const k = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  if (!seek || !(slash || k)) return;
  event.preventDefault();
  if (seek.checkVisibility()) seek.select();
  else location.assign(seek.form.action);
});
seek?.form.addEventListener("keydown", (event) => {
  const stops = [seek, ...seek.form.querySelectorAll("#suggestions a")];
  const here = stops.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && here >= 0 && stops.length > 1) {
    event.preventDefault();
    stops[(here + step + stops.length) % stops.length].focus();
  } else if (event.key === "Escape") {
    document.getElementById("suggestions").replaceChildren();
    seek.focus();
  }
});
