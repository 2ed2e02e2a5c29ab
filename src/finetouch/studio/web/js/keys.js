// The one table of keys: what is pressed, what it does, what it says in the help. No DOM.

export const KEYS = [
  ["b", "tool.brush", "Brush: add to the mask"],
  ["e", "tool.eraser", "Eraser: take away from the mask"],
  ["l", "tool.lasso", "Lasso"],
  ["m", "tool.box", "Box"],
  ["w", "tool.smart", "Smart select: click the thing; drag a box around it; Alt-click: not this"],
  ["v", "tool.pick", "Pick one of the regions found"],
  ["h", "tool.hand", "Move the view (also: hold Space, or the middle button)"],
  ["[", "brush.smaller", "Smaller brush (also Alt + wheel)"],
  ["]", "brush.larger", "Larger brush"],
  ["{", "brush.softer", "Softer brush"],
  ["}", "brush.harder", "Harder brush"],
  ["ctrl+z", "undo", "Undo: strokes first, then edits"],
  ["ctrl+shift+z", "redo", "Redo"],
  ["ctrl+y", "redo", "Redo"],
  ["ctrl+enter", "apply", "Apply the plan"],
  ["shift+r", "again", "Try again with a new seed"],
  ["escape", "escape", "End the gesture, else clear points, else cancel the edit"],
  ["shift+x", "cancel", "Cancel the edit that runs"],
  ["q", "mask.show", "Mask on and off"],
  ["shift+v", "mask.invert", "Invert the mask"],
  ["ctrl+d", "mask.clear", "Clear the mask"],
  ["delete", "mask.clear", "Clear the mask"],
  ["y", "compare", "Compare slider on and off"],
  ["o", "original", "Hold: show the picture before the edit"],
  ["\\", "original", "Hold: show the picture before the edit"],
  ["ctrl+0", "view.fit", "Whole picture"],
  ["ctrl+1", "view.actual", "100 %"],
  ["+", "view.in", "Zoom in (also the wheel)"],
  ["-", "view.out", "Zoom out"],
  ["/", "words", "Go to the instruction"],
  ["ctrl+s", "project.save", "Save the project file"],
  ["ctrl+o", "open", "Open a picture or a project"],
  ["ctrl+shift+s", "export", "Save the picture"],
  ["?", "help", "This table"],
  ...Array.from({ length: 9 }, (_, i) => [`${i + 1}`, `region.${i + 1}`, i ? "" : "1 … 9: take that region"]),
];

/** How a keyboard event is written in the table. */
export function nameOf(e) {
  const key = e.key.toLowerCase();
  const ctrl = e.ctrlKey || e.metaKey ? "ctrl+" : "";
  const shift = e.shiftKey && (/^[a-z]$/.test(key) || key.length > 1) ? "shift+" : "";
  return ctrl + shift + (e.key.length === 1 && !/[a-z]/i.test(e.key) ? e.key : key);
}

/** The action of a keyboard event, or undefined. */
export function actionOf(e) {
  const name = nameOf(e);
  return KEYS.find(([key]) => key === name)?.[1];
}

/** True when typing goes into a field, so that single keys must not act. */
export function typing(e) {
  const target = e.composedPath()[0];
  return /^(textarea|select)$/i.test(target.tagName) || target.isContentEditable ||
    (target.tagName === "INPUT" && !/^(checkbox|radio|range|button|color)$/.test(target.type));
}
