// What is heard at this moment, and what became of the last sentences.

import { post } from "./api.js";
import { button, h, icon, show } from "./dom.js";
import { Scope } from "./scope.js";
import { OUTCOMES, spoken, turn } from "./turn.js";

export const TITLE = "Now";

const KEPT = 40;
const SILENT_DB = -100;
const SAID = {
  idle: "Listening", woken: "Awake", hearing: "Hearing", recognising: "Recognising",
  asking: "Asking back",
};

/** What has come since the page was opened; it outlives a change of view. */
const turns = [];
let activity = "idle";
let interim = "";

function find(id) {
  return turns.find((kept) => kept.id === id);
}

/** Keep what `event` tells. */
export function remember(event) {
  switch (event.event) {
    case "hello":
      turns.length = 0;
      event.recent.forEach(remember);
      break;
    case "activity":
      activity = event.activity;
      if (activity === "hearing") interim = "";
      break;
    case "interim":
      interim = event.text;
      break;
    case "stages":
      turns.unshift({ id: event.id, events: [], stages: event, delivered: {} });
      turns.splice(KEPT);
      break;
    case "delivered":
      if (find(event.id)) find(event.id).delivered[event.row] = event;
      break;
    default:
      if (!(event.event in OUTCOMES)) break;
      if (!find(event.id)) turns.unshift({ id: event.id, events: [], stages: null, delivered: {} });
      if (!event.event.startsWith("not_")) find(event.id).events.push(event);
      if (event.text) interim = event.text;
      turns.splice(KEPT);
  }
}

export function open(main, home) {
  const canvas = h("canvas", { class: "scope", role: "img", "aria-label": "Level of the microphone" });
  const pill = h("span", { class: "pill live" });
  const level = h("span", { class: "level" });
  const caption = h("p", { class: "caption" });
  const mute = button("", () => toggleMute(home, mute), { kind: "small" });
  const list = h("div", { class: "turns" });
  const numbers = h("dl", { class: "numbers" });
  main.append(
    h("h1", { class: "unseen" }, "Now"),
    h("section", { class: "hero card", "aria-label": "Microphone" },
      h("div", { class: "hero-top" }, pill, level, mute),
      canvas, caption),
    numbers,
    h("h2", {}, "Last sentences"),
    list);
  const scope = new Scope(canvas);
  let shownLevel = 0;

  function drawActivity() {
    const muted = home.state.muted;
    const heard = home.state.microphone !== false;
    pill.className = `pill live ${muted || !heard ? "off" : activity}`;
    pill.textContent = muted ? "Muted" : heard ? SAID[activity] ?? activity : "No microphone";
    show(mute, icon(muted ? "mic" : "mute"), muted ? "Listen again" : "Mute");
    const waiting = activity === "hearing" ? "…" : "Say a command …";
    caption.textContent = interim || (heard ? waiting : home.state.microphone_reason || "");
    caption.classList.toggle("waiting", !interim);
  }

  function drawTurns() {
    const cards = turns.flatMap((kept, place) => kept.events.map((event) => turn(event, {
      stages: kept.stages,
      delivered: kept.delivered[event.row] ?? null,
      open: place === 0 && event.event !== "command",
    })));
    show(list, cards.length ? cards
      : h("p", { class: "card empty" }, "Nothing has been said since the daemon was started. Say one of your commands, or ",
        h("a", { href: "#try" }, "type one"), "."));
  }

  function drawNumbers() {
    const counters = home.state.counters ?? {};
    const number = (name, value, unit = "") => h("div", {}, h("dt", {}, name),
      h("dd", {}, value ?? "–", unit ? h("small", {}, ` ${unit}`) : null));
    const times = turns.map((kept) => kept.events[0]?.latency_ms).filter((ms) => ms).sort((a, b) => a - b);
    show(numbers,
      number("Commands", counters.commands),
      number("Not carried out", counters.unmatched === undefined ? null
        : counters.unmatched + counters.no_match + counters.canceled),
      number("Median latency", times.length ? Math.round(times[times.length >> 1]) : null, times.length ? "ms" : ""),
      number("Audio sent today", home.state.metered_s_today === undefined ? null
        : Math.round(home.state.metered_s_today), "s"));
  }

  function draw() {
    drawActivity();
    drawTurns();
    drawNumbers();
  }

  draw();
  return {
    received(event) {
      if (event.event === "level") {
        scope.add(event);
        if (Date.now() - shownLevel < 400) return;
        shownLevel = Date.now();
        show(level, decibels(event.level_db),
          event.floor_db > SILENT_DB ? h("span", {}, `, noise ${decibels(event.floor_db)}`) : null);
      } else if (event.event === "activity" || event.event === "interim") {
        drawActivity();
      } else {
        draw();
        if (event.event in OUTCOMES) home.say(spoken(event));
      }
    },
    close() {
      scope.close();
    },
  };
}

function decibels(db) {
  return `${Math.round(db)} dB`.replace("-", "−");
}

async function toggleMute(home, control) {
  try {
    await home.changing(() => post("mute", { on: !home.state.muted }));
  } catch (error) {
    control.title = error.message;
  }
}
