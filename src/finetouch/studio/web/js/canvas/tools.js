// One object per tool: what pressing, moving and letting go means. `c` is the element.

import { simplify } from "./ops.js";

const brush = (erases) => ({
  ring: true,
  down(c, at, e) {
    const mode = erases || e.altKey || e.button === 2 || e.buttons & 32 ? "sub" : "add";
    const from = e.shiftKey && c.lastPoint ? [c.lastPoint] : [];
    c.gesture = { op: { kind: "stroke", mode, radius: c.brush.radius, hardness: c.brush.hardness, points: [...from, at] } };
    c.paint({ ...c.gesture.op });
  },
  move(c, at) {
    const { op } = c.gesture;
    const last = op.points.at(-1);
    if (Math.hypot(at[0] - last[0], at[1] - last[1]) * c.view.scale < 1.5) return;
    op.points.push(at);
    c.paint({ ...op, points: [last, at] });
  },
  up(c) {
    const { op } = c.gesture;
    c.lastPoint = op.points.at(-1).slice(0, 2);
    c.commit({ ...op, points: simplify(op.points, 0.5 / c.view.scale) });
  },
});

const lasso = {
  down(c, at, e) {
    c.gesture = { mode: e.altKey || e.button === 2 ? "sub" : "add" };
    c.lasso = [at];
  },
  move(c, at) {
    const last = c.lasso.at(-1);
    if (Math.hypot(at[0] - last[0], at[1] - last[1]) * c.view.scale >= 2) c.lasso.push(at);
  },
  up(c) {
    const points = simplify(c.lasso, 0.5 / c.view.scale);
    if (points.length > 2) c.commit({ kind: "polygon", mode: c.gesture.mode, points });
  },
};

const box = {
  down(c, at, e) {
    c.gesture = { mode: e.altKey || e.button === 2 ? "sub" : "add" };
    c.lasso = [at, at];
    c.lassoBox = true;
  },
  move(c, at) {
    c.lasso = [c.lasso[0], at];
  },
  up(c) {
    const [a, b] = c.lasso;
    if (Math.abs(a[0] - b[0]) < 1 || Math.abs(a[1] - b[1]) < 1) return;
    c.commit({ kind: "box", mode: c.gesture.mode, xyxy: sorted(a, b) });
  },
};

// A click includes, with Alt (or the right button) excludes; dragging draws a box around the thing meant.
const smart = {
  down(c, at, e) {
    c.gesture = { positive: !(e.altKey || e.button === 2), from: at };
  },
  move(c, at) {
    const far = Math.hypot(at[0] - c.gesture.from[0], at[1] - c.gesture.from[1]) * c.view.scale > 8;
    if (far || c.lasso) {
      c.lasso = [c.gesture.from, at];
      c.lassoBox = true;
    }
  },
  up(c) {
    if (c.lasso) c.tell("ft-box", { box: sorted(...c.lasso) });
    else if (c.inside(c.gesture.from)) {
      const [x, y] = c.gesture.from;
      c.tell("ft-point", { point: { x, y, positive: c.gesture.positive } });
    }
  },
};

// Clicking a found region takes it or leaves it.
const pick = {
  down(c, at) {
    c.gesture = { from: at, view: c.view, moved: false };
  },
  move() {},
  up(c) {
    const region = c.regionAt(c.gesture.from);
    if (region) c.tell("ft-pick", { id: region.id });
  },
};

const hand = {
  pans: true,
  down() {},
  move() {},
  up() {},
};

export const TOOLS = { brush: brush(false), eraser: brush(true), lasso, box, smart, pick, hand };

function sorted(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
}
