// The last day or week in pictures.

import { get } from "./api.js";
import { chart } from "./chart.js";
import { h, show } from "./dom.js";

export const TITLE = "Plots";

const REFUSALS = [
  ["not_in_table", "not in the table", "bad"],
  ["no_words", "no words found", "one"],
  ["not_allowed", "not allowed then", "four"],
  ["no_wake_phrase", "no wake phrase", "five"],
  ["canceled", "not recognised", "six"],
  ["held_back", "another room acts", "two"],
];
const AGAIN_MS = 20_000;

export function open(main, home, detail) {
  const span = detail === "week" ? "week" : "day";
  const body = h("div", { class: "charts" }, h("p", { class: "muted" }, "…"));
  main.append(
    h("div", { class: "title" }, h("h1", {}, "Plots"),
      h("nav", { class: "tabs", "aria-label": "Time shown" },
        [["day", "Day"], ["week", "Week"]].map(([name, label]) =>
          h("a", { href: `#plots/${name}`, "aria-current": name === span ? "true" : null }, label)))),
    body);

  async function load() {
    try {
      show(body, charts(await get("plots", { span }), span));
    } catch (error) {
      show(body, h("p", { class: "card wrong" }, error.message));
    }
  }

  load();
  const regularly = setInterval(load, AGAIN_MS);
  return {
    received(event) {
      if (event.event === "kept" || event.event === "hello") load();
    },
    close() {
      clearInterval(regularly);
    },
  };
}

function charts({ begin_s, period_s, count, periods }, span) {
  const times = Array.from({ length: count }, (_, n) => begin_s + n * period_s);
  const values = (pick, none = null) => {
    const found = Array(count).fill(none);
    for (const period of periods) found[period.number] = pick(period) ?? none;
    return found;
  };
  const sum = (pick) => periods.reduce((all, period) => all + (pick(period) ?? 0), 0);
  const tick = span === "day"
    ? (date) => (date.getMinutes() === 0 && date.getHours() % 3 === 0 ? `${String(date.getHours()).padStart(2, "0")}:00` : "")
    : (date) => (date.getHours() < 3 ? date.toLocaleDateString([], { weekday: "short" }) : "");
  const common = { times, tick };
  const commands = sum((p) => p.kinds.command);
  const asked = sum((p) => p.kinds.ask);
  const refused = REFUSALS.map(([key, name, colour]) => ({ name, colour, total: sum((p) => p.refusals[key]), values: values((p) => p.refusals[key], 0) }))
    .filter((one) => one.total);
  const speeds = periods.flatMap((p) => p.latency_ms["50"] ?? []).sort((a, b) => a - b);
  return [
    chart({ ...common, kind: "bars", title: "Commands", unit: "",
      summary: `${commands} carried out, ${asked} asked back`,
      series: [{ name: "carried out", colour: "two", values: values((p) => p.kinds.command, 0) },
        { name: "asked back", colour: "three", values: values((p) => p.kinds.ask, 0) }] }),
    chart({ ...common, kind: "bars", title: "Not carried out", unit: "",
      summary: `${refused.reduce((all, one) => all + one.total, 0)} sentences`,
      series: refused.length ? refused : [{ name: "none", colour: "bad", values: values(() => 0, 0) }] }),
    chart({ ...common, kind: "lines", title: "Latency", unit: "ms",
      summary: speeds.length ? `median ${speeds[speeds.length >> 1]} ms after the last word` : "",
      series: [{ name: "median", colour: "two", values: values((p) => p.latency_ms["50"]) },
        { name: "95 %", colour: "three", values: values((p) => p.latency_ms["95"]) }] }),
    chart({ ...common, kind: "lines", title: "Level", unit: "dB", lowest: -80,
      summary: "of speech and of the room",
      series: [{ name: "speech", colour: "two", values: values((p) => p.level_dbfs) },
        { name: "noise floor", colour: "one", values: values((p) => p.noise_dbfs) }] }),
    chart({ ...common, kind: "bars", title: "Audio sent to the host", unit: "s",
      summary: `${Math.round(sum((p) => p.audio_s))} s in all`,
      series: [{ name: "audio", colour: "four", values: values((p) => p.audio_s, 0) }] }),
  ];
}
