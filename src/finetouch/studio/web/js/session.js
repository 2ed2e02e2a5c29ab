// What the page does: opening, planning, selecting, applying, going through the history. No DOM but the canvas element.

import * as api from "./api.js";
import * as drawing from "./canvas/ops.js";
import { Running } from "./running.js";
import { newStep } from "./steps.js";

const SELECTING = new Set(["remove", "replace", "recolor", "restyle", "background", "adjust", "move", "resize", "duplicate", "text", "brush", "drag"]);

export function freshState() {
  return {
    about: null, methods: [], models: [], project: null, instruction: "", plan: null, steps: [], active: 0, job: null, reference: null,
    status: "", error: null, busy: false, settings: loadSettings(), compare: null, saved: true, scale: 1,
  };
}

export class Session extends Running {
  constructor(store, canvas) {
    super();
    this.store = store;
    this.canvas = canvas;
    this.serials = new Map();
    this.bag = 0;
    this.forward = [];
    canvas.connect(
      (name) => api.bitmap(`/masks/${name}?max=2048`),
      async (ops) => {
        const made = await api.post("/masks/raster", { picture: this.head.picture, ops });
        return api.bitmap(`/masks/${made.mask}?max=2048`);
      },
    );
    canvas.addEventListener("ft-change", (e) => this.drawn(e.detail.drawing));
    canvas.addEventListener("ft-point", (e) => this.pointed(e.detail.point));
    canvas.addEventListener("ft-box", (e) => this.selectActive({ box: e.detail.box }));
    canvas.addEventListener("ft-pick", (e) => this.pickRegion(e.detail.id));
    canvas.addEventListener("ft-view", () => this.lookClosely());
    canvas.addEventListener("ft-zoom", (e) => this.store.set({ scale: e.detail.scale }));
  }

  get s() {
    return this.store.state;
  }

  get head() {
    return this.s.project?.nodes.find((n) => n.id === this.s.project.head);
  }

  get root() {
    return this.s.project?.nodes.find((n) => n.parent === null);
  }

  get step() {
    return this.s.steps[this.s.active];
  }

  node(id) {
    return this.s.project.nodes.find((n) => n.id === id);
  }

  /** Runs something and shows its error, if it has one, with what to do. */
  async guard(work, status) {
    if (status) this.store.set({ status, busy: true });
    try {
      const value = await work();
      if (status) this.store.set({ status: "", busy: false });
      return value;
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      this.store.set({ error: { message: error.message, hint: error.hint ?? "", kind: error.kind }, busy: false, status: "" });
      return undefined;
    }
  }

  async begin() {
    const [about, methods, models] = await Promise.all([api.get("/about"), api.get("/methods"), api.get("/models")]);
    this.store.set({ about, methods: methods.methods, models: models.presets });
    if (!this.s.settings.preset) this.setting({ preset: about.preset });
    const asked = new URLSearchParams(location.hash.slice(1)).get("project");
    const first = asked ?? about.start ?? about.last;
    if (first) await this.guard(async () => this.show(await api.get(`/projects/${first}`), true));
  }

  openFile(file) {
    return this.guard(async () => {
      const zip = (await file.slice(0, 4).text()) === "PK\u0003\u0004";
      if (zip) return this.show(await api.post("/projects/open", file), true);
      if (file.size > this.s.about.max_upload) {
        throw new api.Problem(413, { detail: `“${file.name}” is too large.`, hint: `At most ${this.s.about.max_upload >> 20} MB.` });
      }
      const picture = await api.post(`/pictures?name=${encodeURIComponent(file.name || "pasted")}`, file);
      const project = await api.post("/projects", { picture: picture.picture, name: picture.name });
      return this.show(project, true);
    }, `Opening ${file.name || "the picture"} …`);
  }

  openSample(name) {
    return this.guard(async () => {
      const picture = await api.post(`/samples/${name}`);
      return this.show(await api.post("/projects", { picture: picture.picture, name: picture.name }), true);
    }, "Opening …");
  }

  openProject(id) {
    return this.guard(async () => this.show(await api.get(`/projects/${id}`), true), "Opening …");
  }

  /** Takes a project as the one to work on. */
  async show(project, fresh) {
    const before = this.s.project;
    this.store.set({ project, error: null });
    if (before?.id !== project.id) {
      this.store.set({ instruction: "" });
      this.stop?.();
      this.stop = api.listen(project.id, (e) => this.event(e), () => this.catchUp());
      history.replaceState(null, "", `#project=${project.id}`);
    }
    if (fresh || before?.head !== project.head) {
      await this.showHead(before?.id === project.id);
      const draft = project.draft;
      if (fresh && draft?.head === project.head) await this.restore(draft);
    }
  }

  async showHead(keepView) {
    const { head } = this;
    const parent = head.parent && this.node(head.parent);
    this.store.set({ steps: [], plan: null, active: 0, busy: true, status: "Loading the picture …" });
    this.canvas.setRegions([]);
    const cleared = this.canvas.load(drawing.emptyDrawing());
    try {
      const [proxy, original] = await Promise.all([
        api.bitmap(api.proxyPath(head.picture)), parent ? api.bitmap(api.proxyPath(parent.picture)) : null, cleared,
      ]);
      if (head.id !== this.head?.id) return;
      this.canvas.setPicture({ proxy, size: head.size, original, keepView });
      await this.canvas.load(this.canvas.drawing);
      this.setCompare(null);
      this.lookClosely();
    } finally {
      if (head.id === this.head?.id) this.store.set({ busy: false, status: "" });
    }
  }

  async restore({ plan, steps, active, instruction }) {
    this.store.set({ instruction: instruction ?? "", plan: plan ?? null, active: 0 });
    await this.setSteps((steps ?? []).map((s) => ({ ...newStep(s.step), ...s, drawing: drawing.drawingOf(s.ops, s.points) })), active);
    if (!steps?.length) this.spare = null;
  }

  readPlan(words) {
    return this.guard(async () => {
      const plan = await api.post("/plan", { instruction: words, preset: this.s.settings.preset || null });
      const first = this.step && !this.s.plan ? this.step.drawing : null;
      this.store.set({ plan, instruction: words, error: null });
      const steps = plan.steps.map(newStep);
      if (first?.ops.length) Object.assign(steps[0], { drawing: first, byHand: true });
      await this.setSteps(steps, 0);
      await this.selectAll();
      if (this.s.settings.atOnce) await this.apply();
    }, "Reading the instruction …");
  }

  async setSteps(steps, active = this.s.active) {
    const at = Math.max(0, Math.min(active ?? 0, steps.length - 1));
    this.store.set({ steps, active: at, saved: false });
    await this.canvas.load(steps[at]?.drawing ?? drawing.emptyDrawing());
    this.canvas.setRegions(steps[at]?.regions ?? []);
    this.keepDraft();
  }

  patchStep(index, patch) {
    const steps = this.s.steps.map((s, i) => (i === index ? { ...s, ...patch } : s));
    return this.setSteps(steps);
  }

  /** Changes what a step says; a new target is looked for at once. */
  async editStep(index, patch, look) {
    const step = { ...this.s.steps[index].step, ...patch };
    await this.patchStep(index, { step, ...(look ? { regions: [], asked: false, byHand: false, drawing: drawing.emptyDrawing() } : {}) });
    if (look) await this.guard(() => this.selectFor(index));
  }

  setTarget(index, phrase) {
    return this.guard(async () => {
      const query = phrase.trim() ? await api.post("/phrase", { phrase }) : { noun: null, attributes: [] };
      const { noun, attributes, relation = null, position = null, count = null } = query;
      const moving = this.s.steps[index].step.op === "move";
      await this.editStep(index, { target: noun, attributes, count, ...(moving ? {} : { relation, position }) }, true);
    });
  }

  async selectAll() {
    for (const [i, s] of this.s.steps.entries()) {
      if (!(s.byHand && s.drawing.ops.length)) await this.selectFor(i);
    }
  }

  /** Looks for what a step means and shows it. */
  async selectFor(index, marks = {}) {
    const { step, key, drawing: drawn } = this.s.steps[index];
    const wanted = step.target && SELECTING.has(step.op) && !(step.op === "background" && !step.target);
    if (!wanted && !marks.points?.length && !marks.box) return;
    const serial = ++this.bag;
    this.serials.set(key, serial);
    await this.patchByKey(key, { looking: true });
    let found;
    try {
      found = await api.post("/select", {
        picture: this.head.picture, step, serial, engine: this.engine(),
        points: marks.points ?? drawn.points, box: marks.box ?? null,
      });
    } catch (error) {
      await this.patchByKey(key, { looking: false });
      throw error;
    }
    if (this.serials.get(key) !== found.serial) return;
    const at = this.s.steps.findIndex((s) => s.key === key);
    if (at < 0) return;
    const regions = found.regions.map((r, i) => ({ ...r, on: i === 0 }));
    const now = this.s.steps[at].drawing;
    const next = found.regions.length ? drawing.setRegion(now, found.regions[0].id) : now;
    await this.patchByKey(key, {
      regions, notes: found.notes ?? [], seen: found.seen ?? [], asked: true, looking: false, drawing: next,
    });
  }

  patchByKey(key, patch) {
    const at = this.s.steps.findIndex((s) => s.key === key);
    return at < 0 ? undefined : this.patchStep(at, patch);
  }

  /** Another candidate instead of the one shown; again: takes it away. */
  async pickRegion(id) {
    const { step } = this;
    if (!step?.regions.some((r) => r.id === id)) return;
    const on = !step.regions.find((r) => r.id === id).on;
    const regions = step.regions.map((r) => ({ ...r, on: on && r.id === id }));
    await this.patchStep(this.s.active, { regions, byHand: true, drawing: drawing.setRegion(step.drawing, on ? id : null) });
  }

  ensureStep() {
    if (!this.s.steps.length) {
      this.store.set({ steps: [{ ...newStep({ op: "remove", target: null, params: {}, attributes: [] }), spare: true }], active: 0 });
    }
  }

  drawn(next) {
    this.ensureStep();
    const steps = this.s.steps.map((s, i) => (i === this.s.active ? { ...s, drawing: next, byHand: true } : s));
    this.store.set({ steps, saved: false });
    this.keepDraft();
  }

  pointed(point) {
    this.ensureStep();
    const points = [...this.step.drawing.points, point];
    return this.selectActive({ points }, { points });
  }

  async selectActive(marks, patch = {}) {
    this.ensureStep();
    const at = this.s.active;
    await this.patchStep(at, { byHand: true, drawing: drawing.change(this.step.drawing, patch) });
    if (marks.points?.length || marks.box) await this.guard(() => this.selectFor(at, marks), "Looking there …");
  }

  /** Takes the click points away; the mask they made stays. */
  pointsGone() {
    return this.canvas.update(drawing.change(this.canvas.drawing, { points: [] }));
  }

  /** grow, shrink, feather, invert or clear the mask. */
  maskOp(kind, px) {
    this.ensureStep();
    if (kind === "clear") {
      return this.canvas.update(drawing.change(this.canvas.drawing, { ops: [], points: [] })).then(() =>
        this.patchStep(this.s.active, { regions: this.step.regions.map((r) => ({ ...r, on: false })) }));
    }
    return this.guard(() => this.canvas.commit(px ? { kind, px } : { kind }));
  }

  uploadMask(file) {
    return this.guard(async () => {
      const made = await api.call("PUT", `/masks?picture=${this.head.picture}`, file);
      this.ensureStep();
      await this.canvas.commit({ kind: "mask", name: made.mask });
    }, "Reading the mask …");
  }

  /** The picture that a new thing is taken from. */
  takeReference(file) {
    return this.guard(async () => {
      this.store.set({ reference: await api.post(`/pictures?name=${encodeURIComponent(file.name)}`, file) });
    }, "Reading the picture …");
  }

  async downloadMask() {
    const made = await this.guard(() => api.post("/masks/raster", { picture: this.head.picture, ops: this.canvas.drawing.ops }));
    return made?.mask;
  }

  undo() {
    const { drawing: now } = this.canvas;
    if (now.past.length) return this.putDrawing(drawing.undo(now));
    if (this.s.job || !this.head?.parent) return undefined;
    const child = this.head;
    return this.guard(async () => {
      await this.checkout(child.parent);
      this.forward.push(child.id);
      await this.takeFrom(child);
    });
  }

  redo() {
    const { drawing: now } = this.canvas;
    if (now.future.length) return this.putDrawing(drawing.redo(now));
    const next = this.forward.pop();
    const node = next && this.node(next);
    return node?.parent === this.s.project.head ? this.checkout(next) : undefined;
  }

  putDrawing(next) {
    const top = next.ops[0]?.kind === "region" ? next.ops[0].name : null;
    return this.patchStep(this.s.active, { drawing: next, regions: (this.step?.regions ?? []).map((r) => ({ ...r, on: r.id === top })) });
  }

  /** Puts the plan and drawings that made a state back into the panels. */
  async takeFrom(node) {
    if (!node.plan) return;
    this.store.set({ plan: node.plan, instruction: node.plan.instruction });
    const steps = node.plan.steps.map((step, i) => {
      const hand = node.hands[i] ?? {};
      const clean = { ...step, seed: null, mask: null, points: [], box: null };
      return { ...newStep(clean), asked: true, byHand: Boolean(hand.ops?.length), drawing: drawing.drawingOf(hand.ops ?? [], hand.points ?? []) };
    });
    await this.setSteps(steps, 0);
  }

  checkout(id) {
    return this.guard(async () => {
      await api.post(`/projects/${this.s.project.id}/checkout`, { node: id });
      await this.show(await api.get(`/projects/${this.s.project.id}`), false);
    });
  }

  setCompare(value) {
    this.canvas.compare = this.canvas.original ? value : null;
    this.store.set({ compare: this.canvas.compare });
  }

  setting(patch) {
    const settings = { ...this.s.settings, ...patch };
    this.store.set({ settings });
    localStorage.setItem("finetouch.settings", JSON.stringify(settings));
  }

  keepDraft() {
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.sendDraft(), 600);
  }

  async sendDraft(keepalive = false) {
    clearTimeout(this.draftTimer);
    const { project, plan, steps, active, instruction } = this.s;
    if (!project || this.s.saved) return;
    const rows = steps.map(({ step, enabled, byHand, regions, notes, asked, spare, drawing: d }) => ({ step, enabled, byHand, regions, notes, asked, spare, ops: d.ops, points: d.points }));
    const draft = { head: project.head, plan, steps: rows, active, instruction };
    await api.call("PUT", `/projects/${project.id}/draft`, { draft }, { keepalive }).catch(() => null);
    this.store.set({ saved: true });
  }

  /** Fetches the visible part at full resolution when the proxy is too coarse. */
  async lookClosely() {
    const { head, canvas } = this;
    if (!head || canvas.view.scale * devicePixelRatio <= canvas.bitmap.scale * 1.05) return canvas.setDetail(null);
    const { view, screen, size } = canvas;
    const x = Math.max(0, Math.floor(-view.x / view.scale)), y = Math.max(0, Math.floor(-view.y / view.scale));
    const w = Math.min(size[0] - x, Math.ceil(screen[0] / view.scale) + 2), h = Math.min(size[1] - y, Math.ceil(screen[1] / view.scale) + 2);
    if (canvas.bitmap.scale >= 1 || w < 1 || h < 1) return canvas.setDetail(null);
    this.looking?.abort();
    this.looking = new AbortController();
    const shown = await api.bitmap(`/pictures/${head.picture}/crop?x=${x}&y=${y}&w=${w}&h=${h}`, { signal: this.looking.signal }).catch(() => null);
    if (shown && this.head?.id === head.id) canvas.setDetail(shown, [x, y, w, h]);
    return undefined;
  }
}

function loadSettings() {
  const plain = { preset: "", device: "", seed: "", variants: "1", grow: "", feather: "", verify: true, atOnce: false, theme: "", singleKeys: "on" };
  try {
    return { ...plain, ...JSON.parse(localStorage.getItem("finetouch.settings") ?? "{}") };
  } catch {
    return plain;
  }
}
