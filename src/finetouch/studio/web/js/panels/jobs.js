// The instruction, Apply, progress and what went wrong.

import * as api from "../api.js";
import { h, icon } from "../dom.js";
import { openable } from "./stages.js";

const STAGES = { read: "opening", select: "finding", edit: "editing", verify: "checking", save: "writing", step: "step", waiting: "waiting its turn", starting: "starting" };

export function instructionPanel(root, session) {
  const words = h("textarea", {
    id: "words", rows: 2, placeholder: "remove the lamp and make the bed red", "aria-label": "What to change", spellcheck: "false",
    onkeydown: (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.ctrlKey && !e.isComposing) {
        e.preventDefault();
        if (words.value.trim()) session.readPlan(words.value.trim());
      } else if (e.key === "ArrowUp" && !words.value) words.value = session.s.instruction || session.head?.plan?.instruction || "";
    },
  });
  const plan = h("button", { type: "button", class: "small", onclick: () => words.value.trim() && session.readPlan(words.value.trim()) }, "Plan (Enter)");
  root.append(h("div", { class: "row spread" }, h("h2", {}, "Say what to change"), plan), words);
  session.store.on(["instruction"], (s) => {
    words.value = s.instruction;
  });
  session.store.on(["project"], (s) => (words.disabled = !s.project));
}

export function applyPanel(root, session) {
  const apply = h("button", { type: "button", class: "primary", id: "apply", onclick: () => session.apply() }, "Apply");
  const again = h("button", { type: "button", id: "again", title: "The same edit with a new seed (Shift+R)", onclick: () => session.again() }, "Try again");
  const variants = h("select", { "aria-label": "How many variants", title: "How many variants", onchange: (e) => session.setting({ variants: e.target.value }) },
    [1, 2, 4].map((n) => h("option", { value: n }, n === 1 ? "1 result" : `${n} variants`)));
  const bar = h("progress", { max: 1, "aria-label": "Progress" });
  const text = h("span", { class: "grow" });
  const cancel = h("button", { type: "button", id: "cancel", onclick: () => session.cancel() }, "Cancel");
  const running = h("div", { class: "running", hidden: true }, h("div", { class: "row" }, text, cancel), bar);
  const live = h("div", { class: "visually-hidden", "aria-live": "polite" });
  const report = h("ul", { class: "report" });
  root.append(h("div", { class: "row" }, apply, again, variants), running, live, report);
  session.store.on(["job", "steps", "project", "settings"], (s) => {
    const usable = s.steps.some((x) => x.enabled && !(x.spare && !x.drawing.ops.length));
    apply.disabled = !usable || Boolean(s.job);
    again.disabled = Boolean(s.job) || !(usable || session.head?.parent);
    variants.value = s.settings.variants;
    running.hidden = !s.job;
    if (!s.job) {
      live.textContent = "";
      return;
    }
    if (s.job.share === null || s.job.share === undefined) bar.removeAttribute("value");
    else bar.value = s.job.share;
    const count = s.job.total > 1 ? ` ${s.job.step} of ${s.job.total}` : "";
    const eta = s.job.eta ? `, about ${Math.ceil(s.job.eta)} s left` : "";
    text.textContent = `${STAGES[s.job.stage] ?? s.job.stage}${count}${s.job.message ? `: ${s.job.message}` : ""}${eta}`;
    const quarter = `${Math.floor((s.job.share ?? 0) * 4) * 25} percent`;
    if (live.textContent !== quarter) live.textContent = quarter;
  });
  session.store.on(["project"], () => {
    const { head } = session;
    const lines = head?.report ?? [];
    report.replaceChildren(...lines.map((line) => h("li", {}, line)));
    report.hidden = !lines.length;
  });
}

function soFar(error) {
  const names = error.pictures ?? [];
  return names.length > 0 && h("div", { class: "pieces" }, names.map((name) => openable(name, "What was made before it failed")));
}

/** Errors stay until they are read; each says what to do. */
export function errorBox(root, session) {
  root.setAttribute("role", "alert");
  session.store.on(["error"], ({ error }) => {
    root.hidden = !error;
    root.replaceChildren();
    if (!error) return;
    const download = error.kind === "ModelMissing" && h("button", { type: "button", onclick: () => fetchModels(session) }, "Download");
    const retry = error.retry && h("button", { type: "button", onclick: () => session.retry(error.retry) }, "Try again");
    root.append(icon("warning"), h("div", { class: "grow" }, h("strong", {}, error.message), error.hint ? h("div", {}, error.hint) : "", soFar(error)),
      ...[download, retry].filter(Boolean), h("button", { type: "button", "aria-label": "Close", class: "icon-button", onclick: () => session.store.set({ error: null }) }, icon("close")));
  });
}

/** Fetches the models of the chosen preset; progress is asked for, because it belongs to no project. */
export async function fetchModels(session, onProgress = () => {}) {
  session.store.set({ error: null });
  const made = await session.guard(() => api.post("/models/download", { preset: session.s.settings.preset, roles: [] }));
  if (!made) return;
  for (;;) {
    await new Promise((done) => setTimeout(done, 1000));
    const job = await api.get(`/jobs/${made.job}`);
    const { progress } = job;
    const text = progress.message ? `${progress.message} ${progress.total ? Math.round(progress.step / progress.total * 100) : 0} %` : job.state;
    session.store.set({ status: `Downloading: ${text}` });
    onProgress(text);
    if (["queued", "running"].includes(job.state)) continue;
    session.store.set({ status: "", models: (await api.get("/models")).presets, error: job.error ? { ...job.error } : null });
    return;
  }
}
