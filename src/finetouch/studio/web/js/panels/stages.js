// How a two-stage edit came about: the empty place, and the places that were proposed; another one is a click away.

import { h } from "../dom.js";
import { fileUrl, thumbUrl } from "../api.js";

const NAMES = { mask: "finding the old thing", describe: "looking around", background: "taking it away", propose: "finding a place", paint: "painting" };

export function stagesPanel(root, session) {
  session.store.on(["project"], (s) => {
    const stages = session.head?.stages ?? [];
    root.hidden = !stages.length;
    if (root.hidden) return;
    root.replaceChildren(h("h2", {}, "Stages"), h("ol", { class: "stages" }, stages.map((stage) => row(stage, s, session))));
  });
  session.store.on(["job"], (s) => root.querySelectorAll("button").forEach((place) => (place.disabled = Boolean(s.job))));
}

/** A small picture that opens at full size. */
export function openable(name, alt) {
  return h("a", { href: fileUrl(name, { format: "same" }), target: "_blank", title: "Open the picture" }, h("img", { src: thumbUrl(name), alt }));
}

function row(stage, s, session) {
  const picture = stage.picture && openable(stage.picture, "The place without the old thing");
  const places = stage.choices.map((c, i) => h("button", {
    type: "button", "aria-pressed": String(c.chosen), disabled: Boolean(s.job), title: c.why,
    "aria-label": `Place ${i + 1}, score ${c.score.toFixed(2)}${c.chosen ? ", taken" : ""}`, onclick: () => !c.chosen && session.takePlace(i + 1),
  }, h("img", { src: thumbUrl(c.picture), alt: "" }), h("small", {}, `${i + 1} · ${c.score.toFixed(2)}`)));
  return h("li", {}, h("div", { class: "row spread" }, h("span", {}, NAMES[stage.name] ?? stage.name), h("small", {}, `${stage.seconds.toFixed(1)} s`)),
    picture && h("div", { class: "pieces" }, picture), places.length > 0 && h("div", { class: "pieces" }, places));
}
