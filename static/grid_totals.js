// The sums of a sheet (base/grid) as they are typed: exact, and silent where a cell cannot be read.
"use strict";

class SheetTotals {
  constructor(table, rows, words) {
    this.table = table;
    this.rows = rows; // of cells; a closed one says what it holds
    this.words = words;
  }

  value(cell) {
    const { unit } = cell.parentElement.dataset, input = cell.querySelector("input");
    if (unit === "bounds") return null;
    return input ? typedNumbers.read(input.value, unit, this.words.language) : typedNumbers.read(cell.dataset.value ?? "", "", "en");
  }

  refresh() {
    for (const cell of this.rows.flat()) this.check(cell, cell.querySelector("input"));
    for (const row of this.rows) this.total(row[0].parentElement, row);
    this.foot();
  }

  // What cannot be read is marked; what the server said of a cell stays.
  check(cell, input) {
    if (!input) return;
    const value = this.value(cell), why = value === "?" ? this.words.either : value === undefined ? this.words.unread : "";
    input.classList.toggle("is-changed", input.value !== input.dataset.stored);
    if (why) input.setAttribute("aria-invalid", "true");
    else if (!cell.querySelector(".sheet__error")) input.removeAttribute("aria-invalid");
    input.title = why;
  }

  // The exact sum of some cells: null where there is none, undefined where one cannot be read.
  sum(cells) {
    const values = cells.map((cell) => this.value(cell)).filter((value) => value !== null);
    if (values.some((value) => typeof value !== "bigint")) return undefined;
    return values.length ? values.reduce((one, other) => one + other, 0n) : null;
  }

  written(value, row) {
    const { unit, decimals } = row.dataset, { language, before, after } = this.words;
    return typedNumbers.write(value, { unit, decimals: Number(decimals), language, before, after });
  }

  show(cell, value, row) {
    if (cell) cell.textContent = typeof value === "bigint" ? this.written(value, row) : value === undefined ? "…" : "";
  }

  total(row, cells) {
    if ("apart" in row.dataset) return;
    const sum = this.sum(cells);
    this.show(row.querySelector("[data-total]"), sum, row);
    const left = row.querySelector("[data-left]");
    const done = left && "done" in left.dataset ? this.done(left, cells) : null;
    this.show(left, typeof sum === "bigint" && typeof done === "bigint" ? sum - done : sum === undefined ? undefined : null, row);
  }

  // What is done in the columns that have a number: the others are in no total.
  done(left, cells) {
    const texts = left.dataset.done.split(" ").filter((_text, x) => this.value(cells[x]) !== null);
    const done = texts.map((text) => typedNumbers.read(text, "", "en"));
    return done.every((value) => typeof value === "bigint") ? done.reduce((one, other) => one + other, 0n) : null;
  }

  foot() {
    const foot = this.table.tFoot?.rows[0];
    if (!foot) return;
    const summed = this.rows.filter((row) => !("apart" in row[0].parentElement.dataset));
    [...foot.querySelectorAll("[data-sum]")].forEach((cell, x) => {
      this.show(cell, this.sum(x < this.rows[0].length ? summed.map((row) => row[x]) : summed.flat()), foot);
    });
  }

  // Of several cells of one unit; empty for others.
  ofSelection(inputs) {
    const chosen = inputs.map((input) => input.parentElement), rows = [...new Set(chosen.map((cell) => cell.parentElement))];
    const units = new Set(rows.map((row) => row.dataset.unit));
    const sum = chosen.length > 1 && units.size === 1 && !units.has("ratio") ? this.sum(chosen) : null;
    return typeof sum === "bigint" ? this.words.sum.replace("{n}", chosen.length).replace("{s}", this.written(sum, rows[0])) : "";
  }
}
