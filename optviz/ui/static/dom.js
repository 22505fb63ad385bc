// @ts-check
// Elements: making them, painting in them, asking where one stands.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @typedef {CanvasRenderingContext2D} Pen */
/** @type {(canvas: HTMLCanvasElement, settings?: CanvasRenderingContext2DSettings) => Pen} */
export const penOf = (canvas, settings) => /** @type {Pen} */ (canvas.getContext("2d", settings));

// The element around the target of an event, or itself, that fits; null where there is none, as around the document.
/** @type {(target: EventTarget | null, selector: string) => HTMLElement | null} */
export const around = (target, selector) => (target instanceof Element ? target.closest(selector) : null);
