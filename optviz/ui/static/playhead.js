// @ts-check
// Time: one playhead over the steps of a run.

const END_PAUSE = 0.8; // seconds a looping run rests on its last step

/** @import { Store } from "./numbers.js" */

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Position in steps. A whole run at speed 1 takes some seconds, more for more steps, but far from in proportion.
export class Playhead {
  position = 0;
  playing = false;
  pinned = false; // shows the newest step without moving (reduced motion)
  rested = 0;
  ended = false; // stopped by itself, at the last step
  /** @type {number | null} */
  goal = null; // a step to stand still at, as soon as its row is there
  onward = false; // whether it plays on from there

  restart() {
    this.pinned = reducedMotion();
    this.playing = !this.pinned;
    this.goal = null;
    this.position = 0;
    this.rested = 0;
  }
  // Stand still at a step, which may not have come yet, or play on from it.
  /** @type {(step: number | null, onward?: boolean) => void} */
  hold(step, onward = false) {
    this.playing = this.pinned = this.ended = false;
    this.goal = step;
    this.onward = onward;
  }
  /** @param {Store} store */
  arrive(store) {
    if (this.goal != null) {
      const comes = store.last < this.goal && store.awaited;
      this.position = Math.min(this.goal, comes ? Math.max(store.last, this.position) : store.last);
      if (comes) return;
      this.goal = null;
      if (!this.onward) return;
      this.pinned = reducedMotion();
      this.playing = !this.pinned;
    }
    if (this.pinned) this.position = store.last;
    else if (store.growing && this.ended) this.playing = true;
    if (this.playing) this.ended = false;
    this.position = Math.min(this.position, store.last);
  }
  /** @param {number} step @param {Store} store */
  seek(step, store) {
    this.playing = this.pinned = this.ended = false;
    this.goal = null;
    this.position = Math.max(0, Math.min(Math.round(step), store.last));
  }
  /** @param {Store} store */
  toggle(store) {
    if (!this.playing && this.position >= store.last && !store.awaited) this.position = 0;
    this.playing = !this.playing;
    this.pinned = false;
    this.goal = null;
    this.rested = 0;
  }
  // `pace` is in steps a second, where it is not that of the whole run.
  /** @type {(seconds: number, speed: number, loop: boolean, store: Store, pace: number | undefined) => void} */
  advance(seconds, speed, loop, store, pace) {
    if (!this.playing) return;
    const steps = Math.max(store.total, store.steps ?? 0, 20);
    const rate = pace ?? steps / (1.5 * steps ** 0.2);
    const next = this.position + Math.min(seconds, 0.1) * rate * speed;
    this.position = Math.min(next, store.last);
    if (next < store.last || store.awaited) return;
    if (!loop) [this.playing, this.ended] = [false, true];
    else if ((this.rested += seconds) > END_PAUSE) {
      this.position = 0;
      this.rested = 0;
    }
  }
  get step() {
    return Math.floor(this.position + 1e-9);
  }
}
