// A form for a method's options, built from its JSON schema.

import { h } from "../dom.js";

export function paramsForm(step, i, session) {
  const { methods, settings } = session.s;
  const fit = methods.filter((m) => m.ops.includes(step.step.op));
  const own = fit.filter((m) => m.presets.includes(settings.preset));
  const able = [...own, ...fit.filter((m) => m.anywhere && !own.includes(m))];
  const chosen = able.find((m) => m.name === step.step.method) ?? able[0];
  const method = h("select", { onchange: (e) => session.editStep(i, { method: e.target.value || null, params: {} }) },
    h("option", { value: "" }, "automatic"), able.map((m) => h("option", { value: m.name, selected: m.name === step.step.method }, `${m.name}: ${m.summary}`)));
  if (!able.length) return h("p", { class: "note" }, "No method of this preset can do that; choose another preset in the settings.");
  const fields = Object.entries(chosen.schema.properties ?? {}).map(([name, p]) => field(name, p, step, i, session));
  return h("div", { class: "form" }, h("label", {}, h("span", {}, "Method"), method), fields);
}

function field(name, p, step, i, session) {
  const type = p.type ?? p.anyOf?.find((t) => t.type !== "null")?.type ?? "string";
  const choices = p.enum ?? p.anyOf?.find((t) => t.enum)?.enum;
  const value = step.step.params[name] ?? p.default ?? "";
  const put = (v) => {
    const { [name]: _old, ...rest } = session.s.steps[i].step.params;
    session.editStep(i, { params: v === "" || v === null ? rest : { ...rest, [name]: v } });
  };
  let input;
  if (choices) input = h("select", { onchange: (e) => put(e.target.value) }, choices.map((c) => h("option", { value: c, selected: c === value }, String(c))));
  else if (type === "boolean") input = h("input", { type: "checkbox", checked: Boolean(value), onchange: (e) => put(e.target.checked) });
  else if (type === "number" || type === "integer") {
    const low = p.minimum ?? p.exclusiveMinimum, high = p.maximum ?? p.exclusiveMaximum;
    const step_ = type === "integer" ? 1 : "any";
    input = h("input", { type: "number", value, min: low, max: high, step: step_, onchange: (e) => put(e.target.value === "" ? null : Number(e.target.value)) });
  } else if (type === "string") input = h("input", { value, onchange: (e) => put(e.target.value) });
  else return null;
  return h("label", { title: p.description ?? "" }, h("span", {}, p.title ?? name), input, p.description ? h("small", {}, p.description) : null);
}
