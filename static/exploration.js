// Turns the chart of each [data-explore] box into an explorable one. Plotly (large) is fetched only when such a box
// comes near the screen; until then, and without JavaScript, the SVG and the table of the page stay.
"use strict";

const plotlyAddress = document.currentScript.dataset.plotly;
let plotly;

// Plotly would write two <style> elements, which the security policy refuses with an error in the console: its own
// rules (this marker tells it not to; css/figures.css has the few that are needed) and those of its maps (no maps here).
function withoutOwnStyles() {
  const marker = document.createElement("meta");
  marker.id = "plotly.js-style-global";
  marker.className = "no-inline-styles";
  document.head.append(marker);
  document.head.appendChild = (node) => (node.nodeName === "STYLE" ? node : Node.prototype.appendChild.call(document.head, node));
}

function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    withoutOwnStyles();
    const script = document.createElement("script");
    script.src = plotlyAddress;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
    for (const end of ["load", "error"]) script.addEventListener(end, () => delete document.head.appendChild);
  });
  return plotly;
}

// A token as Plotly understands it: the browser resolves light-dark() for us.
function colours(box) {
  const probe = document.createElement("span");
  probe.hidden = true;
  box.append(probe);
  const read = (token) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const found = Object.fromEntries(
    ["ink", "ink-2", "ink-3", "line", "surface", "raised", "band", "series-current", "series-last-year",
      "series-target", "series-expected"].map((token) => [token, read(token)]),
  );
  probe.remove();
  return found;
}

const DASHES = { target: "6px,4px", expected: "2px,4px" };

function traces(data, paint) {
  const lines = data.series.map((series) => ({
    type: "scatter", mode: data.x.length > 1 ? "lines" : "markers", name: series.label, x: data.x, y: series.y,
    connectgaps: false,
    line: {
      color: paint[`series-${series.key.replace("_", "-")}`] ?? paint["ink-2"],
      width: series.key === "current" ? 2.25 : 1.5, dash: DASHES[series.key] ?? "solid",
    },
    hovertemplate: `%{y:${data.axis.format}}${data.axis.suffix}`,
  }));
  if (data.axis.prefix) for (const line of lines) line.hovertemplate = `${data.axis.prefix}%{y:${data.axis.format}}`;
  if (!data.band) return lines;
  const [low, high] = data.band;
  const edge = { type: "scatter", mode: "lines", x: data.x, line: { width: 0 }, hoverinfo: "skip", showlegend: false };
  return [{ ...edge, y: low }, { ...edge, y: high, fill: "tonexty", fillcolor: paint.band }, ...lines];
}

const DATES = [
  { dtickrange: [null, 86400000 * 27], value: "%-d %b\n%Y" },
  { dtickrange: [86400000 * 27, "M6"], value: "%b\n%Y" },
  { dtickrange: ["M6", null], value: "%Y" },
];

// The name of each line at its end, moved apart where ends meet; a zoom shows the legend instead.
function names(data, paint, box) {
  const known = data.series.flatMap((series) => series.y).concat(data.band?.flat() ?? []).filter((y) => y !== null);
  const low = Math.min(...known, data.from_zero ? 0 : Infinity);
  const gap = (15 / (box.clientHeight - 70)) * (Math.max(...known) - low);
  const ends = data.series
    .map((series) => ({ series, y: series.y.findLast((y) => y !== null) }))
    .filter((end) => end.y !== undefined)
    .sort((a, b) => a.y - b.y);
  ends.forEach((end, i) => { if (i > 0) end.y = Math.max(end.y, ends[i - 1].y + gap); });
  return ends.map(({ series, y }) => ({
    x: 1, xref: "paper", xanchor: "left", xshift: 6, y, yref: "y", showarrow: false, text: series.label,
    font: { color: paint[`series-${series.key.replace("_", "-")}`] ?? paint["ink-2"], size: 12, weight: 600 },
  }));
}

// What the server's chart of this width writes along its axes; once somebody zooms, Plotly finds ticks of its own.
function ticks(data, box) {
  const frame = [...box.querySelectorAll(".chart__frame")].find((svg) => getComputedStyle(svg).display !== "none");
  const size = /chart__frame--(\w+)/u.exec(frame?.getAttribute("class") ?? "")?.[1];
  const axis = (found) => ({ tickmode: "array", tickvals: found.map(([value]) => value), ticktext: found.map(([, label]) => label), tickangle: 0 });
  return { x: axis(data.ticks.x[size] ?? []), y: { ...axis(data.ticks.y), range: [data.ticks.y[0][0], data.ticks.y.at(-1)[0]] } };
}

function layout(data, paint, box) {
  const written = ticks(data, box);
  const narrow = box.clientWidth < 560;
  const text = { family: getComputedStyle(box).fontFamily, size: 12, color: paint["ink-2"] };
  const axis = { ticks: "outside", ticklen: 4, tickcolor: "rgba(0,0,0,0)", gridcolor: paint.line, linecolor: paint.line, zerolinecolor: paint["ink-3"], fixedrange: false };
  return {
    font: text, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", separators: data.locale.format.decimal + data.locale.format.thousands,
    margin: { l: 8, r: 20 + 7 * Math.max(...data.series.map((series) => series.label.length)), t: 12, b: narrow ? 40 : 30 }, hovermode: "x unified", dragmode: narrow ? false : "zoom",
    annotations: names(data, paint, box),
    hoverlabel: { bgcolor: paint.raised, bordercolor: paint.line, font: { ...text, color: paint.ink } },
    showlegend: false, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: text, traceorder: "normal" },
    xaxis: { ...axis, type: "date", showgrid: false, automargin: true, hoverformat: "%a %-d %b %Y", tickformatstops: DATES, ...written.x },
    yaxis: {
      ...axis, automargin: true, tickprefix: data.axis.prefix, ticksuffix: data.axis.suffix, tickformat: ",",
      ...written.y,
    },
  };
}

function onZoom(canvas, change, labels) {
  const back = change["xaxis.autorange"], zoomed = "xaxis.range[0]" in change || "yaxis.range[0]" in change;
  if (!back && !zoomed) return;
  const tickmode = back ? "array" : "auto";
  window.Plotly.relayout(canvas, { annotations: back ? labels() : [], showlegend: !back, "xaxis.tickmode": tickmode, "yaxis.tickmode": tickmode });
}

// In French the first of a month is “1er”: the patterns of Plotly have no word for it.
function nameFirsts(canvas) {
  const texts = document.createTreeWalker(canvas, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (/(^|\. )1 \p{L}/u.test(text.data)) text.data = text.data.replace(/1(?= \p{L})/u, "1er");
  }
}

function draw(box) {
  const data = JSON.parse(box.dataset.explore);
  let canvas = box.querySelector(".explore__canvas");
  if (!canvas) {
    canvas = document.createElement("div");
    canvas.className = "explore__canvas";
    box.append(canvas);
  }
  const paint = colours(box);
  window.Plotly.register({ moduleType: "locale", name: data.locale.name, dictionary: {}, format: data.locale.format });
  const config = { locale: data.locale.name, responsive: true, displaylogo: false, displayModeBar: false, showTips: false };
  return window.Plotly.react(canvas, traces(data, paint), layout(data, paint, box), config).then(() => {
    if (!("drawn" in box.dataset)) {
      canvas.on("plotly_relayout", (change) => onZoom(canvas, change, () => names(data, paint, box)));
      const redrawn = new MutationObserver(() => nameFirsts(canvas));
      if (data.locale.name === "fr-FR") redrawn.observe(canvas, { subtree: true, childList: true, characterData: true });
    }
    if (data.locale.name === "fr-FR") nameFirsts(canvas);
    box.dataset.drawn = "";
  });
}

async function show(box) {
  try {
    await loadPlotly();
    await draw(box);
  } catch {
    plotly = undefined; // the SVG stays; a later box may try again
  }
}

const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      show(entry.target);
    }
  },
  { rootMargin: "200px" },
);

function watch(root) {
  for (const box of root.querySelectorAll("[data-explore]:not([data-watched])")) {
    box.dataset.watched = "";
    watcher.observe(box);
  }
}

function drawAgain() {
  for (const box of document.querySelectorAll("[data-drawn]")) draw(box);
}

watch(document);
document.addEventListener("htmx:load", (event) => watch(event.detail.elt.parentElement ?? document));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAgain);
