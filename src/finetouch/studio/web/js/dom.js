// Small helpers for building the page; text always goes in as text.

/** An element: h("button", {class: "x", onclick: f}, "text", child). */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return made;
}

/** One of our own drawings. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label, onclick, more = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

export function options(select, rows, value) {
  select.replaceChildren(...rows.map(([v, text]) => h("option", { value: v }, text)));
  select.value = value;
}

/** Hands a file to the person. */
export function save(href, name) {
  const link = h("a", { href, download: name ?? "" });
  document.body.append(link);
  link.click();
  link.remove();
}

export function saveText(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export function percent(value, digits = 0) {
  return `${(value * 100).toFixed(digits)} %`;
}
