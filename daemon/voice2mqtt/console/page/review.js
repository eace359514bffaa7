// What was not carried out, the most frequent first; one click mends it.

import { get, post, Refused } from "./api.js";
import { button, count, h, icon, show } from "./dom.js";
import { alignment, turn } from "./turn.js";

export const TITLE = "Review";

export function open(main, home) {
  const told = h("div", { class: "told-done", "aria-live": "polite" });
  const list = h("div", { class: "cases" }, h("p", { class: "muted" }, "…"));
  const subtitle = h("p", { class: "muted" });
  main.append(
    h("div", { class: "title" }, h("div", {}, h("h1", {}, "Review"), subtitle),
      button("Undo last", () => change("undo"), { symbol: "undo" })),
    told, list);

  async function load() {
    try {
      const { sounds } = await get("review");
      const times = sounds.reduce((sum, each) => sum + each.count, 0);
      subtitle.textContent = sounds.length
        ? `${count(times, "sentence")} not carried out, ${count(sounds.length, "kind")}`
        : "What was not carried out, to be made a command in one click";
      show(list, sounds.length ? sounds.map((each, n) => card(each, n === 0 && each.nearest.length > 0))
        : h("p", { class: "card empty" }, icon("check"), "Nothing waits for you. What is not understood will be listed here."));
    } catch (error) {
      show(list, h("p", { class: "card wrong" }, error.message));
    }
  }

  /** Do one of the actions, and show what it did. */
  async function change(action, body = {}) {
    try {
      const done = await home.changing(() => post(`review/${action}`, body));
      if (!done) return;
      show(told, h("p", { class: "card done" }, icon("check"), h("span", {}, done.what),
        action === "undo" ? null : button("Undo", () => change("undo"), { kind: "small" })),
      done.events.map((event) => turn(event, { dryRun: true })));
      await load();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      show(told, h("p", { class: "card wrong" }, error.message));
    }
    told.scrollIntoView({ block: "nearest" });
  }

  function card(each, opened) {
    const near = each.nearest[0];
    const inside = h("div", { class: "case-inside" }, h("p", { class: "muted" }, "…"));
    const more = h("details", { class: "case-more" }, h("summary", {}, "Look closer"), inside);
    more.addEventListener("toggle", () => more.open && closer(inside, each, change), { once: true });
    more.open = opened;
    return h("article", { class: "card case" },
      h("header", {},
        h("span", { class: "times", title: "How often" }, `${each.count}×`),
        h("h3", { class: "heard" }, each.text),
        each.recorded ? listen(each.recorded) : null,
        h("time", {}, ago(each.last_at_s))),
      h("div", { class: "quick" },
        near ? button(h("span", {}, "Accept as ", h("b", {}, `“${near.sentence}”`)),
          () => change("accept", { sound: each.sound, sentence: near.sentence }), { kind: "soft" }) : null,
        button("Right to refuse", () => change("right", { sound: each.sound })),
        button("Ignore", () => change("ignore", { sound: each.sound }))),
      more);
  }

  load();
  return {
    received(event) {
      if (event.event === "kept" || event.event === "hello") load();
    },
  };
}

/** Fill `inside` with the comparison, the other rows, and a row of its own. */
async function closer(inside, each, change) {
  try {
    const known = await get("review/case", { sound: each.sound });
    const other = h("input", { type: "text", "aria-label": "Another sentence of the table", placeholder: "another sentence of the table" });
    const topic = h("input", { type: "text", value: known.messages[0]?.topic ?? "", placeholder: "home/kitchen/light/set" });
    const payload = h("input", { type: "text", value: known.messages[0]?.payload ?? "", placeholder: "ON" });
    show(inside,
      h("p", { class: "reason" }, known.is_command ? "By now it is a command." : each.reason),
      known.alignment.length ? alignment(known.alignment) : null,
      known.alias || known.words.length ? h("p", { class: "muted" }, "The table would get ",
        known.alias ? h("code", {}, `also_heard_as: ${known.alias}`) : null,
        known.alias && known.words.length ? " and " : null,
        known.words.length ? ["the word ", h("code", {}, known.words.join(", "))] : null, ".") : null,
      known.no_alias && known.nearest.length ? h("p", { class: "muted" }, known.no_alias) : null,
      h("div", { class: "forms" },
        h("fieldset", {}, h("legend", {}, "It meant something else"),
          h("div", { class: "chips" }, known.nearest.slice(1).map((near) =>
            button(near.sentence, () => change("accept", { sound: each.sound, sentence: near.sentence }), { kind: "chip" }))),
          h("form", { class: "line", onsubmit: (event) => { event.preventDefault(); change("accept", { sound: each.sound, sentence: other.value }); } },
            other, h("button", {}, "Accept"))),
        h("fieldset", {}, h("legend", {}, "Give it a row of its own"),
          h("form", { class: "own-row", onsubmit: (event) => { event.preventDefault(); change("row", { sound: each.sound, topic: topic.value, payload: payload.value }); } },
            h("label", {}, "Topic", topic), h("label", {}, "Payload", payload), h("button", {}, "Add the row")))));
  } catch (error) {
    show(inside, h("p", { class: "muted" }, error.message));
  }
}

function listen(id) {
  const control = button("Listen", async () => {
    try {
      const { wav } = await get("review/recording", { id });
      const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0));
      const address = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
      const player = new Audio(address);
      player.addEventListener("ended", () => URL.revokeObjectURL(address));
      await player.play();
    } catch (error) {
      control.title = error.message;
    }
  }, { kind: "small", symbol: "play" });
  return control;
}

function ago(at_s) {
  const minutes = Math.round((Date.now() / 1000 - at_s) / 60);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h ago`;
  return `${Math.round(minutes / 1440)} days ago`;
}
