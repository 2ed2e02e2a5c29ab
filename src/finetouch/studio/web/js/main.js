// Puts the page together: panels, keys, dropping and pasting.

import "./canvas/element.js";
import { actionOf, nameOf, typing } from "./keys.js";
import { h, iconButton } from "./dom.js";
import { projectUrl } from "./api.js";
import { save } from "./dom.js";
import { batchDialog } from "./panels/batch.js";
import { exportDialog, helpDialog, projectsDialog, settingsDialog } from "./panels/dialogs.js";
import { historyPanel, stripPanel } from "./panels/history.js";
import { stagesPanel } from "./panels/stages.js";
import { applyPanel, errorBox, instructionPanel } from "./panels/jobs.js";
import { planPanel } from "./panels/plan.js";
import { maskBar, setBrush, setTool, toggleMask, toolBar } from "./panels/tools.js";
import { Session, freshState } from "./session.js";
import { Store } from "./store.js";

const $ = (name) => document.getElementById(name);
const canvas = $("canvas");
const store = new Store(freshState());
const session = new Session(store, canvas);

const dialogs = { help: helpDialog(), settings: settingsDialog(session), export: exportDialog(session), batch: batchDialog(session), projects: projectsDialog(session) };
const file = h("input", { type: "file", accept: "image/*,.finetouch,.zip", hidden: true, id: "file", onchange: (e) => {
  if (e.target.files[0]) session.openFile(e.target.files[0]);
  e.target.value = "";
} });
document.body.append(file);

const saveProject = () => session.sendDraft().then(() => save(projectUrl(session.s.project.id)));
$("bar").append(
  h("strong", { class: "brand" }, "Finetouch"),
  h("button", { type: "button", onclick: () => file.click() }, "Open"),
  h("button", { type: "button", onclick: () => dialogs.projects.show_() }, "Recent"),
  h("span", { id: "name", class: "grow" }),
  iconButton("undo", "Undo (Ctrl+Z)", () => session.undo()),
  iconButton("redo", "Redo (Ctrl+Shift+Z)", () => session.redo()),
  iconButton("compare", "Compare before and after (Y)", () => toggleCompare(), { id: "compare" }),
  h("button", { type: "button", "data-needs": "project", onclick: saveProject }, "Save project"),
  h("button", { type: "button", "data-needs": "project", onclick: () => dialogs.batch.showModal() }, "Batch"),
  h("button", { type: "button", "data-needs": "project", class: "primary", id: "export-open", onclick: () => dialogs.export.showModal() }, "Save picture"),
  iconButton("settings", "Settings", () => dialogs.settings.showModal()),
  iconButton("help", "Keys (?)", () => dialogs.help.showModal()),
);
toolBar($("tools"), session);
maskBar($("mask-bar"), session);
instructionPanel($("instruction"), session);
planPanel($("plan"), session);
applyPanel($("apply-panel"), session);
stagesPanel($("stages"), session);
historyPanel($("history"), session);
stripPanel($("strip"), session);
errorBox($("error"), session);
viewBar();

const slider = $("slider");
slider.addEventListener("input", () => session.setCompare(Number(slider.value)));
store.on(["compare", "project", "scale"], (s) => {
  slider.hidden = s.compare === null;
  if (s.compare !== null) {
    const { view, size } = canvas;
    slider.value = s.compare;
    slider.style.left = `${view.x}px`;
    slider.style.width = `${size[0] * view.scale}px`;
  }
  $("compare").setAttribute("aria-pressed", String(s.compare !== null));
  $("compare").disabled = !session.head?.parent;
});
canvas.addEventListener("ft-view", () => store.set({ compare: canvas.compare }));
canvas.addEventListener("ft-brush", (e) => setBrush(session, { radius: canvas.brush.radius * e.detail.factor }));

store.on(["project"], (s) => {
  $("name").textContent = s.project?.name ?? "";
  document.title = s.project ? `${s.project.name} – Finetouch` : "Finetouch";
  document.body.classList.toggle("empty", !s.project);
  for (const b of document.querySelectorAll("[data-needs=project]")) b.disabled = !s.project;
});
let sized = null;
store.on(["project"], (s) => {
  if (!s.project || sized === s.project.id) return;
  sized = s.project.id;
  setBrush(session, { radius: Math.max(2, Math.round(Math.max(...session.head.size) * 0.02)) });
});
store.on(["status", "busy"], (s) => {
  $("status").textContent = s.status;
  document.body.classList.toggle("busy", s.busy);
});
store.on(["settings"], (s) => (document.documentElement.dataset.theme = s.settings.theme));

function viewBar() {
  const scale = h("output", { id: "scale", "aria-label": "Zoom" });
  const detail = h("span", { class: "dim" });
  $("view-bar").append(detail,
    iconButton("minus", "Zoom out (-)", () => canvas.zoom(1 / 1.25)), scale, iconButton("plus", "Zoom in (+)", () => canvas.zoom(1.25)),
    h("button", { type: "button", class: "small", onclick: () => canvas.fit() }, "Fit"),
    h("button", { type: "button", class: "small", onclick: () => canvas.actualSize() }, "100 %"));
  store.on(["scale", "project"], (s) => {
    scale.textContent = `${Math.round(s.scale * devicePixelRatio * 100)} %`;
    detail.textContent = session.head ? `${session.head.size[0]} × ${session.head.size[1]}` : "";
  });
}

function toggleCompare() {
  session.setCompare(canvas.compare === null ? 0.5 : null);
}

const ACTIONS = {
  "brush.smaller": () => setBrush(session, { radius: canvas.brush.radius / 1.2 }),
  "brush.larger": () => setBrush(session, { radius: canvas.brush.radius * 1.2 }),
  "brush.softer": () => setBrush(session, { hardness: canvas.brush.hardness - 0.1 }),
  "brush.harder": () => setBrush(session, { hardness: canvas.brush.hardness + 0.1 }),
  undo: () => session.undo(), redo: () => session.redo(), apply: () => session.apply(), again: () => session.again(),
  cancel: () => session.cancel(), escape,
  "mask.show": () => toggleMask(session), "mask.invert": () => session.maskOp("invert"), "mask.clear": () => session.maskOp("clear"),
  compare: toggleCompare,
  original: () => {
    canvas.holdOriginal = Boolean(canvas.original);
    canvas.dirty();
  },
  "view.fit": () => canvas.fit(), "view.actual": () => canvas.actualSize(), "view.in": () => canvas.zoom(1.25), "view.out": () => canvas.zoom(1 / 1.25),
  words: () => $("words").focus(), "project.save": () => session.s.project && saveProject(), open: () => file.click(),
  export: () => session.s.project && dialogs.export.showModal(), help: () => dialogs.help.showModal(),
};

function escape() {
  if (canvas.abort()) return;
  if (canvas.drawing.points.length) session.pointsGone();
  else if (session.s.job) session.cancel();
  else if (canvas.compare !== null) session.setCompare(null);
}

const ALWAYS = /^(ctrl\+(s|o|enter|shift\+s)|escape)$/;

addEventListener("keydown", (e) => {
  if (document.querySelector("dialog[open]")) return;
  const name = nameOf(e);
  if (typing(e) && !(ALWAYS.test(name) && !(name === "escape"))) {
    if (e.key === "Escape") e.target.blur();
    return;
  }
  const onCanvas = document.activeElement === canvas;
  if (onCanvas && /^(Arrow|Enter$)/.test(e.key) && !e.ctrlKey) return crossKey(e);
  if (e.key === " " && (onCanvas || document.activeElement === document.body)) {
    canvas.panning = true;
    e.preventDefault();
    return undefined;
  }
  const single = !name.startsWith("ctrl+") && name !== "escape";
  const { singleKeys } = session.s.settings;
  if (single && (singleKeys === "off" || (singleKeys === "canvas" && !onCanvas))) return undefined;
  const action = actionOf(e);
  if (!action) return undefined;
  e.preventDefault();
  const [kind, which] = action.split(".");
  if (kind === "tool") setTool(session, which);
  else if (kind === "region") {
    const region = session.step?.regions[Number(which) - 1];
    if (region) session.pickRegion(region.id);
  } else ACTIONS[action]();
  return undefined;
});

addEventListener("keyup", (e) => {
  if (e.key === " ") canvas.panning = false;
  if (e.key.toLowerCase() === "o" || e.key === "\\") {
    canvas.holdOriginal = false;
    canvas.dirty();
  }
});

function crossKey(e) {
  e.preventDefault();
  const far = e.shiftKey ? 10 : 1;
  const by = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far], Enter: [0, 0] }[e.key] ?? [0, 0];
  canvas.key(...by, e.key === "Enter" ? e : null);
}

for (const name of ["dragover", "dragleave", "drop"]) {
  addEventListener(name, (e) => {
    e.preventDefault();
    document.body.classList.toggle("dropping", name === "dragover");
    const dropped = name === "drop" && e.dataTransfer.files[0];
    if (dropped) session.openFile(dropped);
  });
}
addEventListener("paste", (e) => {
  const pasted = [...e.clipboardData.files].find((f) => f.type.startsWith("image/"));
  if (pasted) session.openFile(pasted);
});
addEventListener("pagehide", () => session.sendDraft(true));
$("welcome-open").addEventListener("click", () => file.click());
for (const b of document.querySelectorAll("[data-sample]")) b.addEventListener("click", () => session.openSample(b.dataset.sample));

setTool(session, "brush");
setBrush(session, { radius: 24 });
globalThis.studio = session;
session.begin().then(() => document.documentElement.setAttribute("data-ready", ""));
