// Numbers as people type them, exactly: the reader of base/typed_numbers.py again, for totals that follow what is typed.
// What is stored is read by the server alone; tests/base/number_cases.json holds both to the same answers.
"use strict";

const typedNumbers = (() => {
  const PLACES = 12n, UNIT = 10n ** PLACES; // whole numbers of the smallest part: no sum drifts
  const SIGN = "[€$£¥]|[A-Za-z]{3,6}";
  const TYPED = new RegExp(
    `^(\\()?\\s*([+-])?\\s*(${SIGN})?\\s*([+-])?([0-9][0-9 .,'’]*|[.,][0-9]+)\\s*(k|K|Mds?|M|bn)?\\s*(?:(%)|(${SIGN}))?\\s*(-)?\\s*(\\))?$`, "u");
  const SCALES = { k: 3, K: 3, M: 6, Md: 9, Mds: 9, bn: 9 };

  // Which decimal mark the shape tells: "," or "."; "" where there is none; "?" where it could be either.
  function markOf(digits) {
    const comma = digits.lastIndexOf(","), point = digits.lastIndexOf(".");
    if (comma < 0 && point < 0) return "";
    if (comma >= 0 && point >= 0) return comma > point ? "," : ".";
    const mark = comma >= 0 ? "," : ".", at = digits.indexOf(mark);
    const whole = digits.slice(0, at), part = digits.slice(at + 1);
    if (part.includes(mark)) return mark === "." ? "," : ".";
    return part.length !== 3 || whole.length > 3 || whole.startsWith("0") || !whole ? mark : "?";
  }

  function split(digits, mark) {
    const groups = mark === "," ? ". '’" : ", '’", point = mark === "," ? "," : "\\.";
    const shape = new RegExp(`^([0-9]+|[0-9]{1,3}(?:[${groups}][0-9]{3})+)?(?:${point}([0-9]*))?$`, "u");
    const found = shape.exec(digits);
    return found && (found[1] || found[2]) ? [(found[1] ?? "0").replace(/[^0-9]/gu, ""), found[2] ?? ""] : null;
  }

  function scaled([whole, part], power) {
    const places = Number(PLACES) + power;
    if (part.replace(/0+$/u, "").length > places) return null;
    return BigInt(whole + part.padEnd(places, "0").slice(0, places));
  }

  // A BigInt in units of UNIT; null for nothing; undefined for what is no number; "?" for what could be two.
  function read(raw, unit, language) {
    const text = raw.replace(/[\u00a0\u202f\u2009\t]/gu, " ").replace(/[\u2212\u2013]/gu, "-").trim();
    if (["", "-", "--", "—"].includes(text)) return null;
    const found = text.length <= 40 && TYPED.exec(text);
    if (!found) return undefined;
    const [, open, minus, before, inner, digits, scale, percent, after, trailing, close] = found;
    const signs = [open, minus, inner, trailing].filter(Boolean).length;
    if (Boolean(open) !== Boolean(close) || signs > 1 || (percent && unit !== "ratio") || ((before || after) && unit !== "money")) return undefined;
    let mark = markOf(digits.trim());
    if (mark === "?" && language === "fr" && digits.includes(".")) return "?";
    if (mark === "" || mark === "?") mark = language === "fr" ? "," : ".";
    const parts = split(digits.trim(), mark);
    const value = parts ? scaled(parts, (SCALES[scale] ?? 0) - (unit === "ratio" ? 2 : 0)) : null;
    if (value === null) return undefined;
    return open || [minus, inner, trailing].includes("-") ? -value : value;
  }

  // As base/grid/markup.py writes a sum: to its last digit, in the manner of the language.
  function write(value, { unit, decimals, language, before, after }) {
    const shown = unit === "ratio" ? value * 100n : value, size = shown < 0n ? -shown : shown;
    let part = String(size % UNIT).padStart(Number(PLACES), "0").replace(/0+$/u, "");
    if (part && unit !== "ratio") part = part.padEnd(decimals, "0");
    const [group, point] = language === "fr" ? ["\u202f", ","] : [",", "."];
    const whole = String(size / UNIT).replace(/\B(?=(?:[0-9]{3})+$)/gu, group);
    const text = part ? whole + point + part : whole;
    const sign = shown < 0n ? "\u2212" : "";
    if (unit === "ratio") return `${sign}${text}${language === "fr" ? "\u202f%" : "%"}`;
    return unit === "money" ? `${sign}${before}${text}${after}` : sign + text;
  }

  return { read, write };
})();
