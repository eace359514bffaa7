// The frame around the views: navigation, the state of the parts, the lock, the live connection.

import { live, post, Refused, token } from "./api.js";
import { button, h, icon, show } from "./dom.js";
import * as now from "./now.js";
import * as plots from "./plots.js";
import * as review from "./review.js";
import * as settings from "./settings.js";
import * as table from "./table.js";
import * as trying from "./try.js";

const VIEWS = { now, try: trying, table, review, plots, settings };
const main = document.getElementById("main");
const banner = document.getElementById("banner");
const dialog = document.getElementById("unlock");

let shown = null;
let unlocked = null;

/** What every view may use. */
const home = {
  state: {},
  about: {},
  /** Do something that needs the token, and ask for it if need be. Returns null if cancelled. */
  async changing(action) {
    for (;;) {
      if (!token.value && !(await unlock())) return null;
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 401) throw error;
        token.value = "";
      }
    }
  },
  /** Tell a screen reader. */
  say(text) {
    document.getElementById("spoken").textContent = text;
  },
};

// Navigation.

function go() {
  const hash = location.hash.slice(1);
  if (hash.startsWith("token=")) {
    token.value = hash.slice(6);
    history.replaceState(null, "", "#now");
  }
  if (hash === "main") return main.focus();
  const [name, detail] = location.hash.slice(1).split("/");
  const view = VIEWS[name] ?? now;
  shown?.close?.();
  shown = null;
  main.className = `view-${VIEWS[name] ? name : "now"}`;
  main.replaceChildren();
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.hash === `#${VIEWS[name] ? name : "now"}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${view.TITLE} · ${home.about.node ?? "voice2mqtt"}`;
  shown = view.open(main, home, detail) ?? null;
  scrollTo(0, 0);
}

// The token.

function drawLock() {
  const lock = document.getElementById("lock");
  const open = Boolean(token.value);
  show(lock, icon(open ? "unlock" : "lock"), h("span", {}, open ? "Lock changes" : "Unlock changes"));
  lock.setAttribute("aria-pressed", open);
}

function unlock() {
  if (unlocked) return unlocked.promise;
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  unlocked = { promise, resolve };
  document.getElementById("wrong").textContent = "";
  dialog.showModal();
  return promise;
}

function ended(did) {
  dialog.close();
  document.getElementById("token").value = "";
  unlocked?.resolve(did);
  unlocked = null;
}

dialog.addEventListener("cancel", () => ended(false));
document.getElementById("unlock-cancel").addEventListener("click", () => ended(false));
dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const before = token.value;
  token.value = document.getElementById("token").value.trim();
  try {
    await post("token");
    ended(true);
  } catch (error) {
    token.value = before;
    document.getElementById("wrong").textContent = error.message;
  }
});
document.getElementById("lock").addEventListener("click", () => {
  if (token.value) token.value = "";
  else unlock();
});
document.addEventListener("token", drawLock);

// The live connection.

function part(name, how, said, detail) {
  return h("li", { class: how, title: detail || null },
    h("i", { "aria-hidden": "true" }), h("span", {}, name), h("small", {}, said));
}

function drawParts() {
  const { state } = home;
  const there = (good) => [good ? "good" : "bad", good ? "ready" : "away"];
  const microphone = state.microphone_condition === "starting" ? ["wait", "starting"]
    : state.muted ? ["wait", "muted"] : there(state.microphone);
  show(document.getElementById("parts"),
    part("Microphone", ...microphone, state.microphone_reason),
    part("Speech host", ...there(state.host), state.host_reason),
    part("Broker", ...there(state.broker)));
}

function received(event) {
  if (event.event === "hello") {
    banner.hidden = true;
    home.about = event;
    home.state = event.state;
    document.getElementById("node").textContent = event.node;
    document.title = document.title.replace(/· .*/, `· ${event.node}`);
    drawParts();
  } else if (event.event === "state") {
    home.state = event.state;
    drawParts();
  }
  now.remember(event);
  shown?.received?.(event);
}

function lost(error) {
  banner.hidden = false;
  if (error.status === 401) {
    show(banner, "Reading needs the token here. ", button("Unlock", () => unlock(), { kind: "small" }));
  } else {
    show(banner, `${error.message || "The connection is lost"}; trying again …`);
  }
}

addEventListener("hashchange", go);
drawLock();
go();
live(received, lost);
