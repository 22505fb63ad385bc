// @ts-check
// Slow motion: each step in its four sub-steps (the gradient, the moments, eta, the new point), one sentence each.

import { element } from "./dom.js";
import { reducedMotion } from "./playhead.js";

/** @import { Slow as Told } from "./messages.d.ts" */
/** @import { Action, Player } from "./player.js" */

const SUB_STEPS = 4;
const SECONDS = 2.5; // a sub-step at speed 1
const STOPS = [0, 0.25, 0.5, 0.98]; // where in a step each sub-step stands still: the last one where the ball has arrived
const ARRIVAL = 0.9; // of a step: the ball moves in the last quarter, and rests there for a moment

/** @param {number} value */
const written = value => (Number.isFinite(value) ? String(Number(value.toPrecision(4))).replace(/-/g, "−") : "–");

export class Slow {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.node = element("p", { class: "optviz-slowly", hidden: "" });
  }
  // The words and numbers from Python; null where there is no slow motion.
  get told() {
    return this.player.store.slow;
  }
  get on() {
    return Boolean(this.told && this.player.session.slowly);
  }
  get pace() {
    return this.on ? 1 / (SUB_STEPS * SECONDS) : undefined;
  }
  get #last() {
    return this.player.playhead.step >= this.player.store.last;
  }
  get subStep() {
    const { position, step } = this.player.playhead;
    return Math.min(1 + Math.floor(SUB_STEPS * (position - step) + 1e-9), SUB_STEPS);
  }

  // What a panel draws: the step, with the way that the ball has gone, and the sub-step.
  /** @returns {[step: number, subStep?: number]} */
  get view() {
    const { position, step } = this.player.playhead;
    if (!this.on) return [step];
    if (this.#last || this.subStep < SUB_STEPS) return [step, this.#last ? 0 : this.subStep];
    const begin = 1 - 1 / SUB_STEPS;
    const gone = reducedMotion() ? 1 : Math.min((position - step - begin) / (ARRIVAL - begin), 1);
    return [step + Math.min(gone, 0.9999), SUB_STEPS];
  }

  toggle() {
    const { session, playhead, store } = this.player;
    session.slowly = !this.on;
    playhead.seek(session.slowly && this.#last && !store.awaited ? 0 : playhead.step, store);
    this.player.request();
  }
  // One sub-step on or back; says whether that was asked for.
  /** @param {Action} action */
  act(action) {
    const by = action === "back" ? -1 : action === "forward" ? 1 : 0;
    if (!this.on || !by) return false;
    const { playhead, store } = this.player;
    const to = Math.max(0, Math.min(SUB_STEPS * playhead.step + this.subStep - 1 + by, SUB_STEPS * store.last));
    playhead.seek(Math.floor(to / SUB_STEPS), store);
    playhead.position += STOPS[to % SUB_STEPS];
    return true;
  }

  show() {
    const { player, on } = this;
    const { slow, loop } = player.bar;
    if (Boolean(this.told) !== slow.isConnected) {
      if (this.told) loop.before(slow);
      else slow.remove();
    }
    slow.setAttribute("aria-pressed", String(on));
    this.node.hidden = !on;
    player.root.dataset.substep = on ? String(this.subStep) : "";
    if (!on) return;
    this.node.setAttribute("aria-live", player.playhead.playing ? "off" : "polite"); // no chatter while it plays
    const text = this.#sentence(/** @type {Told} */ (this.told));
    if (this.node.textContent !== text) this.node.textContent = text;
  }
  /** @param {Told} told */
  #sentence({ array, columns, sentences, end, fork, onward }) {
    const { playhead, store } = this.player;
    const row = store.arrays.get(array)?.row(playhead.step);
    if (this.#last || !row?.length || !Number.isFinite(row[0])) return end;
    const told = onward && fork !== null && playhead.step >= fork ? onward : sentences;
    return told[this.subStep - 1].replace(/\{(\w+)\}/g, (_, name) => written(row[columns.indexOf(name)]));
  }
}
