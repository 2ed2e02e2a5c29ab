// <ft-canvas>: shows a picture, draws on it, and tells what was done. It knows no server.

import { MaskBitmap } from "./bitmap.js";
import * as drawing from "./ops.js";
import { render } from "./render.js";
import { TOOLS } from "./tools.js";
import { clampView, fitView, toPicture, zoomAt } from "./view.js";

const COLORS = ["#22d3ee", "#facc15", "#a3e635", "#fb923c", "#c084fc", "#f87171", "#60a5fa", "#34d399"];

export class FtCanvas extends HTMLElement {
  constructor() {
    super();
    this.view = { scale: 1, x: 0, y: 0 };
    this.size = [1, 1];
    this.screen = [0, 0];
    this.brush = { radius: 24, hardness: 1 };
    this.regions = [];
    this.drawing = drawing.emptyDrawing();
    this.toolName = "brush";
    this.compareAt = null;
    this.showMask = true;
    this.showOutlines = true;
    this.pointers = new Map();
    this.lasso = null;
    this.serial = 0;
    this.fitted = true;
  }

  connectedCallback() {
    if (this.canvas) return;
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = "<style>:host{display:block;position:relative;overflow:hidden;touch-action:none}" +
      "canvas{position:absolute;inset:0;width:100%;height:100%}</style><canvas></canvas>";
    this.canvas = root.querySelector("canvas");
    this.ctx = this.canvas.getContext("2d");
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.setAttribute("aria-label", "Picture. Arrow keys move the cross, Enter uses the tool there.");
    new ResizeObserver(() => this.resized()).observe(this);
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave"]) {
      this.addEventListener(name, (e) => this[name](e));
    }
    this.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    this.addEventListener("contextmenu", (e) => e.preventDefault());
    this.pattern = checks(this.ctx);
  }

  /** Gives the element its way to stored masks and to the server's raster. */
  connect(lookup, raster) {
    this.bitmap = new MaskBitmap(lookup, raster);
  }

  /** Shows a picture: {proxy: ImageBitmap, size: [w, h], original: ImageBitmap|null}. */
  setPicture({ proxy, size, original = null, keepView = false }) {
    const same = this.size[0] === size[0] && this.size[1] === size[1];
    this.base?.close?.();
    this.original?.close?.();
    [this.base, this.original, this.detail, this.previewed] = [proxy, original, null, null];
    this.size = size;
    this.bitmap.resize(size, Math.min(1, Math.max(proxy.width, proxy.height) / Math.max(...size)));
    this.tint = new OffscreenCanvas(...this.bitmap.size);
    if (!(keepView && same)) this.fit();
    this.dirty();
  }

  setRegions(regions) {
    this.regions = regions.map((r, i) => ({ ...r, color: COLORS[i % COLORS.length] }));
    this.dirty();
  }

  setDetail(bitmap, box) {
    this.detail?.bitmap.close();
    this.detail = bitmap ? { bitmap, box } : null;
    this.dirty();
  }

  setPreview(bitmap) {
    this.previewed?.close?.();
    this.previewed = bitmap;
    this.dirty();
  }

  /** Shows another drawing; nothing is told. */
  async load(next) {
    this.drawing = next;
    this.dirty();
    await this.bitmap?.show(next.ops);
    this.dirty();
    this.serial++;
  }

  /** Changes the drawing and tells so. */
  async update(next) {
    this.drawing = next;
    this.tell("ft-change", { drawing: next });
    await this.load(next);
  }

  commit(op) {
    return this.update(drawing.add(this.drawing, op));
  }

  paint(op) {
    this.bitmap.paint(op);
    this.dirty();
  }

  get tool() {
    return this.toolName;
  }

  set tool(name) {
    this.abort();
    this.toolName = name;
    this.style.cursor = { hand: "grab", pick: "pointer" }[name] ?? "crosshair";
    this.dirty();
  }

  get compare() {
    return this.compareAt;
  }

  set compare(value) {
    this.compareAt = value;
    this.dirty();
  }

  /** What tests and panels read. */
  get state() {
    return {
      size: this.size, view: this.view, tool: this.toolName, serial: this.serial, ready: Boolean(this.base),
      ops: this.drawing.ops, points: this.drawing.points, compare: this.compareAt, preview: Boolean(this.previewed),
      regions: this.regions.map(({ id, label, on }) => ({ id, label, on })),
    };
  }

  fit() {
    this.fitted = true;
    this.setView(fitView(this.size, this.screen));
  }

  zoom(factor, at = [this.screen[0] / 2, this.screen[1] / 2]) {
    this.fitted = false;
    this.setView(zoomAt(this.view, factor, at));
  }

  /** Shows one picture pixel as one screen pixel. */
  actualSize() {
    this.zoom(1 / (devicePixelRatio * this.view.scale));
  }

  setView(view) {
    this.view = clampView(view, this.size, this.screen);
    this.dirty();
    clearTimeout(this.viewTimer);
    this.viewTimer = setTimeout(() => this.tell("ft-view", { view: this.view }), 150);
    this.tell("ft-zoom", { scale: this.view.scale });
  }

  /** Ends the gesture in progress; true when there was one. */
  abort() {
    const was = Boolean(this.gesture);
    this.gesture = this.lasso = null;
    this.lassoBox = false;
    if (was) this.bitmap?.show(this.drawing.ops).then(() => this.dirty());
    this.dirty();
    return was;
  }

  /** The tool at the cross that the arrow keys move. */
  key(dx, dy, use) {
    this.cross ??= [this.size[0] / 2, this.size[1] / 2];
    this.cross = [clamp(this.cross[0] + dx, this.size[0]), clamp(this.cross[1] + dy, this.size[1])];
    this.cursor = { at: this.cross, radius: this.brush.radius, cross: true };
    if (use) {
      const tool = TOOLS[this.toolName];
      const event = { altKey: use.altKey, shiftKey: use.shiftKey, button: 0, buttons: 1 };
      tool.down(this, [...this.cross], event);
      if (this.gesture) this.end(tool);
    }
    this.dirty();
  }

  inside([x, y]) {
    return x >= 0 && y >= 0 && x < this.size[0] && y < this.size[1];
  }

  /** The smallest region under a point, found ones that are off included. */
  regionAt([x, y]) {
    const hit = this.regions.filter((r) => {
      const path = new Path2D();
      for (const polygon of r.outline) {
        polygon.forEach((p, i) => (i ? path.lineTo(...p) : path.moveTo(...p)));
        path.closePath();
      }
      this.ctx.setTransform(1, 0, 0, 1, 0, 0);
      return this.ctx.isPointInPath(path, x, y, "evenodd");
    });
    return hit.sort((a, b) => a.share - b.share)[0] ?? null;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  pointerdown(e) {
    if (!this.base) return;
    this.focus({ preventScroll: true });
    this.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, [e.offsetX, e.offsetY]);
    if (this.pointers.size === 2) return this.startPinch();
    const tool = TOOLS[this.toolName];
    if (tool.pans || this.panning || e.button === 1) {
      this.pan = { from: [e.offsetX, e.offsetY], view: this.view };
      return;
    }
    this.cross = null;
    tool.down(this, this.at(e), e);
    this.dirty();
  }

  pointermove(e) {
    if (this.pointers.has(e.pointerId)) this.pointers.set(e.pointerId, [e.offsetX, e.offsetY]);
    if (this.pinch) return this.movePinch();
    const tool = TOOLS[this.toolName];
    this.cursor = tool.ring && !this.panning ? { at: this.at(e), radius: this.brush.radius } : null;
    if (this.pan) {
      this.fitted = false;
      const { from, view } = this.pan;
      this.setView({ ...view, x: view.x + e.offsetX - from[0], y: view.y + e.offsetY - from[1] });
    } else if (this.gesture) {
      const steps = e.getCoalescedEvents?.() ?? [];
      for (const step of steps.length ? steps : [e]) tool.move(this, this.at(step), step);
    } else {
      const region = this.toolName === "pick" ? this.regionAt(this.at(e)) : null;
      this.hover = region?.id ?? null;
    }
    this.dirty();
  }

  pointerup(e) {
    this.pointers.delete(e.pointerId);
    if (this.pinch) {
      if (this.pointers.size < 2) this.pinch = null;
      return;
    }
    this.pan = null;
    if (this.gesture) this.end(TOOLS[this.toolName]);
  }

  pointercancel(e) {
    this.pointers.delete(e.pointerId);
    this.pinch = this.pan = null;
    this.abort();
  }

  pointerleave() {
    this.cursor = null;
    this.dirty();
  }

  end(tool) {
    tool.up(this);
    this.gesture = this.lasso = null;
    this.lassoBox = false;
    this.dirty();
  }

  startPinch() {
    this.abort();
    this.pan = null;
    const [a, b] = [...this.pointers.values()];
    this.pinch = { view: this.view, middle: mid(a, b), far: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  }

  movePinch() {
    const [a, b] = [...this.pointers.values()];
    const { view, middle, far } = this.pinch;
    const now = mid(a, b);
    const zoomed = zoomAt(view, Math.hypot(a[0] - b[0], a[1] - b[1]) / Math.max(8, far), middle);
    this.fitted = false;
    this.setView({ ...zoomed, x: zoomed.x + now[0] - middle[0], y: zoomed.y + now[1] - middle[1] });
  }

  wheel(e) {
    if (!this.base) return;
    e.preventDefault();
    if (e.altKey) return this.tell("ft-brush", { factor: Math.exp(-(e.deltaY || e.deltaX) / 500) });
    const trackpad = !e.ctrlKey && e.deltaMode === 0 && (e.deltaX !== 0 || !Number.isInteger(e.deltaY));
    if (trackpad) {
      this.fitted = false;
      this.setView({ ...this.view, x: this.view.x - e.deltaX, y: this.view.y - e.deltaY });
    } else this.zoom(Math.exp(-e.deltaY / (e.ctrlKey ? 100 : 400)), [e.offsetX, e.offsetY]);
  }

  at(e) {
    const point = toPicture(this.view, [e.offsetX, e.offsetY]);
    if (e.pointerType === "pen" && e.pressure && TOOLS[this.toolName].ring) point.push(Math.round(e.pressure * 100) / 100);
    return point;
  }

  resized() {
    const { width, height } = this.getBoundingClientRect();
    if (!width || !height) return;
    this.screen = [width, height];
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    if (this.fitted) this.fit();
    else this.setView(this.view);
  }

  dirty() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      render(this.ctx, {
        dpr: devicePixelRatio, screen: this.screen, view: this.view, size: this.size, base: this.base,
        original: this.original, detail: this.detail, compare: this.compareAt, holdOriginal: this.holdOriginal,
        preview: this.previewed, mask: this.bitmap?.surface, tint: this.tint, showMask: this.showMask,
        showOutlines: this.showOutlines, regions: this.regions, hover: this.hover, points: this.drawing.points,
        lasso: this.lasso, lassoBox: this.lassoBox, cursor: this.cursor, pattern: this.pattern,
      });
    });
  }
}

function checks(ctx) {
  const tile = new OffscreenCanvas(16, 16);
  const t = tile.getContext("2d");
  t.fillStyle = "#fff";
  t.fillRect(0, 0, 16, 16);
  t.fillStyle = "#ccc";
  t.fillRect(0, 0, 8, 8);
  t.fillRect(8, 8, 8, 8);
  return ctx.createPattern(tile, "repeat");
}

function clamp(value, size) {
  return Math.min(size - 0.5, Math.max(0.5, value));
}

function mid(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

customElements.define("ft-canvas", FtCanvas);
