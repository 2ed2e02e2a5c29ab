// The edit tree: every state with its picture, one click away.

import { thumbUrl } from "../api.js";
import { h, iconButton } from "../dom.js";
import * as api from "../api.js";

export function historyPanel(root, session) {
  const tree = h("div", { role: "tree", "aria-label": "History" });
  root.append(h("h2", {}, "History"), tree);
  session.store.on(["project"], (s) => {
    root.hidden = !s.project;
    if (!s.project) return;
    const { nodes, head } = s.project;
    const top = nodes.find((n) => n.parent === null);
    tree.replaceChildren(...branch(top, nodes, head, session, 1));
    tree.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  });
}

/** A state and what was made from it; a chain of single children stays on one level. */
function branch(node, nodes, head, session, level) {
  const rows = [row(node, head, session, level)];
  let at = node;
  for (;;) {
    const next = nodes.filter((n) => n.parent === at.id);
    if (next.length !== 1) {
      for (const child of next) rows.push(h("div", { class: "branch", role: "group" }, branch(child, nodes, head, session, level + 1)));
      return rows;
    }
    [at] = next;
    rows.push(row(at, head, session, level));
  }
}

function row(node, head, session, level) {
  const current = node.id === head;
  const proof = node.outside_change === 0 ? "0 px changed outside" : node.outside_change ? `${node.outside_change} px changed outside` : "";
  const open = h("button", { type: "button", class: "state", onclick: () => session.checkout(node.id) },
    h("img", { src: thumbUrl(node.picture), alt: "", loading: "lazy" }),
    h("span", { class: "words" }, h("span", { class: "name" }, node.label || "edit"), h("small", {}, [proof, node.seconds ? `${node.seconds.toFixed(1)} s` : ""].filter(Boolean).join(" · "))));
  const tools = node.parent === null ? null : h("span", { class: "tools" },
    iconButton("pencil", "Rename", () => rename(node, session)),
    iconButton("trash", "Delete this and what was made from it", () => remove(node, session)));
  return h("div", { class: "node", role: "treeitem", "aria-level": level, "aria-current": current ? "true" : null, "data-node": node.id }, open, tools);
}

function rename(node, session) {
  const text = prompt("Name of this state", node.label);
  if (text !== null) session.guard(async () => session.show(await api.post(`/projects/${session.s.project.id}/label`, { node: node.id, label: text }), false));
}

function remove(node, session) {
  if (!confirm("Delete this state and everything made from it?")) return;
  session.guard(async () => {
    await api.call("DELETE", `/projects/${session.s.project.id}/nodes/${node.id}`);
    await session.refresh();
  });
}

/** Keeps one of several results. */
function accept(head, others, session) {
  const rest = others.filter((n) => n.id !== head.id);
  const used = rest.filter((n) => session.s.project.nodes.some((m) => m.parent === n.id));
  if (used.length && !confirm("One of the other results was edited further. Delete them all?")) return;
  session.guard(async () => {
    for (const n of rest) await api.call("DELETE", `/projects/${session.s.project.id}/nodes/${n.id}`);
    await session.refresh();
  });
}

/** Other results from the same state, side by side under the picture. */
export function stripPanel(root, session) {
  session.store.on(["project"], (s) => {
    const head = s.project?.nodes.find((n) => n.id === s.project.head);
    const others = head?.parent ? s.project.nodes.filter((n) => n.parent === head.parent && n.plan?.instruction === head.plan?.instruction) : [];
    root.hidden = others.length < 2;
    if (root.hidden) return;
    root.replaceChildren(...others.map((n) => h("button", {
      type: "button", "aria-pressed": String(n.id === head.id), onclick: () => session.checkout(n.id), "aria-label": `Result with seed ${n.seed}`,
    }, h("img", { src: thumbUrl(n.picture), alt: "" }), h("small", {}, `seed ${n.seed}`))),
    h("button", { type: "button", class: "small accept", title: "Keeps the one that is shown and deletes the others", onclick: () => accept(head, others, session) }, "Accept this one"));
  });
}
