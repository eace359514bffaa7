// Type or speak a sentence: see what would be done, or have it done.

import { get, post, Refused } from "./api.js";
import { button, h, icon, show } from "./dom.js";
import { record, unavailable } from "./recorder.js";
import { turn } from "./turn.js";

export const TITLE = "Try";

const LONGEST_MS = 15000;

export function open(main, home) {
  const input = h("input", { id: "sentence", type: "text", autocomplete: "off", maxlength: "1000", required: true,
    placeholder: "turn on the kitchen light", enterkeyhint: "go" });
  const answer = h("div", { class: "turns", "aria-live": "polite" });
  const examples = h("div", { class: "chips" });
  const speak = button("", () => (ending ? finish() : begin()), { kind: "speak" });
  const form = h("form", { class: "card ask-form", onsubmit: (event) => { event.preventDefault(); attempt(); } },
    h("label", { for: "sentence" }, "What would it do if somebody said"),
    h("div", { class: "line" }, input, h("button", { class: "primary" }, "Try"), speak),
    h("p", { class: "muted" }, "Nothing is published. ",
      button("Do it for real", () => forReal(), { kind: "link" }), " needs the token."),
    unavailable ? h("p", { class: "muted" }, unavailable) : null);
  main.append(h("h1", {}, "Try a sentence"), form, examples, answer);
  input.focus({ preventScroll: true });

  let ending = null;
  let timer = 0;
  let closed = false;
  drawSpeak();

  function drawSpeak() {
    show(speak, icon("mic"), ending ? "Stop" : "Speak");
    speak.classList.toggle("recording", Boolean(ending));
    speak.setAttribute("aria-pressed", Boolean(ending));
    speak.disabled = Boolean(unavailable);
  }

  async function begin() {
    speak.disabled = true;
    try {
      ending = await record();
      timer = setTimeout(finish, LONGEST_MS);
      show(answer, h("p", { class: "card muted" }, "Listening. Say a command, then press Stop."));
      if (closed) cancel();
    } catch (error) {
      failed(`The browser gives no microphone: ${error.message}`);
    }
    drawSpeak();
  }

  function cancel() {
    clearTimeout(timer);
    const end = ending;
    ending = null;
    return end?.();
  }

  async function finish() {
    const recorded = cancel();
    drawSpeak();
    speak.disabled = true;
    show(answer, h("p", { class: "card muted" }, "Recognising …"));
    try {
      const heard = await hear(await recorded);
      if (!heard) show(answer);
      else {
        showEvents(heard.events);
        input.value = heard.events[0].text || input.value;
      }
    } catch (error) {
      failed(error.message);
    }
    drawSpeak();
  }

  /** Have it recognised; a cloud that is paid for needs the token. */
  async function hear(pcm) {
    try {
      return await post("hear", { pcm });
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      return home.changing(() => post("hear", { pcm }));
    }
  }

  function showEvents(events) {
    show(answer, events.map((event) => turn(event, { open: true, dryRun: true })));
  }

  function failed(why) {
    show(answer, h("p", { class: "card wrong" }, why));
  }

  async function attempt() {
    try {
      showEvents((await post("try", { text: input.value })).events);
    } catch (error) {
      failed(error.message);
    }
  }

  async function forReal() {
    if (!form.reportValidity()) return;
    try {
      const done = await home.changing(() => post("say", { text: input.value }));
      if (done) show(answer, h("p", { class: "card done" }, "It is being handled as if it had been heard. ",
        h("a", { href: "#now" }, "See what became of it")));
    } catch (error) {
      failed(error.message);
    }
  }

  get("table").then(({ table }) => {
    const rows = table?.rows ?? [];
    show(examples, rows.slice(0, 8).map((row) => button(row.examples.at(-1), () => {
      input.value = row.examples.at(-1);
      attempt();
    }, { kind: "chip" })));
  }).catch(() => {});

  return { close: () => { closed = true; cancel()?.catch(() => {}); } };
}
