// The tool bar, brush settings and mask buttons.

import { maskUrl } from "../api.js";
import { h, icon, iconButton, save } from "../dom.js";

const TOOLS = [
  ["smart", "Smart select (W)"], ["brush", "Brush (B)"], ["eraser", "Eraser (E)"], ["lasso", "Lasso (L)"], ["box", "Box (M)"],
  ["pick", "Pick a region (V)"], ["hand", "Move the view (H)"],
];

export function toolBar(root, session) {
  const { canvas } = session;
  root.setAttribute("role", "toolbar");
  root.setAttribute("aria-label", "Tools");
  root.setAttribute("aria-orientation", "vertical");
  const buttons = TOOLS.map(([name, label]) => h("button", {
    type: "button", class: "tool", "data-tool": name, "aria-label": label, title: label, onclick: () => setTool(session, name),
  }, icon(name)));
  root.append(...buttons);
  root.addEventListener("keydown", (e) => {
    const by = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!by) return;
    e.preventDefault();
    const at = (buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length;
    buttons[at].focus();
  });
  session.store.on(["tool"], () => {
    for (const b of buttons) {
      const on = b.dataset.tool === canvas.tool;
      b.setAttribute("aria-pressed", String(on));
      b.tabIndex = on ? 0 : -1;
    }
  });
}

export function setTool(session, name) {
  session.canvas.tool = name;
  session.store.set({ tool: name });
}

export function setBrush(session, patch) {
  const { canvas } = session;
  const radius = Math.min(2000, Math.max(1, patch.radius ?? canvas.brush.radius));
  const hardness = Math.min(1, Math.max(0, patch.hardness ?? canvas.brush.hardness));
  canvas.brush = { radius, hardness };
  if (canvas.cursor) canvas.cursor.radius = radius;
  canvas.dirty();
  session.store.set({ brush: canvas.brush });
}

/** Size and hardness of the brush, and what can be done to the whole mask. */
export function maskBar(root, session) {
  const size = h("input", { type: "range", min: 0, max: 100, step: 0.5, "aria-label": "Brush size", oninput: (e) => setBrush(session, { radius: Math.exp(e.target.value / 100 * Math.log(800)) }) });
  const shown = h("output", { class: "px" });
  const hard = h("input", { type: "range", min: 0, max: 1, step: 0.05, "aria-label": "Brush hardness", oninput: (e) => setBrush(session, { hardness: Number(e.target.value) }) });
  const px = h("input", { type: "number", min: 1, max: 500, value: 6, class: "px-field", "aria-label": "Pixels to grow, shrink or feather" });
  const by = () => Math.min(500, Math.max(1, Number(px.value) || 1));
  const text = (label, tip, onclick) => h("button", { type: "button", class: "small", title: tip, onclick }, label);
  const file = h("input", { type: "file", accept: "image/*", hidden: true, onchange: (e) => e.target.files[0] && session.uploadMask(e.target.files[0]) });
  root.append(
    h("span", { class: "group brushes" }, h("label", {}, "Size ", size, shown), h("label", {}, "Hardness ", hard)),
    h("span", { class: "group" }, px, h("span", { class: "dim" }, "px"),
      text("Grow", "Make the mask larger", () => session.maskOp("grow", by())),
      text("Shrink", "Make the mask smaller", () => session.maskOp("shrink", by())),
      text("Feather", "Soften the rim inwards", () => session.maskOp("feather", by())),
      text("Invert", "Everything else instead (Shift+V)", () => session.maskOp("invert")),
      text("Clear", "Empty the mask (Ctrl+D)", () => session.maskOp("clear"))),
    h("span", { class: "group" },
      iconButton("eye", "Show the mask (Q)", () => toggleMask(session), { "data-id": "mask-show" }),
      iconButton("upload", "Upload a mask", () => file.click()),
      iconButton("download", "Download the mask", async () => {
        const mask = await session.downloadMask();
        if (mask) save(maskUrl(mask), "mask.png");
      }), file));
  session.store.on(["brush", "tool"], () => {
    const { radius, hardness } = session.canvas.brush;
    size.value = Math.log(radius) / Math.log(800) * 100;
    hard.value = hardness;
    shown.textContent = `${Math.round(radius * 2)} px`;
    root.querySelector(".brushes").style.visibility = ["brush", "eraser"].includes(session.canvas.tool) ? "visible" : "hidden";
  });
}

export function toggleMask(session) {
  const { canvas } = session;
  canvas.showMask = canvas.showOutlines = !canvas.showMask;
  document.querySelector("[data-id=mask-show]")?.setAttribute("aria-pressed", String(canvas.showMask));
  canvas.dirty();
}
