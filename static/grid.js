// Comfort of a sheet (base/grid): keys, ranges, copy and paste, undo, totals that follow. Without this file it is a plain
// form; what is stored is decided by the server alone.
"use strict";

class SheetOfNumbers {
  constructor(box) {
    this.box = box;
    this.table = box.querySelector("table.sheet");
    this.form = box.closest("form");
    this.words = box.dataset;
    const cells = [...this.table.querySelectorAll("tbody tr[data-unit]")].map((row) => [...row.querySelectorAll("td:not([data-total], [data-left])")]);
    this.rows = cells.map((row) => row.map((cell) => cell.querySelector("input"))); // null where a cell is closed
    this.place = new Map(this.rows.flatMap((row, y) => row.map((input, x) => [input, { x, y }])).filter(([input]) => input));
    if (!this.place.size) return;
    this.totals = new SheetTotals(this.table, cells, this.words);
    this.done = [];
    this.undone = [];
    this.editing = ""; // "" while cells are walked, "typing" while one is overwritten, "inside" after F2
    [this.at] = this.place.values();
    this.anchor = this.at;
    this.table.setAttribute("role", "grid");
    this.table.setAttribute("aria-multiselectable", "true");
    for (const [input, at] of this.place) {
      input.inputMode = "decimal";
      input.tabIndex = at === this.at ? 0 : -1;
      input.dataset.stored = input.dataset.was ?? input.value;
    }
    this.listen();
    box.querySelector("[data-bar]").hidden = false;
    this.refresh();
  }

  listen() {
    this.table.addEventListener("keydown", (event) => this.key(event));
    this.table.addEventListener("focusin", (event) => this.place.has(event.target) && this.arrive(event.target));
    this.table.addEventListener("focusout", (event) => this.place.has(event.target) && this.leave(event.target));
    this.table.addEventListener("input", () => { this.editing ||= "typing"; });
    this.table.addEventListener("dblclick", (event) => { if (this.place.has(event.target)) this.editing = "inside"; });
    this.table.addEventListener("mousedown", (event) => this.press(event));
    this.table.addEventListener("mouseover", (event) => { if (event.buttons === 1 && this.dragging) this.reach(event.target.closest("td")?.querySelector("input")); });
    document.addEventListener("mouseup", () => { this.dragging = false; });
    for (const name of ["copy", "cut"]) this.table.addEventListener(name, (event) => this.copy(event));
    this.table.addEventListener("paste", (event) => this.paste(event));
    this.form.addEventListener("submit", () => { this.sent = true; });
    window.addEventListener("pageshow", () => { this.sent = false; });
    window.addEventListener("beforeunload", (event) => { if (!this.sent && this.changed().length) event.preventDefault(); });
    document.addEventListener("keydown", (event) => this.save(event));
  }

  // ---- where one is

  input(at) { return this.rows[at.y][at.x]; }
  clamp(x, y) { return { x: Math.max(0, Math.min(x, this.rows[0].length - 1)), y: Math.max(0, Math.min(y, this.rows.length - 1)) }; }

  arrive(input) {
    this.before = input.value;
    this.editing = "";
    this.input(this.at).tabIndex = -1;
    input.tabIndex = 0;
    this.at = this.place.get(input);
    if (!this.keepAnchor) this.anchor = this.at;
    input.select();
    this.mark();
  }

  leave(input) {
    if (input.value !== this.before) this.keep([[input, this.before, input.value]]);
    this.editing = "";
  }

  // The cell there; where it is closed, the next open one on the way, else the last before it.
  open(x, y) {
    const to = this.clamp(x, y), dx = Math.sign(to.x - this.at.x), dy = Math.sign(to.y - this.at.y);
    const seek = (way) => {
      let { x: column, y: row } = to;
      while (this.rows[row]?.[column] === null && (dx || dy)) [column, row] = [column + way * dx, row + way * dy];
      return this.rows[row]?.[column] ? { x: column, y: row } : null;
    };
    return seek(1) ?? seek(-1) ?? this.at;
  }

  go(x, y, extend = false) {
    const to = this.open(x, y);
    this.keepAnchor = extend;
    if (this.input(to) === document.activeElement) this.input(to).select();
    this.input(to).focus();
    this.keepAnchor = false;
  }

  press(event) {
    const input = event.target.closest("td")?.querySelector("input");
    if (!this.place.has(input) || event.button !== 0) return;
    if (input === document.activeElement && !event.shiftKey) {
      this.editing ||= "inside"; // a second click puts the caret in the text
      return;
    }
    event.preventDefault();
    this.dragging = !event.shiftKey;
    const { x, y } = this.place.get(input);
    this.go(x, y, event.shiftKey);
  }

  reach(input) {
    const to = this.place.get(input);
    if (to) this.go(to.x, to.y, true);
  }

  range() {
    const [left, right] = [this.anchor.x, this.at.x].sort((a, b) => a - b);
    const [top, bottom] = [this.anchor.y, this.at.y].sort((a, b) => a - b);
    return this.rows.slice(top, bottom + 1).map((row) => row.slice(left, right + 1));
  }

  chosen() { return this.range().flat().filter(Boolean); }

  mark() {
    const chosen = new Set(this.chosen());
    for (const input of this.place.keys()) {
      const cell = input.parentElement, on = chosen.size > 1 && chosen.has(input);
      cell.classList.toggle("is-selected", on);
      if (on) cell.setAttribute("aria-selected", "true");
      else cell.removeAttribute("aria-selected");
    }
    this.box.querySelector("[data-selected]").textContent = this.totals.ofSelection([...chosen]);
  }

  // ---- keys

  key(event) {
    const input = event.target;
    if (!this.place.has(input) || event.altKey) return;
    const ctrl = event.ctrlKey || event.metaKey;
    const act = ctrl ? this.shortcut(event.key.toLowerCase(), event.shiftKey) : this.plain(event);
    if (act) {
      event.preventDefault();
      act();
    }
  }

  shortcut(key, shift) {
    if (key.startsWith("arrow") || key === "home" || key === "end") return () => this.edge(key, shift);
    if (key === "a" && !this.editing) return () => { this.anchor = { x: 0, y: 0 }; this.go(Infinity, Infinity, true); };
    if (key === "z" && this.editing) return () => this.cancel();
    const found = { z: shift ? "redo" : "undo", y: "redo", d: "fillDown", r: "fillRight" }[key];
    return found && (() => this[found]());
  }

  plain({ key, shiftKey }) {
    const { x, y } = this.at, step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
    if (step && !(this.editing === "inside" && step[0])) return () => this.go(x + step[0], y + step[1], shiftKey);
    if (key === "Enter") return () => this.go(x, y + (shiftKey ? -1 : 1));
    if (key === "Tab") return this.tab(shiftKey ? -1 : 1);
    if (key === "F2") return () => this.editInside();
    if (key === "Escape") return () => (this.editing ? this.cancel() : this.form.querySelector("[data-save]")?.focus());
    if (this.editing) return null;
    if (key === "Home" || key === "End") return () => this.go(key === "Home" ? 0 : Infinity, y, shiftKey);
    if (key === "PageDown" || key === "PageUp") return () => this.go(x, y + (key === "PageDown" ? 10 : -10), shiftKey);
    return key === "Delete" || key === "Backspace" ? () => this.put(this.chosen().map((input) => [input, ""])) : null;
  }

  // To the next cell, along the rows; past the last or the first one leaves the sheet as from any field.
  tab(step) {
    const inputs = [...this.place.keys()], next = inputs[inputs.indexOf(this.input(this.at)) + step];
    return next && (() => next.focus());
  }

  edge(key, shift) {
    const { x, y } = this.at;
    const [dx, dy] = { arrowup: [0, -1], arrowdown: [0, 1], arrowleft: [-1, 0], arrowright: [1, 0], home: [-1, -1], end: [1, 1] }[key];
    this.go(dx ? dx * Infinity : x, dy ? dy * Infinity : y, shift);
  }

  editInside() {
    this.editing = "inside";
    const input = this.input(this.at);
    input.setSelectionRange(input.value.length, input.value.length);
  }

  cancel() {
    this.input(this.at).value = this.before;
    this.editing = "";
    this.input(this.at).select();
  }

  save(event) {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (this.place.has(document.activeElement)) this.leave(document.activeElement);
    this.form.requestSubmit(this.form.querySelector("[data-save]"));
  }

  // ---- changes, and their undoing

  put(pairs) {
    if (this.editing) this.leave(this.input(this.at));
    const found = pairs.map(([input, text]) => [input, input.value, text]).filter(([, old, text]) => old !== text);
    for (const [input, , text] of found) input.value = text;
    this.before = this.input(this.at).value;
    if (document.activeElement === this.input(this.at)) this.input(this.at).select();
    this.editing = "";
    if (found.length) this.keep(found);
    return found.length;
  }

  keep(change) {
    this.done.push(change);
    this.undone = [];
    this.refresh();
  }

  undo() { this.turn(this.done, this.undone, 1); }
  redo() { this.turn(this.undone, this.done, 2); }

  turn(from, to, which) {
    const change = from.pop();
    if (!change) return;
    to.push(change);
    for (const entry of change) entry[0].value = entry[which];
    const { x, y } = this.place.get(change[0][0]);
    this.before = this.input(this.at).value;
    this.go(x, y);
    this.refresh();
  }

  fillDown() { this.fill((rows) => (rows.length > 1 ? rows : this.rows.slice(Math.max(0, this.at.y - 1), this.at.y + 1).map((row) => [row[this.at.x]])), (rows, y, x) => rows[0][x]); }
  fillRight() { this.fill((rows) => (rows[0].length > 1 ? rows : [this.rows[this.at.y].slice(Math.max(0, this.at.x - 1), this.at.x + 1)]), (rows, y) => rows[y][0]); }

  fill(widened, source) {
    const rows = widened(this.range());
    const pairs = rows.flatMap((row, y) => row.map((input, x) => [input, source(rows, y, x)]));
    this.put(pairs.filter(([input, from]) => input && from).map(([input, from]) => [input, from.value]));
  }

  // ---- to Excel and back

  // As it was typed; what the server wrote loses the spaces that Excel takes for text.
  plainText(input) {
    if (!input) return "";
    return input.value === input.dataset.stored ? input.value.replace(/(?<=[0-9])[\u202f\u00a0](?=[0-9])/gu, "") : input.value;
  }

  copy(event) {
    if (!this.place.has(event.target) || this.editing) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", this.range().map((row) => row.map((input) => this.plainText(input)).join("\t")).join("\r\n"));
    if (event.type === "cut") this.put(this.chosen().map((input) => [input, ""]));
  }

  paste(event) {
    if (!this.place.has(event.target)) return;
    const block = blockOf(event.clipboardData);
    const single = block.length === 1 && block[0].length === 1;
    if (single && this.editing === "inside") return;
    event.preventDefault();
    const range = this.range(), start = { x: Math.min(this.anchor.x, this.at.x), y: Math.min(this.anchor.y, this.at.y) };
    const whole = single ? range.map((row) => row.map(() => block[0][0])) : block;
    let over = 0;
    const pairs = whole.flatMap((row, y) => row.flatMap((text, x) => {
      const input = this.rows[start.y + y]?.[start.x + x];
      over += input ? 0 : 1;
      return input ? [[input, text.trim()]] : [];
    }));
    this.put(pairs);
    if (!single) {
      this.anchor = start;
      this.go(start.x + Math.max(...whole.map((row) => row.length)) - 1, start.y + whole.length - 1, true);
    }
    this.say([this.words.pasted.replace("{n}", pairs.length), over ? this.words.over.replace("{n}", over) : ""].join(" "));
  }

  // ---- what follows what is typed

  changed() { return [...this.place.keys()].filter((input) => input.value !== input.dataset.stored); }
  say(text) { this.box.querySelector("[data-said]").textContent = text.trim(); }

  refresh() {
    this.totals.refresh();
    const n = this.changed().length;
    this.box.querySelector("[data-count]").textContent = n === 0 ? this.words.saved : n === 1 ? this.words.one : this.words.many.replace("{n}", n);
  }
}

// What a spreadsheet puts on the clipboard: lines of cells parted by tabs, those with a break or a tab in quotes; else the
// table of its HTML.
function blockOf(data) {
  const text = data.getData("text/plain").replace(/\r\n?/gu, "\n").replace(/\n$/u, "");
  if (/[\t\n]/u.test(text) || !data.getData("text/html")) {
    const cells = text.replace(/(^|[\t\n])"((?:[^"]|"")*)"(?=[\t\n]|$)/gu, (_all, start, inside) => start + inside.replace(/""/gu, '"').replace(/[\t\n]/gu, " "));
    return cells.split("\n").map((line) => line.split("\t"));
  }
  const page = new DOMParser().parseFromString(data.getData("text/html"), "text/html");
  const rows = [...page.querySelectorAll("tr")].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
  return rows.length ? rows : [[text]];
}

for (const box of document.querySelectorAll("[data-sheet]")) new SheetOfNumbers(box);
