// The half of the session that applies plans and follows the work.

import * as api from "./api.js";
import * as drawing from "./canvas/ops.js";
import { describe, newStep } from "./steps.js";

const RESHAPING = ["rotate", "flip", "crop", "zoom", "scale"];

export class Running {
  engine() {
    const { preset, device, seed, grow, feather, verify } = this.s.settings;
    const number = (v) => (v === "" || v === null || v === undefined ? null : Number(v));
    return { preset: preset || null, device: device || null, seed: number(seed), grow: number(grow), feather: number(feather), verify: verify !== false };
  }

  /** Sends the plan with what was drawn; several variants become several states. */
  apply({ newSeed = false, seed = null, base = null, steps = null } = {}) {
    const chosen = (steps ?? this.s.steps).filter((s) => s.enabled && !(s.spare && !s.drawing.ops.length));
    if (!chosen.length || !this.s.project || this.s.job) return undefined;
    const reshaped = (i) => chosen.slice(0, i).some((s) => s.step.op === "global" && RESHAPING.some((k) => k in s.step.params));
    const hands = chosen.map((s, i) => {
      const ops = s.byHand || !reshaped(i) ? s.drawing.ops : [];
      return ops.length ? { ops } : null;
    });
    const instruction = this.s.plan?.instruction || describe(chosen);
    const plan = { steps: chosen.map((s) => s.step), instruction, parser: this.s.plan?.parser ?? "manual" };
    const variants = newSeed || seed !== null ? 1 : Number(this.s.settings.variants || 1);
    const engine = this.engine();
    if (seed !== null) engine.seed = seed;
    if (newSeed) engine.seed = Math.floor(Math.random() * 2 ** 31);
    const first = engine.seed ?? Math.floor(Math.random() * 2 ** 31);
    return this.guard(async () => {
      this.setCompare(null);
      for (let i = 0; i < variants; i++) {
        const seeded = variants > 1 ? { ...engine, seed: first + i } : engine;
        const body = { project: this.s.project.id, base: base ?? this.s.project.head, plan, hands, engine: seeded, reference: this.s.reference?.picture ?? null };
        const made = await api.post("/jobs", body);
        if (!this.s.job) this.store.set({ job: { id: made.job, stage: "waiting", share: null, message: "", variants }, error: null });
      }
      this.armed = true;
    });
  }

  /** The last edit once more from the same state with another seed. */
  again() {
    return this.head?.parent && this.head.plan ? this.repeat({ newSeed: true }) : this.apply({ newSeed: true });
  }

  /** The last edit once more, the new thing in another one of the proposed places. */
  takePlace(number) {
    return this.repeat({ seed: this.head.seed }, (step) => (step.method === "two-stage" ? { ...step, params: { ...step.params, pick: number } } : step));
  }

  repeat(how, change = (step) => step) {
    const { head } = this;
    const steps = head.plan.steps.map((step, i) => ({
      ...newStep({ ...change(step), seed: null, mask: null }), byHand: true, drawing: drawing.drawingOf(head.hands[i]?.ops ?? []),
    }));
    return this.guard(async () => {
      await this.checkout(head.parent);
      await this.takeFrom(head);
      await this.apply({ ...how, base: head.parent, steps });
    });
  }

  cancel() {
    if (!this.s.job) return undefined;
    this.store.set({ job: { ...this.s.job, message: "stopping …" } });
    return this.guard(() => api.post(`/jobs/${this.s.job.id}/cancel`));
  }

  event(e) {
    if (e.type === "history.changed") return this.refresh();
    const { job } = this.s;
    if (e.type === "job.started" && (!job || job.id !== e.job) && e.project) {
      this.store.set({ job: { ...(job ?? {}), id: e.job, stage: "starting", share: null, message: "" } });
    } else if (e.type === "job.progress" && e.project) {
      const share = e.total > 1 ? e.step / e.total : null;
      const shown = { ...(job ?? {}), id: e.job, stage: e.stage, step: e.step, total: e.total, share, message: e.message, eta: e.eta_s };
      this.store.set({ job: shown });
      if (e.preview) this.showPreview(e.job);
    } else if (["job.done", "job.failed", "job.cancelled", "job.interrupted"].includes(e.type) && job?.id === e.job) {
      this.finished(e);
    }
    return undefined;
  }

  async showPreview(job) {
    const shown = await api.bitmap(`/jobs/${job}/preview`).catch(() => null);
    if (shown && this.s.job?.id === job) this.canvas.setPreview(shown);
  }

  async finished(e) {
    this.canvas.setPreview(null);
    this.store.set({ job: null });
    if (e.type === "job.failed") this.store.set({ error: { ...e.error, kind: e.error?.type, retry: e.job } });
    if (e.type === "job.cancelled") this.store.set({ status: "Cancelled; nothing was changed." });
    if (e.type === "job.done") {
      this.forward = [];
      await this.refresh();
      this.store.set({ instruction: "" });
    }
  }

  /** After (re)connecting: what happened meanwhile? */
  async catchUp() {
    await this.refresh();
    const { jobs } = await api.get(`/jobs?project=${this.s.project.id}&limit=20`);
    const open = jobs.find((j) => j.state === "running") ?? jobs.find((j) => j.state === "queued");
    if (open) {
      const { progress } = await api.get(`/jobs/${open.id}`);
      this.store.set({ job: { id: open.id, stage: progress.stage ?? "waiting", message: progress.message ?? "", share: progress.total > 1 ? progress.step / progress.total : null } });
    } else if (this.s.job) this.store.set({ job: null });
    const broken = jobs[0]?.state === "interrupted" ? jobs[0] : null;
    if (broken && !open) this.store.set({ error: { ...broken.error, kind: "Interrupted", retry: broken.id } });
  }

  refresh() {
    this.refreshing = (this.refreshing ?? Promise.resolve()).then(async () => {
      const project = await api.get(`/projects/${this.s.project.id}`).catch(() => null);
      if (project && project.id === this.s.project.id) await this.show(project, false);
    });
    return this.refreshing;
  }

  retry(job) {
    return this.guard(async () => {
      await api.post(`/jobs/${job}/retry`);
      this.store.set({ error: null });
    });
  }
}
