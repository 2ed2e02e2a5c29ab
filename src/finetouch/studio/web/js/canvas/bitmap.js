// The mask as the page shows it, at proxy size: alpha is how much may change. The server's raster is what counts.

const CHECKPOINT = 20;

export class MaskBitmap {
  /**
   * @param {(name: string) => Promise<ImageBitmap>} lookup gives a stored mask as a grey picture
   * @param {(ops: object[]) => Promise<ImageBitmap>} raster lets the server draw operations that the page cannot
   */
  constructor(lookup, raster) {
    this.lookup = lookup;
    this.raster = raster;
    this.stored = new Map();
    this.marks = [];
    this.surface = null;
    this.running = Promise.resolve();
    this.serial = 0;
  }

  resize(size, scale) {
    this.scale = scale;
    this.size = [Math.max(1, Math.round(size[0] * scale)), Math.max(1, Math.round(size[1] * scale))];
    this.surface = new OffscreenCanvas(...this.size);
    this.marks = [];
  }

  /** Redraws for a list of operations; resolves to false when a newer call has overtaken this one. */
  show(ops) {
    const serial = ++this.serial;
    this.running = this.running.catch(() => {}).then(() => this.redraw(ops, serial));
    return this.running;
  }

  /** Adds one segment of a stroke that is still being drawn. */
  paint(op) {
    drawShape(this.surface.getContext("2d"), op, this.scale);
  }

  async redraw(ops, serial) {
    if (serial !== this.serial || !this.surface) return false;
    let [start, base] = this.start(ops);
    const next = new OffscreenCanvas(...this.size);
    const ctx = next.getContext("2d");
    if (base) ctx.drawImage(base, 0, 0);
    for (let i = start; i < ops.length; i++) {
      await this.apply(ctx, ops, i);
      if ((i + 1) % CHECKPOINT === 0) this.keep(ops.slice(0, i + 1), next);
    }
    if (serial !== this.serial) return false;
    this.surface = next;
    return true;
  }

  start(ops) {
    for (const { prefix, surface } of [...this.marks].reverse()) {
      if (prefix.length <= ops.length && prefix.every((op, i) => op === ops[i])) return [prefix.length, surface];
    }
    return [0, null];
  }

  keep(prefix, surface) {
    const copy = new OffscreenCanvas(...this.size);
    copy.getContext("2d").drawImage(surface, 0, 0);
    this.marks = [...this.marks, { prefix, surface: copy }].slice(-6);
  }

  async apply(ctx, ops, index) {
    const op = ops[index];
    const [w, h] = this.size;
    if (op.kind === "clear") ctx.clearRect(0, 0, w, h);
    else if (op.kind === "invert") {
      ctx.globalCompositeOperation = "xor";
      ctx.fillStyle = "#fff";
      ctx.fillRect(0, 0, w, h);
      ctx.globalCompositeOperation = "source-over";
    } else if (["grow", "shrink", "feather"].includes(op.kind)) {
      const made = alphaOf(await this.raster(ops.slice(0, index + 1)), this.size);
      ctx.clearRect(0, 0, w, h);
      ctx.drawImage(made, 0, 0);
      this.keep(ops.slice(0, index + 1), made);
    } else if (op.kind === "region" || op.kind === "mask") {
      if (!this.stored.has(op.name)) this.stored.set(op.name, alphaOf(await this.lookup(op.name), this.size));
      ctx.globalCompositeOperation = op.mode === "sub" ? "destination-out" : "source-over";
      ctx.drawImage(this.stored.get(op.name), 0, 0, w, h);
      ctx.globalCompositeOperation = "source-over";
    } else drawShape(ctx, op, this.scale);
  }
}

/** A grey picture as a surface whose alpha is its brightness. */
export function alphaOf(bitmap, size) {
  const surface = new OffscreenCanvas(...size);
  const ctx = surface.getContext("2d", { willReadFrequently: true });
  ctx.drawImage(bitmap, 0, 0, ...size);
  const data = ctx.getImageData(0, 0, ...size);
  const values = data.data;
  for (let i = 0; i < values.length; i += 4) {
    values[i + 3] = values[i];
    values[i] = values[i + 1] = values[i + 2] = 255;
  }
  ctx.putImageData(data, 0, 0);
  return surface;
}

function drawShape(ctx, op, scale) {
  ctx.save();
  ctx.globalCompositeOperation = op.mode === "sub" ? "destination-out" : "source-over";
  ctx.fillStyle = ctx.strokeStyle = "#fff";
  ctx.lineCap = ctx.lineJoin = "round";
  ctx.scale(scale, scale);
  if (op.kind === "box") {
    const [x0, y0, x1, y1] = op.xyxy;
    ctx.fillRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
  } else if (op.kind === "polygon") {
    ctx.beginPath();
    op.points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.fill();
  } else drawStroke(ctx, op, scale);
  ctx.restore();
}

function drawStroke(ctx, op, scale) {
  if (op.hardness < 1) ctx.filter = `blur(${Math.max(0.5, op.radius * (1 - op.hardness) * 0.5) * scale}px)`;
  const radius = (p) => op.radius * (p.length > 2 ? 0.5 + 0.5 * p[2] : 1);
  ctx.beginPath();
  if (op.points.every((p) => p.length < 3)) {
    ctx.lineWidth = 2 * op.radius;
    op.points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    if (op.points.length === 1) ctx.lineTo(op.points[0][0] + 0.01, op.points[0][1]);
    ctx.stroke();
    return;
  }
  for (const p of op.points) {
    ctx.moveTo(p[0] + radius(p), p[1]);
    ctx.arc(p[0], p[1], radius(p), 0, 7);
  }
  ctx.fill();
  for (let i = 1; i < op.points.length; i++) {
    ctx.beginPath();
    ctx.lineWidth = radius(op.points[i - 1]) + radius(op.points[i]);
    ctx.moveTo(op.points[i - 1][0], op.points[i - 1][1]);
    ctx.lineTo(op.points[i][0], op.points[i][1]);
    ctx.stroke();
  }
}
