// A step of the plan as the page keeps it: the step itself, what was found for it, what was drawn.

import { emptyDrawing } from "./canvas/ops.js";

let keys = 0;

export function newStep(step) {
  return { key: ++keys, step, enabled: true, regions: [], notes: [], seen: [], asked: false, looking: false, byHand: false, drawing: emptyDrawing() };
}

export function describe(steps) {
  return steps.map(({ step }) => [step.op, ...(step.attributes ?? []), step.target ?? "the marked place"].join(" ")).join(", then ");
}
