// All talking to the server: JSON, pictures, the stream of events.

const BASE = "/api/v1";

export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || `The server answered ${status}.`);
    this.hint = body?.hint || "";
    this.status = status;
    this.kind = body?.title || "";
    this.body = body;
  }
}

export async function call(method, path, body, options = {}) {
  const json = body !== undefined && !(body instanceof Blob) && !(body instanceof FormData);
  let answer;
  try {
    answer = await fetch(BASE + path, {
      method, signal: options.signal,
      headers: json ? { "Content-Type": "application/json" } : {},
      body: json ? JSON.stringify(body) : body,
      keepalive: options.keepalive,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The studio does not answer.", hint: "Is the program still running? Start it again: nothing finished is lost." });
  }
  const text = options.blob && answer.ok ? null : await answer.text();
  if (!answer.ok) throw new Problem(answer.status, parsed(text));
  if (options.blob) return answer.blob();
  return text ? JSON.parse(text) : null;
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body, options) => call("POST", path, body, options);

/** A picture of the server as bitmap. */
export async function bitmap(path, options) {
  return createImageBitmap(await call("GET", path, undefined, { ...options, blob: true }));
}

export const proxyPath = (picture, side = 2048) => `/pictures/${picture}/proxy?max=${side}`;
export const thumbUrl = (picture) => `${BASE}/pictures/${picture}/thumb`;
export const fileUrl = (picture, values) => `${BASE}/pictures/${picture}/file?${new URLSearchParams(values)}`;
export const projectUrl = (project) => `${BASE}/projects/${project}/file`;
export const maskUrl = (mask) => `${BASE}/masks/${mask}?max=65536`;

/** Listens to a project; returns the function that ends it. */
export function listen(project, onEvent, onOpen) {
  const source = new EventSource(`${BASE}/events?project=${project}`);
  const names = ["queued", "started", "progress", "done", "failed", "cancelled", "interrupted"].map((n) => `job.${n}`);
  for (const name of [...names, "history.changed"]) source.addEventListener(name, (e) => onEvent(JSON.parse(e.data)));
  source.addEventListener("hello", () => onOpen());
  const stop = () => source.close();
  addEventListener("pagehide", stop, { once: true });
  return stop;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { detail: text?.slice(0, 200) };
  }
}
