// The same plan on many photos: a table with what became of each.

import * as api from "../api.js";
import { h } from "../dom.js";
import { dialog, planNow } from "./dialogs.js";

export function batchDialog(session) {
  const say = h("p", { class: "note" });
  const table = h("tbody");
  const summary = h("strong", { role: "status" });
  const stop = h("button", { type: "button", class: "small", hidden: true, onclick: () => (stopped = true) }, "Stop");
  let stopped = false;
  const files = h("input", { type: "file", multiple: true, accept: "image/*", "aria-label": "Photos", onchange: (e) => run([...e.target.files]) });
  const folder = h("input", { type: "file", multiple: true, webkitdirectory: true, "aria-label": "A folder", onchange: (e) => run([...e.target.files]) });
  const made = dialog("batch", "Do the same to other photos", say,
    h("div", { class: "row" }, h("label", {}, "Photos ", files), h("label", {}, "or a folder ", folder)),
    h("div", { class: "row spread" }, summary, stop),
    h("table", { class: "batch" }, h("thead", {}, h("tr", {}, ["Before", "After", "File", "State"].map((t) => h("th", {}, t)))), table));
  made.addEventListener("toggle", () => {
    const plan = planNow(session);
    say.textContent = plan ? `Plan: ${plan.instruction || plan.steps.map((s) => s.op).join(", ")}. Things are looked for anew in each photo.` : "Make a plan first.";
    files.disabled = folder.disabled = !plan;
  });

  async function run(chosen) {
    const plan = planNow(session);
    const clean = { ...plan, steps: plan.steps.map((s) => ({ ...s, points: [], box: null, mask: null })) };
    const pictures = chosen.filter((f) => /^image\//.test(f.type) || /\.(jpe?g|png|webp|avif|tiff?|bmp|heic)$/i.test(f.name));
    const rows = pictures.map((file) => addRow(file));
    stopped = stop.hidden = false;
    files.disabled = folder.disabled = true;
    let done = 0, failed = 0;
    const tell = (end) => (summary.textContent = `${done} of ${rows.length} done${failed ? `, ${failed} failed` : ""}${end}`);
    tell(" …");
    for (const row of rows) {
      if (stopped) row.state.textContent = "not begun";
      else if (await one(row, clean)) done++;
      else failed++;
      tell(stopped ? ", stopping" : " …");
    }
    tell(stopped ? ", stopped" : rows.length ? "" : ": no photos there");
    stop.hidden = true;
    files.disabled = folder.disabled = false;
  }

  function addRow(file) {
    const state = h("td", {}, "waiting"), before = h("td"), after = h("td");
    table.append(h("tr", {}, before, after, h("td", {}, file.name), state));
    return { file, state, before, after };
  }

  async function one(row, plan) {
    const { seed: _seed, ...engine } = session.engine();
    const form = new FormData();
    form.append("image", row.file, row.file.name);
    form.append("request", JSON.stringify({ plan, ...engine }));
    try {
      const { job, picture } = await api.post("/edits", form);
      row.before.append(h("img", { src: api.thumbUrl(picture), alt: "before" }));
      let found;
      do {
        found = await api.get(`/jobs/${job}?wait=1`);
        row.state.textContent = found.progress?.stage ?? found.state;
      } while (["queued", "running"].includes(found.state));
      if (found.state !== "done") throw new api.Problem(422, { detail: found.error?.message ?? found.state, hint: found.error?.hint });
      row.after.append(h("img", { src: api.thumbUrl(found.result.picture), alt: "after" }));
      row.state.replaceChildren("done ", h("a", { href: api.fileUrl(found.result.picture, { format: "png", name: row.file.name }), download: "" }, "save"));
      return true;
    } catch (error) {
      row.state.textContent = `failed: ${error.message} ${error.hint ?? ""}`;
      row.state.className = "bad";
      return false;
    }
  }
  return made;
}
