// Talks to the daemon. The token lives in this tab only; it is in no cookie and in no address.

const KEY = "voice2mqtt-token";
const AGAIN_MS = [1000, 2000, 5000, 10000];

/** A request that was not served, with a sentence that says why. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const token = {
  get value() {
    return sessionStorage.getItem(KEY) ?? "";
  },
  set value(text) {
    if (text) sessionStorage.setItem(KEY, text);
    else sessionStorage.removeItem(KEY);
    document.dispatchEvent(new Event("token"));
  },
};

function headers(more = {}) {
  return token.value ? { ...more, Authorization: `Bearer ${token.value}` } : more;
}

async function answered(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Refused(0, "the daemon does not answer");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, body.error ?? response.statusText);
  return body;
}

/** Return what is at `path`. */
export function get(path, query = {}) {
  const asked = new URLSearchParams(query);
  return answered(fetch(`/api/${path}?${asked}`, { headers: headers() }));
}

/** Ask for something to be done. */
export function post(path, body = {}) {
  return answered(
    fetch(`/api/${path}`, {
      method: "POST",
      headers: headers({ "Content-Type": "application/json" }),
      body: JSON.stringify(body),
    }),
  );
}

/** Call `onEvent` with each live event, for ever; `onLost` with why there are none for now. */
export async function live(onEvent, onLost) {
  for (let failures = 0; ; failures += 1) {
    try {
      // Not an EventSource, which cannot send the token.
      const response = await fetch("/api/live", { headers: headers() });
      if (!response.ok) {
        const body = await response.json().catch(() => ({}));
        throw new Refused(response.status, body.error ?? response.statusText);
      }
      failures = 0;
      await events(response.body, onEvent);
      onLost(new Refused(0, "the daemon has ended the connection"));
    } catch (error) {
      onLost(error);
    }
    const pause = AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)];
    await Promise.race([
      new Promise((resolve) => setTimeout(resolve, pause)),
      new Promise((resolve) => document.addEventListener("token", resolve, { once: true })),
    ]);
  }
}

async function events(stream, onEvent) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      if (part.startsWith("data: ")) onEvent(JSON.parse(part.slice(6)));
    }
  }
}
