import { h } from "./dom.js";

export const TITLE = "Plots";

export function open(main) {
  main.append(h("h1", {}, "Plots"));
}
