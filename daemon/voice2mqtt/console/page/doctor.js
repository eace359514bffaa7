// The doctor with a button: what `voice2mqtt doctor` finds, each with its cure.

import { post } from "./api.js";
import { button, count, h, show } from "./dom.js";

const SEVERITIES = { ok: ["Well", "good"], warning: ["Warning", "ask"], error: ["Error", "bad"], skipped: ["Not looked at", "quiet"] };

/** Return the card with the button. */
export function doctor(home) {
  const found = h("div", { class: "checks", "aria-live": "polite" });
  const start = button("Examine everything", () => examine(), { symbol: "check" });

  async function examine() {
    try {
      const answer = await home.changing(() => {
        start.disabled = true;
        show(found, h("p", { class: "muted" }, "Looking; this can take half a minute. Say a command meanwhile, so that the microphone can be judged. The daemon hears it too."));
        return post("doctor");
      });
      show(found, answer && results(answer.checks));
    } catch (error) {
      show(found, h("p", { class: "wrong" }, error.message));
    }
    start.disabled = false;
  }

  return h("section", { class: "card doctor" },
    h("header", {}, h("div", {}, h("h2", {}, "Doctor"),
      h("p", { class: "muted" }, "Looks at everything from the microphone to the broker, and says what to do about what is wrong. It changes nothing.")), start),
    found);
}

function results(checks) {
  const number = (severity) => checks.filter((each) => each.severity === severity).length;
  const [errors, warnings] = [number("error"), number("warning")];
  return [
    h("p", { class: `verdict ${errors ? "fault" : warnings ? "warning" : "fine"}` },
      errors || warnings ? `${count(errors, "error")}, ${count(warnings, "warning")}; each with its cure` : "All is well"),
    h("ul", {}, checks.map(line)),
  ];
}

function line({ check, severity, sentence, cure }) {
  const [label, kind] = SEVERITIES[severity];
  return h("li", { class: kind }, h("span", { class: `pill ${kind}` }, label),
    h("div", {}, h("b", {}, check), h("p", {}, sentence), cure ? h("p", { class: "cure" }, "→ ", marked(cure)) : null));
}

/** Return `text` with what stands between backquotes as code. */
function marked(text) {
  return text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}
