// @ts-check
// A component's script travels with every message; this one only fetches the module that the component's element names,
// which the browser keeps.

/** @import { Component } from "./messages.d.ts" */
/** @typedef {(component: Component) => (() => void) | void} Draw */

/** @type {Map<string, Draw>} */
const fetched = new Map();

/** @type {Draw} */
export default component => {
  const { script = "" } = /** @type {HTMLElement} */ (component.parentElement.querySelector("[data-script]")).dataset;
  const draw = fetched.get(script);
  if (draw) return draw(component);
  /** @type {(() => void) | void} */
  let leave;
  let left = false;
  const begin = () =>
    import(new URL(script, document.baseURI).href).then(
      module => {
        fetched.set(script, module.default);
        if (!left) leave = module.default(component);
      },
      () => left || setTimeout(begin, 2000),
    );
  begin();
  return () => {
    left = true;
    leave?.();
  };
};
