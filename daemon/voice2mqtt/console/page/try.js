// Type a sentence: see what would be done, or have it done.

import { get, post } from "./api.js";
import { button, h, show } from "./dom.js";
import { turn } from "./turn.js";

export const TITLE = "Try";

export function open(main, home) {
  const input = h("input", { id: "sentence", type: "text", autocomplete: "off", maxlength: "1000", required: true,
    placeholder: "turn on the kitchen light", enterkeyhint: "go" });
  const answer = h("div", { class: "turns", "aria-live": "polite" });
  const examples = h("div", { class: "chips" });
  const form = h("form", { class: "card ask-form", onsubmit: (event) => { event.preventDefault(); attempt(); } },
    h("label", { for: "sentence" }, "What would it do if somebody said"),
    h("div", { class: "line" }, input, h("button", { class: "primary" }, "Try")),
    h("p", { class: "muted" }, "Nothing is published. ",
      button("Do it for real", () => forReal(), { kind: "link" }), " needs the token."));
  main.append(h("h1", {}, "Try a sentence"), form, examples, answer);
  input.focus({ preventScroll: true });

  async function attempt() {
    try {
      const { events } = await post("try", { text: input.value });
      show(answer, events.map((event) => turn(event, { open: true, rehearsed: true })));
    } catch (error) {
      show(answer, h("p", { class: "card wrong" }, error.message));
    }
  }

  async function forReal() {
    if (!form.reportValidity()) return;
    try {
      const done = await home.changing(() => post("say", { text: input.value }));
      if (done) show(answer, h("p", { class: "card done" }, "It is being handled as if it had been heard. ",
        h("a", { href: "#now" }, "See what became of it")));
    } catch (error) {
      show(answer, h("p", { class: "card wrong" }, error.message));
    }
  }

  get("table").then(({ table }) => {
    const rows = table?.rows ?? [];
    show(examples, rows.slice(0, 8).map((row) => button(row.examples.at(-1), () => {
      input.value = row.examples.at(-1);
      attempt();
    }, { kind: "chip" })));
  }).catch(() => {});
}
