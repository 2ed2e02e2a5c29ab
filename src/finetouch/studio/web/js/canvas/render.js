// Paints one frame: picture, closer look, comparison, mask, outlines, marks, cursor.

import { toScreen } from "./view.js";

const TINT = "rgb(236 72 153)";

export function render(ctx, s) {
  const { dpr, screen, view, size } = s;
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.clearRect(0, 0, ...screen);
  if (!s.base) return;
  const rect = [view.x, view.y, size[0] * view.scale, size[1] * view.scale];
  checkerboard(ctx, rect, screen, s.pattern);
  ctx.imageSmoothingEnabled = view.scale * dpr < 4;
  ctx.imageSmoothingQuality = "high";
  const original = s.original && (s.holdOriginal || s.compare !== null);
  picture(ctx, s.base, rect);
  if (s.detail && !s.holdOriginal) detail(ctx, s);
  if (original) {
    const share = s.holdOriginal ? 1 : s.compare;
    ctx.save();
    ctx.beginPath();
    ctx.rect(rect[0], rect[1], rect[2] * share, rect[3]);
    ctx.clip();
    picture(ctx, s.original, rect);
    ctx.restore();
  }
  ctx.imageSmoothingEnabled = true;
  if (s.preview) previewed(ctx, s, rect);
  else if (s.showMask && !s.holdOriginal && s.compare === null) tinted(ctx, s, rect);
  if (!s.holdOriginal && s.compare === null) marks(ctx, s);
  if (original && !s.holdOriginal) divider(ctx, rect, s.compare);
  if (s.lasso) lasso(ctx, s);
  if (s.cursor) ring(ctx, s);
}

function picture(ctx, bitmap, rect) {
  ctx.drawImage(bitmap, ...rect);
}

function detail(ctx, s) {
  const [x, y, w, h] = s.detail.box;
  const at = toScreen(s.view, [x, y]);
  ctx.drawImage(s.detail.bitmap, at[0], at[1], w * s.view.scale, h * s.view.scale);
}

function checkerboard(ctx, rect, screen, pattern) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(...rect);
  ctx.clip();
  ctx.fillStyle = pattern;
  ctx.fillRect(0, 0, ...screen);
  ctx.restore();
}

function tinted(ctx, s, rect) {
  if (!s.mask || !s.tint) return;
  const t = s.tint.getContext("2d");
  t.globalCompositeOperation = "copy";
  t.drawImage(s.mask, 0, 0);
  t.globalCompositeOperation = "source-in";
  t.fillStyle = TINT;
  t.fillRect(0, 0, s.tint.width, s.tint.height);
  ctx.globalAlpha = 0.5;
  ctx.drawImage(s.tint, ...rect);
  ctx.globalAlpha = 1;
}

function previewed(ctx, s, rect) {
  ctx.globalAlpha = 0.92;
  ctx.drawImage(s.preview, ...rect);
  ctx.globalAlpha = 1;
}

function marks(ctx, s) {
  ctx.lineJoin = "round";
  for (const region of s.regions) {
    const hover = s.hover === region.id;
    if (!region.on && !hover && !s.showOutlines) continue;
    outline(ctx, s.view, region.outline, "rgb(0 0 0 / .55)", hover ? 5 : 3.5, []);
    outline(ctx, s.view, region.outline, region.color, hover ? 3 : 1.5, region.on ? [] : [6, 4]);
  }
  const hovered = s.regions.find((r) => r.id === s.hover);
  if (hovered) tag(ctx, s, hovered);
  for (const p of s.points) dot(ctx, toScreen(s.view, [p.x, p.y]), p.positive);
}

function outline(ctx, view, polygons, color, width, dash) {
  ctx.beginPath();
  for (const polygon of polygons) {
    polygon.forEach((p, i) => {
      const [x, y] = toScreen(view, p);
      if (i) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
    });
    ctx.closePath();
  }
  ctx.setLineDash(dash);
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.stroke();
  ctx.setLineDash([]);
}

function tag(ctx, s, region) {
  if (!region.box) return;
  const [x, y] = toScreen(s.view, region.box);
  const text = `${region.label || "found"} ${Math.round(region.score * 100)} %`;
  ctx.font = "600 12px system-ui, sans-serif";
  const width = ctx.measureText(text).width + 12;
  const top = Math.max(2, y - 24);
  ctx.fillStyle = "rgb(0 0 0 / .8)";
  ctx.beginPath();
  ctx.roundRect(x, top, width, 20, 4);
  ctx.fill();
  ctx.fillStyle = "#fff";
  ctx.fillText(text, x + 6, top + 14);
}

function dot(ctx, [x, y], positive) {
  ctx.beginPath();
  ctx.arc(x, y, 7, 0, 7);
  ctx.fillStyle = positive ? "#16a34a" : "#dc2626";
  ctx.fill();
  ctx.lineWidth = 2;
  ctx.strokeStyle = "#fff";
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x - 3, y);
  ctx.lineTo(x + 3, y);
  if (positive) {
    ctx.moveTo(x, y - 3);
    ctx.lineTo(x, y + 3);
  }
  ctx.stroke();
}

function divider(ctx, rect, share) {
  const x = rect[0] + rect[2] * share;
  ctx.fillStyle = "rgb(0 0 0 / .5)";
  ctx.fillRect(x - 2, rect[1], 4, rect[3]);
  ctx.fillStyle = "#fff";
  ctx.fillRect(x - 1, rect[1], 2, rect[3]);
}

function lasso(ctx, s) {
  const points = s.lasso.map((p) => toScreen(s.view, p));
  ctx.beginPath();
  if (s.lassoBox) {
    const [[x0, y0], [x1, y1]] = points;
    ctx.rect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
  } else points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.lineWidth = 3;
  ctx.strokeStyle = "rgb(0 0 0 / .6)";
  ctx.stroke();
  ctx.lineWidth = 1.5;
  ctx.setLineDash([5, 4]);
  ctx.strokeStyle = "#fff";
  ctx.stroke();
  ctx.setLineDash([]);
}

function ring(ctx, s) {
  const { at, radius, cross } = s.cursor;
  const [x, y] = toScreen(s.view, at);
  for (const [color, extra] of [["rgb(0 0 0 / .8)", 1], ["#fff", 0]]) {
    ctx.beginPath();
    if (cross) {
      ctx.moveTo(x - 10, y + extra);
      ctx.lineTo(x + 10, y + extra);
      ctx.moveTo(x + extra, y - 10);
      ctx.lineTo(x + extra, y + 10);
    } else ctx.arc(x, y, Math.max(1, radius * s.view.scale) + extra, 0, 7);
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.25;
    ctx.stroke();
  }
}
