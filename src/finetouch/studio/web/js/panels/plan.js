// The plan as editable steps, each with what was found for it.

import { thumbUrl } from "../api.js";
import { h, iconButton, percent } from "../dom.js";
import { paramsForm } from "./params.js";

const OPS = {
  remove: "remove", replace: "replace", add: "add", recolor: "change colour", restyle: "change style", background: "background",
  adjust: "adjust", move: "move", resize: "resize", duplicate: "duplicate", text: "lettering", global: "whole picture",
};

export function planPanel(root, session) {
  const { store } = session;
  const list = h("ol", { class: "steps" });
  const note = h("p", { class: "note", role: "note" });
  root.append(h("div", { class: "row spread" }, h("h2", {}, "Plan"), iconButton("plus", "Add a step", () => addStep(session))), note, list);
  store.on(["steps", "active", "plan", "methods", "reference"], (s) => {
    if (list.contains(document.activeElement) && document.activeElement.matches("input, select") && list.dataset.keys === keysOf(s)) {
      refresh(list, s, session);
      return;
    }
    list.dataset.keys = keysOf(s);
    list.replaceChildren(...s.steps.map((step, i) => card(step, i, s, session)));
    const unknown = s.plan?.unknown?.length ? `Not understood: ${s.plan.unknown.join(", ")}. ` : "";
    note.textContent = unknown + (s.plan?.warnings ?? []).join(" ");
    note.hidden = !note.textContent;
    root.hidden = !s.project;
    if (!s.steps.length) list.replaceChildren(h("li", { class: "empty" }, "Say above what to change, or paint on the picture."));
  });
}

const keysOf = (s) => s.steps.map((x) => `${x.key}${x.step.op}`).join();

function refresh(list, s, session) {
  s.steps.forEach((step, i) => {
    const old = list.children[i]?.querySelector(".found");
    old?.replaceWith(found(step, i, session));
    list.children[i]?.classList.toggle("active", i === s.active);
  });
}

function card(step, i, s, session) {
  const { step: e } = step;
  const op = h("select", { "aria-label": "What to do", onchange: (ev) => session.editStep(i, { op: ev.target.value, method: null, params: {} }, true) },
    Object.entries(OPS).map(([v, text]) => h("option", { value: v, selected: v === e.op }, text)));
  const target = h("input", {
    value: phraseOf(e), placeholder: "what", "aria-label": "Which thing", class: "grow",
    onchange: (ev) => session.setTarget(i, ev.target.value),
  });
  const tools = h("span", { class: "tools" },
    iconButton("up", "Earlier", () => reorder(session, i, -1), { disabled: i === 0 }),
    iconButton("down", "Later", () => reorder(session, i, 1), { disabled: i === s.steps.length - 1 }),
    iconButton("copy", "Duplicate the step", () => copyStep(session, i)),
    iconButton("trash", "Delete the step", () => session.setSteps(s.steps.filter((_, k) => k !== i))));
  return h("li", { class: `card${i === s.active ? " active" : ""}${step.enabled ? "" : " off"}`, onclick: (ev) => focusStep(session, i, ev) },
    h("div", { class: "row" },
      h("input", { type: "checkbox", checked: step.enabled, "aria-label": "Use this step", onchange: (ev) => session.patchStep(i, { enabled: ev.target.checked }) }),
      h("span", { class: "number" }, String(i + 1)), op, tools),
    h("div", { class: "row" }, target, resultField(step, i, session)),
    ["replace", "add", "background"].includes(e.op) ? referenceField(session) : null,
    found(step, i, session),
    h("details", { class: "more" }, h("summary", {}, "Method and options"), paramsForm(step, i, session)));
}

function focusStep(session, i, ev) {
  if (session.s.active !== i && !ev.target.closest("button, input, select, summary")) session.setSteps(session.s.steps, i);
}

function resultField(step, i, session) {
  const { op, result, color } = step.step;
  if (op === "recolor") {
    return h("input", { value: color ?? "", placeholder: "colour", "aria-label": "New colour", class: "short", onchange: (e) => session.editStep(i, { color: e.target.value || null }) });
  }
  if (!["replace", "add", "text"].includes(op)) return null;
  return h("input", { value: result ?? "", placeholder: "becomes", "aria-label": "What it becomes", class: "grow", onchange: (e) => session.editStep(i, { result: e.target.value || null }) });
}

function referenceField(session) {
  const { reference } = session.s;
  const file = h("input", { type: "file", accept: "image/*", hidden: true, onchange: (e) => e.target.files[0] && session.takeReference(e.target.files[0]) });
  return h("div", { class: "row" }, h("button", { type: "button", class: "small", onclick: () => file.click() }, reference ? "Other picture" : "Take it from a picture"), file,
    reference && h("img", { class: "reference", src: thumbUrl(reference.picture), alt: reference.name }),
    reference && iconButton("close", "Without this picture", () => session.store.set({ reference: null })));
}

function found(step, i, session) {
  const rows = [];
  if (step.looking) rows.push(h("span", { class: "dim" }, "looking …"));
  if (step.regions.length > 1) rows.push(h("span", { class: "dim" }, "Which one?"));
  step.regions.forEach((r, k) => rows.push(h("button", {
    type: "button", class: "chip", "aria-pressed": String(r.on), "data-color": k % 8,
    onclick: () => pick(session, i, r.id), onmouseenter: () => hover(session, i, r.id), onmouseleave: () => hover(session, i, null),
  }, h("span", { class: "digit" }, String(k + 1)), ` ${r.label || "found"} ${percent(r.score)}`)));
  if (step.drawing.ops.some((op) => op.kind !== "region")) rows.push(h("span", { class: "chip plain" }, "drawn by hand"));
  for (const text of step.regions.length ? [] : step.notes) rows.push(h("p", { class: "note" }, text));
  return h("div", { class: "found" }, rows);
}

async function pick(session, i, id) {
  if (session.s.active !== i) await session.setSteps(session.s.steps, i);
  await session.pickRegion(id);
}

function hover(session, i, id) {
  if (session.s.active === i) {
    session.canvas.hover = id;
    session.canvas.dirty();
  }
}

function addStep(session) {
  session.ensureStep();
  const { steps } = session.s;
  const made = { op: "remove", target: null, params: {}, attributes: [] };
  const at = steps.findIndex((s) => s.spare);
  if (at >= 0) session.patchStep(at, { spare: false });
  else session.setSteps([...steps, copyOf({ ...steps[0], step: made, regions: [], drawing: { ops: [], points: [], past: [], future: [] } })], steps.length);
}

function copyStep(session, i) {
  const steps = [...session.s.steps];
  steps.splice(i + 1, 0, copyOf(steps[i]));
  session.setSteps(steps, i + 1);
}

let copies = 0;
const copyOf = (step) => ({ ...step, key: `c${++copies}`, step: structuredClone(step.step) });

function reorder(session, i, by) {
  const steps = [...session.s.steps];
  [steps[i], steps[i + by]] = [steps[i + by], steps[i]];
  session.setSteps(steps, i + by);
}

/** A step's target as a phrase. */
export function phraseOf(e) {
  const place = e.op === "move" ? [] : [e.position];
  const related = e.relation && e.op !== "move" ? [e.relation.type.replaceAll("_", " "), e.relation.anchor] : [];
  return [...place, ...(e.attributes ?? []), e.target, ...related].filter(Boolean).join(" ");
}
