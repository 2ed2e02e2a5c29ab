// The canvas with a small tool bar, for pages of others (the Gradio component). It knows no server.

import "./element.js";
import * as drawing from "./ops.js";

const TOOLS = [
  ["brush", "Brush", "b"], ["eraser", "Eraser", "e"], ["lasso", "Lasso", "l"], ["box", "Box", "m"],
  ["smart", "Point (Alt: not this)", "w"], ["hand", "Move", "h"],
];

/**
 * Puts a canvas into an element.
 * @param {HTMLElement} root where to
 * @param {(drawing: {ops: object[], points: object[]}) => void} changed is told of every change by hand
 * @param {(name: string) => Promise<ImageBitmap>} lookup gives a stored mask as a grey picture
 * @returns {{canvas: HTMLElement, show: Function}} the element, and the way to show a picture with a drawing
 */
export function mount(root, changed, lookup) {
  const canvas = document.createElement("ft-canvas");
  canvas.style.cssText = "flex:1;min-height:0;border-radius:8px;background:rgb(128 128 128/.18)";
  canvas.connect(lookup, () => Promise.reject(new Error("There is no server here that could draw this.")));
  const bar = document.createElement("div");
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Drawing");
  bar.style.cssText = "display:flex;flex-wrap:wrap;gap:4px;align-items:center;padding:4px 0";
  const button = (text, title, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, title, onclick: act });
    made.style.cssText = "padding:3px 9px;border:1px solid rgb(128 128 128/.5);border-radius:6px;background:none;color:inherit;font:inherit;font-size:14px;cursor:pointer";
    bar.append(made);
    return made;
  };
  const take = (name) => {
    canvas.tool = name;
    for (const [tool, made] of buttons) {
      made.setAttribute("aria-pressed", String(tool === name));
      made.style.background = tool === name ? "rgb(99 102 241/.25)" : "none";
    }
  };
  const buttons = TOOLS.map(([name, text, key]) => [name, button(text, `${text} (${key.toUpperCase()})`, () => take(name))]);
  const size = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, step: 1, title: "Brush size" });
  size.setAttribute("aria-label", "Brush size");
  size.oninput = () => (canvas.brush = { ...canvas.brush, radius: Math.exp(size.value / 100 * Math.log(800)) });
  bar.append(size);
  const put = (next) => next !== canvas.drawing && canvas.update(next);
  const undo = () => put(drawing.undo(canvas.drawing));
  const redo = () => put(drawing.redo(canvas.drawing));
  const clear = () => put(drawing.change(canvas.drawing, { ops: [], points: [] }));
  button("Undo", "Undo (Ctrl+Z)", undo);
  button("Redo", "Redo (Ctrl+Shift+Z)", redo);
  button("Invert", "Everything else instead", () => canvas.commit({ kind: "invert" }));
  button("Clear", "Empty the mask", clear);
  button("Fit", "Whole picture (wheel: zoom)", () => canvas.fit());
  canvas.addEventListener("keydown", (e) => {
    const key = e.key.toLowerCase();
    const tool = TOOLS.find(([, , k]) => k === key)?.[0];
    if ((e.ctrlKey || e.metaKey) && (key === "z" || key === "y")) (e.shiftKey || key === "y" ? redo : undo)();
    else if (tool && !e.ctrlKey && !e.metaKey) take(tool);
    else return;
    e.preventDefault();
  });
  canvas.addEventListener("ft-change", (e) => changed({ ops: e.detail.drawing.ops, points: e.detail.drawing.points }));
  canvas.addEventListener("ft-point", (e) => put(drawing.change(canvas.drawing, { points: [...canvas.drawing.points, e.detail.point] })));
  canvas.addEventListener("ft-box", (e) => canvas.commit({ kind: "box", xyxy: e.detail.box }));
  Object.assign(root.style, { display: "flex", flexDirection: "column" });
  root.replaceChildren(bar, canvas);
  take("brush");

  let shown = "";
  /** Shows {proxy, size, ops, points}; the drawing starts anew. */
  async function show({ id, proxy, size: [w, h], ops = [], points = [] }) {
    if (id !== shown) {
      shown = id;
      const radius = Math.max(2, Math.max(w, h) * 0.02);
      canvas.brush = { ...canvas.brush, radius };
      size.value = Math.log(radius) / Math.log(800) * 100;
      canvas.setPicture({ proxy: await proxy(), size: [w, h] });
    }
    await canvas.load(drawing.drawingOf(ops, points));
  }
  return { canvas, show };
}
