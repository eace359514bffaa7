// One sentence: what was heard, what was decided, why, what became of it, and how long it took.

import { get } from "./api.js";
import { clock, h, icon, show } from "./dom.js";

export const OUTCOMES = {
  command: ["Command", "good"],
  ask: ["Asked back", "ask"],
  unmatched: ["Not carried out", "bad"],
  held_back: ["Another room acts", "quiet"],
  no_match: ["No words", "quiet"],
  canceled: ["Not recognised", "bad"],
  not_done: ["Not delivered", "bad"],
  not_obeyed: ["Device did not confirm", "bad"],
};

const STAGES = [
  ["endpoint_ms", "end of speech found", "one"],
  ["recognise_ms", "recognised", "two"],
  ["decide_ms", "decided", "three"],
  ["after_ms", "acknowledged", "four"],
];

/** Return one sentence for a screen reader. */
export function spoken(event) {
  const [label] = OUTCOMES[event.event] ?? [event.event];
  return `${event.text || "no words"}: ${label}${event.row ? `, ${event.row}` : ""}`;
}

/** Return the card of `event`; `stages` and `delivered` are further events about it, if known. */
export function turn(event, { stages = null, delivered = null, open = false, dryRun = false } = {}) {
  const [label, kind] = OUTCOMES[event.event] ?? [event.event.replaceAll("_", " "), "quiet"];
  const messages = event.messages.map((message) => messageLine(message, delivered, dryRun));
  return h("article", { class: `card turn ${kind}`, "data-id": event.id },
    h("header", {},
      h("span", { class: `pill ${kind}` }, dryRun && kind === "good" ? "Would do this" : label),
      event.row ? h("span", { class: "row-name" }, event.row) : null,
      h("time", { datetime: event.at }, clock(event.at))),
    h("h3", { class: event.text ? "heard" : "heard none" }, event.text || "nothing that sounded like words"),
    event.question ? h("p", { class: "question" }, `“${event.question}”`) : null,
    messages.length ? h("ul", { class: "messages" }, messages) : null,
    event.reason ? h("p", { class: "reason" }, event.reason) : null,
    stages ? latency(stages, delivered) : null,
    picture(event, open));
}

function messageLine(message, delivered, dryRun) {
  const details = [message.qos ? `qos ${message.qos}` : "", message.retain ? "retained" : ""].filter(Boolean);
  let delivery = null;
  if (dryRun) delivery = null;
  else if (!delivered) delivery = h("span", { class: "delivery wait" }, "on its way");
  else if (delivered.done) delivery = h("span", { class: "delivery good" }, icon("check"), "acknowledged");
  else delivery = h("span", { class: "delivery bad" }, icon("cross"), delivered.reason || "not delivered");
  return h("li", {},
    h("code", {}, h("span", { class: "topic" }, message.topic), h("span", { class: "payload" }, message.payload)),
    details.length ? h("small", {}, details.join(", ")) : null, delivery);
}

function latency(stages, delivered) {
  const times = { ...stages, after_ms: delivered?.after_ms ?? 0 };
  const passed = delivered ? STAGES : STAGES.slice(0, -1);
  const total = passed.reduce((sum, [key]) => sum + times[key], 0);
  const said = passed.map(([key, name]) => `${name} ${Math.round(times[key])} ms`).join(", ");
  const bar = h("div", { class: "stages", role: "img", "aria-label": said },
    passed.map(([key, name, colour]) => {
      const piece = h("i", { class: colour, title: `${name}: ${Math.round(times[key])} ms` });
      piece.style.flexGrow = Math.max(times[key], total / 200);
      return piece;
    }));
  return h("div", { class: "latency" }, bar,
    h("ul", { class: "legend", "aria-hidden": "true" },
      passed.map(([key, name, colour]) => h("li", {}, h("i", { class: colour }), name,
        h("b", {}, `${Math.round(times[key])} ms`)))),
    h("span", { class: "total" }, h("b", {}, Math.round(total)), " ms after the last word"));
}

function picture(event, open) {
  const nearest = event.nearest[0];
  if (!nearest || !event.text) return null;
  const inside = h("div", { class: "picture" }, h("p", { class: "muted" }, "…"));
  const box = h("details", { class: "why" },
    h("summary", {}, `Compared with “${nearest.sentence}”`,
      h("small", {}, `${nearest.row} · distance ${nearest.distance.toFixed(2)}`)),
    inside);
  box.addEventListener("toggle", () => box.open && drawPicture(inside, event, nearest), { once: true });
  box.open = open;
  return box;
}

async function drawPicture(inside, event, nearest) {
  try {
    const { matches } = await get("alignment", { heard: event.text, said: nearest.sentence });
    show(inside, alignment(matches), others(event));
  } catch (error) {
    show(inside, h("p", { class: "muted" }, error.message));
  }
}

/** Return the words of the table above those that were heard, with their sounds. */
export function alignment(matches) {
  const cell = (word, sounds) => h("td", {},
    h("b", {}, word || "–"), h("small", { lang: "und-fonipa" }, sounds || " "));
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Comparison by sound" },
    h("table", { class: "alignment" },
      h("tr", {}, h("th", { scope: "row" }, "table"), matches.map((m) => cell(m.said, m.said_sounds))),
      h("tr", { class: "link" }, h("th", { scope: "row" }, "differs"),
        matches.map((m) => h("td", { class: m.cost === 0 ? "same" : m.cost < 0.8 ? "near" : "far" },
          m.cost === 0 ? "the same" : m.cost.toFixed(1)))),
      h("tr", {}, h("th", { scope: "row" }, "heard"), matches.map((m) => cell(m.heard, m.heard_sounds)))));
}

function others(event) {
  if (event.nearest.length < 2) return null;
  return h("ul", { class: "others" }, event.nearest.slice(1).map((near) =>
    h("li", {}, `“${near.sentence}” `, h("small", {}, `${near.row} · ${near.distance.toFixed(2)}`))));
}
