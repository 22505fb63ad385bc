// @ts-check
// Streamlit's sliders report when they are released. One that is held by a pointer is watched here, and its value told
// as it moves, so that the picture follows; the slider itself is never written to.

import { around } from "./dom.js";
import { telling } from "./telling.js";

/** @import { Session } from "./player.js" */

const ENDS = /** @type {const} */ (["pointerup", "pointercancel"]);
const KEY = /(?:^| )st-key-(\S+)/;

// `session()` gives that of the player which answers.
/** @param {() => Session | undefined} session */
export function watchSliders(session) {
  addEventListener("pointerdown", down => {
    const slider = around(down.target, "[data-testid=stSlider]");
    const [, key] = KEY.exec(around(slider, "[class*=st-key-]")?.className ?? "") ?? [];
    const answering = key ? session() : undefined;
    if (!slider || !answering?.slides || down.button !== 0) return;
    const value = () => Number(slider.querySelector("input")?.value);
    let last = value();
    /** @type {ReturnType<typeof telling<number>> | undefined} */
    let told;
    const watch = new MutationObserver(() => {
      if (value() === last) return;
      last = value();
      told ??= telling(answering, (/** @type {number} */ value, number, held) => answering.tell("slide", [key, value, number, held]));
      told.move(last);
    });
    watch.observe(slider, { subtree: true, attributeFilter: ["value", "aria-valuetext"] });
    const up = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId !== down.pointerId) return;
      for (const name of ENDS) removeEventListener(name, up, true);
      watch.disconnect();
      told?.release(value());
    };
    for (const name of ENDS) addEventListener(name, up, true);
  }, true);
}
