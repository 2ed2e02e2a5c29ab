// One state object; who changes it tells who listens. No DOM.

export class Store extends EventTarget {
  constructor(state) {
    super();
    this.state = state;
  }

  /** Changes some fields and tells listeners which. */
  set(patch) {
    this.state = { ...this.state, ...patch };
    this.dispatchEvent(new CustomEvent("change", { detail: Object.keys(patch) }));
  }

  /** Calls `listener` now, and whenever one of the fields changes. */
  on(fields, listener) {
    this.addEventListener("change", (e) => {
      if (e.detail.some((name) => fields.includes(name))) listener(this.state);
    });
    listener(this.state);
  }
}
