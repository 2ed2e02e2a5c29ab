// Where the picture lies in the window: pure functions on {scale, x, y}; scale is screen px per full-size px.

export const MIN_SCALE = 0.02;
export const MAX_SCALE = 32;

/** The view that shows the whole picture with a border. */
export function fitView(size, screen, border = 24) {
  const free = [Math.max(32, screen[0] - 2 * border), Math.max(32, screen[1] - 2 * border)];
  const scale = clampScale(Math.min(free[0] / size[0], free[1] / size[1], 4));
  return { scale, x: (screen[0] - size[0] * scale) / 2, y: (screen[1] - size[1] * scale) / 2 };
}

/** The view zoomed by `factor` so that the picture point under `at` stays there. */
export function zoomAt(view, factor, at) {
  const scale = clampScale(view.scale * factor);
  const k = scale / view.scale;
  return { scale, x: at[0] - (at[0] - view.x) * k, y: at[1] - (at[1] - view.y) * k };
}

/** The view moved so that at least a tenth of the picture stays in the window. */
export function clampView(view, size, screen) {
  const w = size[0] * view.scale, h = size[1] * view.scale;
  const mx = Math.min(w, screen[0]) * 0.1, my = Math.min(h, screen[1]) * 0.1;
  return {
    scale: view.scale,
    x: Math.min(screen[0] - mx, Math.max(mx - w, view.x)),
    y: Math.min(screen[1] - my, Math.max(my - h, view.y)),
  };
}

/** Screen → full-size picture pixels, one decimal. */
export function toPicture(view, at) {
  return [round1((at[0] - view.x) / view.scale), round1((at[1] - view.y) / view.scale)];
}

/** Full-size picture pixels → screen. */
export function toScreen(view, at) {
  return [at[0] * view.scale + view.x, at[1] * view.scale + view.y];
}

function clampScale(scale) {
  return Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale));
}

function round1(value) {
  return Math.round(value * 10) / 10;
}
