// Streamlit's sliders report when they are released. One that is held by a pointer is watched here, and its value told
// as it moves, so that the picture follows; the slider itself is never written to.

import { telling } from "./telling.js";

const KEY = /(?:^| )st-key-(\S+)/;

// `session()` gives that of the player which answers.
export function watchSliders(session) {
  addEventListener("pointerdown", down => {
    const slider = down.target.closest?.("[data-testid=stSlider]");
    const [, key] = KEY.exec(slider?.closest("[class*=st-key-]")?.className ?? "") ?? [];
    const answering = key && session();
    if (!answering?.slides || down.button !== 0) return;
    const value = () => Number(slider.querySelector("input").value);
    let last = value();
    let told;
    const watch = new MutationObserver(() => {
      if (value() === last) return;
      last = value();
      told ??= telling(answering, (value, number, held) => answering.tell("slide", [key, value, number, held]));
      told.move(last);
    });
    watch.observe(slider, { subtree: true, attributeFilter: ["value", "aria-valuetext"] });
    const up = event => {
      if (event.pointerId !== down.pointerId) return;
      for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, up, true);
      watch.disconnect();
      told?.release(value());
    };
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, up, true);
  }, true);
}
