// Small charts: stacked bars or lines over time, with a table for who cannot see them.

import { h, s, show } from "./dom.js";

const HEIGHT = 168;
const LEFT = 40;
const RIGHT = 4;
const TOP = 8;
const BOTTOM = 22;

/**
 * Return a figure of `series` ({name, colour, values}, with null where there is nothing).
 *
 * `times` are the beginnings of all values; `tick(date)` is the label below one, or "".
 */
export function chart({ title, unit, kind, series, times, tick, summary = "", lowest = null }) {
  const drawing = s("svg", { class: "drawing", role: "img", "aria-label": `${title}. ${summary}` });
  const told = h("div", { class: "told", hidden: true });
  const figure = h("figure", { class: "card chart" },
    h("figcaption", {}, h("h2", {}, title), summary ? h("span", {}, summary) : null),
    h("div", { class: "plot" }, drawing, told),
    series.length > 1 ? h("ul", { class: "legend" }, series.map((one) =>
      h("li", {}, h("i", { class: one.colour }), one.name))) : null,
    asTable({ title, unit, series, times }));
  const draw = () => drawInto(drawing, { unit, kind, series, times, tick, lowest });
  new ResizeObserver(draw).observe(drawing);
  drawing.addEventListener("pointermove", (event) => tell(drawing, told, event, { unit, series, times }));
  drawing.addEventListener("pointerleave", () => {
    told.hidden = true;
    drawing.querySelector(".cursor")?.remove();
  });
  return figure;
}

function drawInto(drawing, { unit, kind, series, times, tick, lowest }) {
  const width = drawing.clientWidth;
  if (!width) return;
  drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const stacked = times.map((_, n) => series.reduce((sum, one) => sum + (one.values[n] ?? 0), 0));
  const all = kind === "bars" ? stacked : series.flatMap((one) => one.values).filter((v) => v !== null);
  const ticks = scale(lowest ?? Math.min(0, ...all), Math.max(lowest === null ? 1 : lowest + 10, ...all));
  const [low, high] = [ticks[0], ticks.at(-1)];
  const step = (width - LEFT - RIGHT) / times.length;
  const x = (n) => LEFT + n * step;
  const y = (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  show(drawing,
    ticks.map((value) => [
      s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      s("text", { class: "axis", x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, shortNumber(value, unit)),
    ]),
    labels(times, tick, step, x),
    kind === "bars" ? bars(series, times, x, y, step) : lines(series, x, y, step));
}

function labels(times, tick, step, x) {
  let free = 0;
  return times.map((time, n) => {
    const text = tick(new Date(time * 1000));
    if (!text || x(n) < free || x(n) + 7 * text.length > x(times.length)) return null;
    free = x(n) + 7.5 * text.length + 10;
    return s("text", { class: "axis", x: x(n) + (step > 20 ? 0 : step / 2), y: HEIGHT - 5 }, text);
  });
}

function bars(series, times, x, y, step) {
  const wide = Math.max(1.5, step - Math.min(4, step * 0.28));
  return times.map((_, n) => {
    let from = 0;
    return series.map((one) => {
      const value = one.values[n] ?? 0;
      if (!value) return null;
      const [bottom, top] = [y(from), y(from + value)];
      from += value;
      return s("rect", { class: one.colour, x: x(n) + (step - wide) / 2, y: top, width: wide,
        height: Math.max(1, bottom - top - (from > value ? 1 : 0)), rx: Math.min(2, wide / 3) });
    });
  });
}

function lines(series, x, y, step) {
  return series.map((one) => {
    const pieces = [[]];
    one.values.forEach((value, n) => {
      if (value === null) pieces.push([]);
      else pieces.at(-1).push([x(n) + step / 2, y(value)]);
    });
    const found = pieces.filter((piece) => piece.length);
    return [
      found.map((piece) => s("polyline", { class: `trace ${one.colour}`, points: piece.join(" ") })),
      found.flat().map(([cx, cy]) => s("circle", { class: one.colour, cx, cy, r: step > 14 ? 2.6 : 1.8 })),
    ];
  });
}

/** Return about four round numbers from `low` to `high`, both included. */
function scale(low, high) {
  const rough = (high - low) / 3 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].find((each) => each * power >= rough) * power, 1);
  const first = Math.floor(low / step) * step;
  const count = Math.ceil((high - first) / step);
  return Array.from({ length: count + 1 }, (_, n) => first + n * step);
}

function shortNumber(value, unit) {
  if (unit === "ms" && Math.abs(value) >= 1000) return `${value / 1000} s`;
  if (unit === "s" && value >= 120) return `${Math.round(value / 6) / 10} m`;
  return String(value).replace("-", "−");
}

function tell(drawing, told, event, { unit, series, times }) {
  const box = drawing.getBoundingClientRect();
  const step = (box.width - LEFT - RIGHT) / times.length;
  const n = Math.floor((event.clientX - box.left - LEFT) / step);
  drawing.querySelector(".cursor")?.remove();
  told.hidden = n < 0 || n >= times.length;
  if (told.hidden) return;
  drawing.prepend(s("rect", { class: "cursor", x: LEFT + n * step, y: TOP, width: step, height: HEIGHT - TOP - BOTTOM }));
  show(told, h("b", {}, when(times[n])), series.map((one) => h("span", {}, h("i", { class: one.colour }), one.name,
    h("b", {}, one.values[n] === null ? "–" : `${round(one.values[n])} ${unit}`))));
  const wide = told.offsetWidth;
  told.style.left = `${Math.max(0, Math.min(box.width - wide, LEFT + n * step + (n > times.length / 2 ? -wide - 8 : step + 8)))}px`;
}

function asTable({ title, unit, series, times }) {
  const shown = times.map((time, n) => [time, series.map((one) => one.values[n])])
    .filter(([, values]) => values.some((value) => value));
  if (!shown.length) return h("p", { class: "muted nothing" }, "Nothing yet in this time.");
  return h("details", {}, h("summary", {}, "As a table"),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `${title}, as a table` },
      h("table", { class: "figures" },
        h("tr", {}, h("th", { scope: "col" }, "from"), series.map((one) => h("th", { scope: "col" }, `${one.name}${unit ? `, ${unit}` : ""}`))),
        shown.map(([time, values]) => h("tr", {}, h("th", { scope: "row" }, when(time)),
          values.map((value) => h("td", {}, value === null ? "–" : round(value))))))));
}

function round(value) {
  return String(Math.round(value * 10) / 10).replace("-", "−");
}

function when(time) {
  return new Date(time * 1000).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });
}
