// The command table: what can be said, and the file itself, to be edited.

import { get, post } from "./api.js";
import { button, count, h, icon, show } from "./dom.js";

export const TITLE = "Table";

export function open(main, home, detail) {
  const search = h("input", { type: "search", id: "search", placeholder: "Search what can be said", "aria-label": "Search" });
  const list = h("div", { class: "rows" });
  const subtitle = h("p", { class: "muted" });
  const tabs = [
    ["read", h("a", { href: "#table" }, "What can be said")],
    ["edit", h("a", { href: "#table/edit" }, "Edit")],
  ];
  const editing = detail === "edit" || /^\d+$/.test(detail ?? "");
  for (const [name, link] of tabs) {
    if ((name === "edit") === editing) link.setAttribute("aria-current", "true");
  }
  const body = h("div", {}, h("p", { class: "muted" }, "Reading the table …"));
  main.append(
    h("div", { class: "title" }, h("div", {}, h("h1", {}, "Command table"), subtitle),
      h("nav", { class: "tabs", "aria-label": "Table" }, tabs.map(([, link]) => link))),
    body);
  let editor = null;

  async function load() {
    try {
      const read = await get("table");
      subtitle.textContent = read.path;
      if (editing) {
        editor = new Editor(body, home, read, Number(detail) || 0, load);
      } else {
        show(body, h("div", { class: "search" }, icon("search"), search), list);
        drawRows(read);
        search.oninput = () => drawRows(read);
      }
    } catch (error) {
      show(body, h("p", { class: "card wrong" }, error.message));
    }
  }

  function drawRows({ table, problems }) {
    if (!table) {
      show(list, h("p", { class: "card wrong" }, `There ${problems.length === 1 ? "is" : "are"} ${count(problems.length, "fault")} in the table. `,
        h("a", { href: `#table/${problems[0].line}` }, "See and mend it")));
      return;
    }
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    const rows = table.rows.filter((row) => fits(JSON.stringify(row).toLowerCase()));
    const lists = table.lists.filter((each) => fits(JSON.stringify(each).toLowerCase()));
    show(list,
      h("p", { class: "muted found", role: "status" }, words.length
        ? `${count(rows.length, "command")} of ${table.rows.length}`
        : `${count(table.rows.length, "command")}, ${count(table.lists.length, "list")}, ${count(table.tests, "test")}`),
      rows.slice(0, 300).map(rowCard),
      rows.length > 300 ? h("p", { class: "muted" }, `${rows.length - 300} more; search for them`) : null,
      lists.length ? h("h2", {}, "Lists") : null,
      h("div", { class: "lists" }, lists.slice(0, 100).map(listCard)));
  }

  load();
  return {
    received(event) {
      if (event.event === "reloaded" && !editor) load();
      if (editor) editor.received(event);
    },
    close() {
      editor?.close();
    },
  };
}

/** Return a template with its slots and optional words marked. */
function template(text) {
  const parts = text.split(/(\{[^{}]*\}|<[^<>]*>|\[[^[\]{}]*\]|[()|[\]])/).filter(Boolean);
  return h("code", { class: "template" }, parts.map((part) => {
    if (part.startsWith("{")) return h("span", { class: "slot" }, part.slice(1, -1).replace(/^.*:/, ""));
    if (part.startsWith("<")) return h("span", { class: "rule" }, part.slice(1, -1));
    if (/^\[.*\]$/.test(part)) return h("span", { class: "optional" }, part);
    if (/^[()|[\]]$/.test(part)) return h("span", { class: "sign" }, part);
    return part;
  }));
}

function rowCard(row) {
  return h("article", { class: "card row" },
    h("header", {}, h("h3", {}, row.name),
      row.line ? h("a", { class: "place", href: `#table/${row.line}` }, `line ${row.line}`) : null),
    h("ul", { class: "says" }, row.say.map((text) => h("li", {}, template(text))),
      row.also.map((text) => h("li", { class: "also" }, template(text), h("small", {}, "also heard as")))),
    h("ul", { class: "messages" }, row.messages.map((message) => h("li", {},
      h("code", {}, h("span", { class: "topic" }, message.topic), h("span", { class: "payload" }, message.payload)),
      message.retain ? h("small", {}, "retained") : null))),
    row.notes.length ? h("ul", { class: "notes" }, row.notes.map((note) => h("li", {}, note))) : null,
    h("details", {}, h("summary", {}, count(row.sentences, "sentence")),
      h("ul", { class: "examples" }, row.examples.map((example) => h("li", {}, example)))));
}

function listCard(list) {
  return h("article", { class: "card list" },
    h("h3", {}, list.name),
    h("p", {}, list.values.slice(0, 40).map((value) => h("span", { class: "value" }, value.in,
      value.out && value.out !== value.in ? h("small", {}, value.out) : null)),
      list.values.length > 40 ? h("span", { class: "muted" }, `and ${list.values.length - 40} more`) : null));
}

/** The file in a text field, with line numbers, and its problems at their lines. */
class Editor {
  constructor(body, home, read, line, reload) {
    this.home = home;
    this.read = read;
    this.reload = reload;
    this.gutter = h("ol", { class: "gutter", "aria-hidden": "true" });
    this.text = h("textarea", { spellcheck: "false", autocapitalize: "off", wrap: "off", "aria-label": "The command table, YAML",
      "aria-describedby": "problems", oninput: () => this.changed(), onscroll: () => this.scrolled(),
      onkeydown: (event) => this.key(event) });
    this.text.value = read.text;
    this.problems = h("div", { class: "problems", id: "problems", role: "status" });
    this.checkButton = button("Check", () => this.check());
    this.saveButton = button("Save", () => this.save(), { kind: "primary" });
    this.undoButton = button("Undo", () => this.undo(), { symbol: "undo", title: "Bring back what was there before the last save" });
    this.undoButton.disabled = !read.can_undo;
    show(body, h("div", { class: "editor card" }, h("div", { class: "sheet" }, this.gutter, this.text),
      h("div", { class: "toolbar" }, this.problems, h("div", { class: "actions" }, this.undoButton, this.checkButton, this.saveButton))));
    this.leaving = (event) => { if (this.dirty) event.preventDefault(); };
    addEventListener("beforeunload", this.leaving);
    this.showProblems(read.problems);
    this.changed();
    if (line) this.goTo(line);
  }

  get dirty() {
    return this.text.value !== this.read.text;
  }

  close() {
    removeEventListener("beforeunload", this.leaving);
  }

  changed() {
    const lines = this.text.value.split("\n").length;
    if (this.gutter.childElementCount !== lines) this.number(lines);
    this.saveButton.disabled = !this.dirty;
    clearTimeout(this.soon);
    if (this.dirty) this.soon = setTimeout(() => this.check(), 700);
  }

  number(lines) {
    const marked = new Map(this.found?.map((problem) => [problem.line, problem.fault ? "fault" : "warning"]));
    show(this.gutter, Array.from({ length: lines }, (_, n) => h("li", { class: marked.get(n + 1) ?? null }, n + 1)));
    this.scrolled();
  }

  scrolled() {
    this.gutter.style.transform = `translateY(${-this.text.scrollTop}px)`;
  }

  key(event) {
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.save();
    }
  }

  goTo(line, column = 1) {
    const before = this.text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    // First, since a field that gets the focus scrolls to where its cursor is.
    this.text.setSelectionRange(before + column - 1, before + column - 1);
    this.text.focus({ preventScroll: true });
    const height = parseFloat(getComputedStyle(this.text).lineHeight);
    this.text.scrollTop = Math.max(0, (line - 5) * height);
  }

  showProblems(found) {
    this.found = found;
    const faults = found.filter((problem) => problem.fault);
    const kind = faults.length ? "fault" : found.length ? "warning" : "fine";
    const title = faults.length ? count(faults.length, "fault") : found.length ? count(found.length, "warning") : "No faults";
    show(this.problems, h("p", { class: `verdict ${kind}` }, icon(faults.length ? "cross" : "check"), title),
      found.length ? h("ul", {}, found.slice(0, 50).map((problem) => h("li", {},
        button(`line ${problem.line}`, () => this.goTo(problem.line, problem.column), { kind: "link" }),
        h("span", {}, problem.problem), problem.hint ? h("small", {}, problem.hint) : null))) : null);
    this.number(this.text.value.split("\n").length);
  }

  tell(kind, text) {
    this.problems.prepend(h("p", { class: `verdict ${kind}` }, text));
  }

  async check() {
    clearTimeout(this.soon);
    const text = this.text.value;
    try {
      const { problems } = await post("table/check", { text });
      if (text === this.text.value) this.showProblems(problems);
    } catch (error) {
      this.tell("fault", error.message);
    }
  }

  async save() {
    if (!this.dirty) return;
    clearTimeout(this.soon);
    const text = this.text.value;
    try {
      const done = await this.home.changing(() => post("table/save", { text, version: this.read.version }));
      if (!done) return;
      this.showProblems(done.problems);
      if (done.saved) await this.renew("Saved");
      else this.tell("fault", "Not saved: the faults come first");
    } catch (error) {
      this.tell("fault", error.message);
    }
  }

  async undo() {
    if (this.dirty && !confirm("Throw away what you have not saved?")) return;
    try {
      const done = await this.home.changing(() => post("table/undo"));
      if (done) await this.renew("Undone");
    } catch (error) {
      this.tell("fault", error.message);
    }
  }

  async renew(told) {
    this.read = await get("table");
    if (this.text.value !== this.read.text) this.text.value = this.read.text;
    this.undoButton.disabled = !this.read.can_undo;
    this.showProblems(this.read.problems);
    this.changed();
    this.tell("fine", `${told}; the daemon is reading it …`);
  }

  received(event) {
    if (event.event === "reloaded") this.tell("fine", `In force: ${event.reason}`);
    if (event.event === "reload_refused") this.tell("fault", "The daemon keeps the old table");
  }
}
