// Settings, help, export, projects: plain <dialog>s.

import * as api from "../api.js";
import { h, iconButton, options, save, saveText } from "../dom.js";
import { KEYS } from "../keys.js";
import { fetchModels } from "./jobs.js";

export function dialog(name, heading, ...content) {
  const made = h("dialog", { id: name, "aria-label": heading },
    h("div", { class: "row spread" }, h("h2", {}, heading), iconButton("close", "Close", () => made.close())), ...content);
  made.addEventListener("click", (e) => e.target === made && made.close());
  document.body.append(made);
  return made;
}

export function helpDialog() {
  const rows = KEYS.filter(([, , text]) => text).map(([key, , text]) => h("tr", {}, h("td", {}, h("kbd", {}, shown(key))), h("td", {}, text)));
  return dialog("help", "Keys", h("table", { class: "keys" }, h("tbody", {}, rows)),
    h("p", { class: "dim" }, "Alt or the right button takes away with every mask tool. Shift-click draws a straight line. Two fingers pan and zoom."));
}

const shown = (key) => key.split("+").map((k) => (k.length === 1 ? k.toUpperCase() : k[0]?.toUpperCase() + k.slice(1))).join(" + ").replace(/^ \+ $/, "+") || "+";

export function settingsDialog(session) {
  const { store } = session;
  const field = (label, input, help) => h("label", {}, h("span", {}, label), input, help ? h("small", {}, help) : null);
  const select = (name, rows) => {
    const made = h("select", { onchange: (e) => session.setting({ [name]: e.target.value }) });
    store.on(["settings", "models"], (s) => options(made, rows(s), s.settings[name]));
    return made;
  };
  const number = (name, low, high) => {
    const made = h("input", { type: "number", min: low, max: high, onchange: (e) => session.setting({ [name]: e.target.value }) });
    store.on(["settings"], (s) => (made.value = s.settings[name]));
    return made;
  };
  const box = (name) => {
    const made = h("input", { type: "checkbox", onchange: (e) => session.setting({ [name]: e.target.checked }) });
    store.on(["settings"], (s) => (made.checked = s.settings[name]));
    return made;
  };
  const missing = h("div", { class: "note" });
  store.on(["settings", "models"], (s) => {
    const preset = s.models.find((m) => m.preset === s.settings.preset);
    missing.hidden = !preset?.missing.length;
    if (!missing.hidden) {
      const size = preset.bytes ? `${(preset.bytes / 1e9).toFixed(1)} GB` : "size not known yet";
      missing.replaceChildren(`Not on this machine: ${preset.missing.join(", ")} (${size}). `,
        h("button", { type: "button", class: "small", onclick: () => fetchModels(session, (t) => (missing.lastChild.textContent = ` ${t}`)) }, "Download"), h("span"));
    }
  });
  return dialog("settings", "Settings", h("div", { class: "form" },
    field("Preset", select("preset", (s) => s.models.map((m) => [m.preset, m.preset])), "Which models and methods do the work."), missing,
    field("Device", select("device", () => [["", "as started"], ["auto", "automatic"], ["cpu", "CPU"], ["cuda", "GPU (CUDA)"], ["mps", "GPU (Apple)"]])),
    field("Seed", number("seed", 0), "The same seed gives the same result; empty draws a new one each time."),
    field("Widen by", number("grow", -500, 500), "px added around what was selected; empty leaves it to the method."),
    field("Feather", number("feather", 0, 500), "px over which the rim is softened inwards."),
    field("Look again afterwards", box("verify"), "Measures whether the edit worked."),
    field("Apply at once", box("atOnce"), "Apply right after the plan was read."),
    field("Single keys", select("singleKeys", () => [["on", "on"], ["canvas", "only on the picture"], ["off", "off"]])),
    field("Look", select("theme", () => [["", "as the system"], ["light", "light"], ["dark", "dark"]]))));
}

export function exportDialog(session) {
  const kind = h("select", {}, [["same", "as opened"], ["png", "PNG (every pixel)"], ["jpg", "JPEG"], ["webp", "WebP (every pixel)"], ["tiff", "TIFF (every pixel)"]].map(([v, t]) => h("option", { value: v }, t)));
  const quality = h("input", { type: "number", min: 1, max: 100, value: 95 });
  const note = h("p", { class: "note" });
  const made = dialog("export", "Save", h("div", { class: "form" },
    h("label", {}, h("span", {}, "Format"), kind), h("label", {}, h("span", {}, "JPEG quality"), quality), note),
  h("div", { class: "row" },
    h("button", { type: "button", class: "primary", id: "save-picture", onclick: () => download() }, "Save picture"),
    h("button", { type: "button", onclick: () => copyPicture(session) }, "Copy picture"),
    h("button", { type: "button", onclick: () => exportPlan(session) }, "Save plan")));
  const tell = () => {
    const lossy = kind.value === "jpg" || (kind.value === "same" && /\.(jpg|avif|heic)$/.test(session.root?.picture ?? ""));
    note.textContent = lossy ? "JPEG re-compresses the whole picture; choose PNG to keep untouched pixels bit-identical." : "Untouched pixels stay bit-identical. How it was made is stored in the file.";
  };
  kind.addEventListener("change", tell);
  made.addEventListener("toggle", tell);
  function download() {
    const values = { format: kind.value, source: session.root.picture, quality: quality.value, name: session.s.project.name };
    save(api.fileUrl(session.head.picture, values));
    made.close();
  }
  return made;
}

async function copyPicture(session) {
  await session.guard(async () => {
    const file = await api.call("GET", `/pictures/${session.head.picture}/file?format=png`, undefined, { blob: true });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": file.slice(0, file.size, "image/png") })]);
    session.store.set({ status: "Copied." });
  });
}

/** The plan that is being made, else everything that was done to the photo so far. */
export function planNow(session) {
  const { steps, plan } = session.s;
  const chosen = steps.filter((s) => s.enabled && !s.spare);
  if (chosen.length) return { ...(plan ?? {}), steps: chosen.map((s) => s.step) };
  const done = [];
  for (let node = session.head; node?.plan; node = session.node(node.parent)) done.unshift(node.plan);
  if (!done.length) return null;
  const instruction = done.map((p) => p.instruction).filter(Boolean).join(", then ");
  return { ...done[0], instruction, steps: done.flatMap((p) => p.steps) };
}

function exportPlan(session) {
  const plan = planNow(session);
  if (plan) saveText(JSON.stringify(plan, null, 2), "plan.json");
}

export function projectsDialog(session) {
  const list = h("ul", { class: "projects" });
  const made = dialog("projects", "Recent", list);
  made.show_ = async () => {
    const { projects } = await api.get("/projects");
    list.replaceChildren(...projects.filter((p) => p.picture).map((p) => h("li", {}, h("button", {
      type: "button", class: "state", onclick: () => {
        made.close();
        session.openProject(p.id);
      },
    }, h("img", { src: api.thumbUrl(p.picture), alt: "" }), h("span", { class: "words" }, h("span", { class: "name" }, p.name), h("small", {}, `${p.nodes - 1} edits · ${new Date(p.changed * 1000).toLocaleString()}`))))));
    made.showModal();
  };
  return made;
}
