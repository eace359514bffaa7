// The settings in force, and where each is written; the doctor.

import { get } from "./api.js";
import { doctor } from "./doctor.js";
import { h, show } from "./dom.js";

export const TITLE = "Settings";

const NAMES = { general: "General", mqtt: "MQTT", home_assistant: "Home Assistant" };

export function open(main, home) {
  const body = h("div", {}, h("p", { class: "muted" }, "…"));
  const only = h("input", { type: "checkbox", id: "only" });
  const where = h("p", { class: "muted" });
  main.append(
    h("div", { class: "title" }, h("div", {}, h("h1", {}, "Settings in force"), where),
      h("label", { class: "switch", for: "only" }, only, "Only what is written")),
    doctor(home), body);
  get("settings").then(({ path, settings }) => {
    where.textContent = path;
    const draw = () => show(body, sections(settings.filter((each) => !only.checked || each.line)));
    only.addEventListener("change", draw);
    draw();
    if (home.about.version) body.append(h("p", { class: "muted foot" }, `voice2mqtt ${home.about.version}. Secrets stay in their files; a change of the settings needs a restart of the daemon.`));
  }).catch((error) => show(body, h("p", { class: "card wrong" }, error.message)));
}

function sections(settings) {
  const groups = new Map();
  for (const each of settings) {
    const [first, ...rest] = each.key.split(".");
    const section = rest.length ? first : "general";
    if (!groups.has(section)) groups.set(section, []);
    groups.get(section).push({ ...each, name: rest.length ? rest.join(".") : first });
  }
  return h("div", { class: "sections" }, [...groups].map(([section, entries]) =>
    h("section", { class: "card" },
      h("h2", {}, NAMES[section] ?? section),
      h("dl", { class: "settings" }, entries.map((entry) => h("div", { class: entry.line ? "written" : null },
        h("dt", {}, entry.name),
        h("dd", {}, h("code", {}, entry.value || "–"),
          h("small", {}, entry.line ? `line ${entry.line}` : "default"))))))));
}
