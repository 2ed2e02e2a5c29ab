// The drawing as an ordered list of operations, and its undo: pure functions, nothing is changed in place.

export const MAX_POINTS = 20000;
export const MAX_OPS = 2000;

let counter = 0;

/** A fresh drawing: operations, click points, and the states to go back and forward to. */
export function emptyDrawing() {
  return { ops: [], points: [], past: [], future: [] };
}

/** A drawing with given content and nothing to undo. */
export function drawingOf(ops = [], points = []) {
  return { ...emptyDrawing(), ops, points };
}

/** The drawing with a change that can be undone. */
export function change(drawing, patch) {
  const past = [...drawing.past, { ops: drawing.ops, points: drawing.points }].slice(-200);
  const next = { ...drawing, ...patch, past, future: [] };
  if (next.ops.length > MAX_OPS) throw new RangeError("Too many strokes; apply the edit or clear the mask.");
  return next;
}

/** The drawing with one more operation. */
export function add(drawing, op) {
  return change(drawing, { ops: [...drawing.ops, { id: newId(), layer: "mask", mode: "add", ...op }] });
}

/** The drawing with the found region at its bottom replaced (null: taken away); strokes on top stay. */
export function setRegion(drawing, name, patch = {}) {
  const rest = drawing.ops.filter((op, i) => !(i === 0 && op.kind === "region"));
  const ops = name ? [{ id: newId(), layer: "mask", mode: "add", kind: "region", name }, ...rest] : rest;
  return change(drawing, { ...patch, ops });
}

export function undo(drawing) {
  const last = drawing.past.at(-1);
  if (!last) return drawing;
  const now = { ops: drawing.ops, points: drawing.points };
  return { ...last, past: drawing.past.slice(0, -1), future: [...drawing.future, now] };
}

export function redo(drawing) {
  const next = drawing.future.at(-1);
  if (!next) return drawing;
  const now = { ops: drawing.ops, points: drawing.points };
  return { ...next, past: [...drawing.past, now], future: drawing.future.slice(0, -1) };
}

/** The same line with fewer points: none farther than `off` px from where it was. */
export function simplify(points, off) {
  if (points.length < 3) return points;
  const keep = new Uint8Array(points.length);
  keep[0] = keep[points.length - 1] = 1;
  const stack = [[0, points.length - 1]];
  while (stack.length) {
    const [a, b] = stack.pop();
    let far = off, at = -1;
    for (let i = a + 1; i < b; i++) {
      const d = distance(points[i], points[a], points[b]);
      if (d > far) [far, at] = [d, i];
    }
    if (at >= 0) {
      keep[at] = 1;
      stack.push([a, at], [at, b]);
    }
  }
  return points.filter((_, i) => keep[i]).slice(0, MAX_POINTS);
}

function distance(p, a, b) {
  const dx = b[0] - a[0], dy = b[1] - a[1];
  const length = dx * dx + dy * dy;
  const t = length ? Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length)) : 0;
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

function newId() {
  return `o${Date.now().toString(36)}${(counter++).toString(36)}`;
}
