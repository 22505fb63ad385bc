// @ts-check
// What is dragged is told while it moves: at once, then whenever the last answer has arrived.

const PATIENCE = [30, 3000]; // in ms: between two tellings at least, and without an answer at most

/** @import { Session } from "./player.js" */

// `send(value, number, held)` tells Python, whose answer carries the number.
/**
 * @template Value
 * @param {Session} session
 * @param {(value: Value, number: number, held: boolean) => void} send
 */
export function telling(session, send) {
  /** @type {Value} */
  let latest;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const tell = (/** @type {boolean} */ held) => {
    timer = undefined;
    session.asked = performance.now();
    send(latest, ++session.number, held);
  };
  const attempt = () => {
    const since = performance.now() - session.asked;
    if ((session.number === session.heard && since >= PATIENCE[0]) || since > PATIENCE[1]) tell(true);
    else timer = setTimeout(attempt, 4);
  };
  session.held = true;
  return {
    /** @param {Value} value */
    move(value) {
      latest = value;
      if (!timer) attempt();
    },
    /** @param {Value} [value] */
    release(value = latest) {
      clearTimeout(timer);
      session.held = false;
      latest = value;
      tell(false);
    },
  };
}
