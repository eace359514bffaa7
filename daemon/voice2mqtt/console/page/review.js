import { h } from "./dom.js";

export const TITLE = "Review";

export function open(main) {
  main.append(h("h1", {}, "Review"));
}
