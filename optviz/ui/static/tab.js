// @ts-check
// What belongs to the tab and not to a page: its history, its connection, and what it keeps while the server forgets.

import { around, element } from "./dom.js";
import { visit } from "./course.js";
import "./menu.js";
import "./patience.js";
import "./welcome.js";

/** @import { Component, Told } from "./messages.d.ts" */

const ITEM = "optviz-tab"; // in the tab's own storage, which outlives a reload
const MOVING = 1000; // ms: a number that is changed again so soon moves still
const DOCUMENT = 60; // characters: a setting so long is a text that is edited, not a choice

/** @type {{ data: Told, tell: (value: object) => void } | undefined} */
let told; // how the server is told, and what it said last
let offered = false; // whether it was told what the tab keeps, since it may have forgotten

const decoder = new TextDecoder();
/** @param {Component} component */
export default function ({ data: bytes, setTriggerValue }) {
  /** @type {Told} */
  const data = JSON.parse(decoder.decode(bytes));
  told = { data, tell: value => setTriggerValue("back", value) };
  document.documentElement.lang = data.lang;
  if (data.kept) keep(data.kept);
  else if (!offered && kept()) offer();
  connection.speak(data.offline);
}

// ---- what is kept for the server

/** @param {unknown} value */
function keep(value) {
  try {
    sessionStorage.setItem(ITEM, JSON.stringify(value));
  } catch {} // a tab without storage keeps nothing over a reload
}
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(ITEM) ?? "null");
  } catch {
    return null;
  }
}
function offer() {
  offered = true;
  told?.tell({ kept: told.data.kept ?? kept(), number: Date.now() });
}

// ---- files: who has chosen one need not do so again when the server has forgotten it

/** @type {Map<string, File[]>} */
const files = new Map(); // by the class of their field
/** @param {EventTarget | null} field @param {FileList | null | undefined} chosen */
function note(field, chosen) {
  const [key] = /\bst-key-\S+/.exec(around(field, "[class*=st-key-]")?.className ?? "") ?? [];
  if (key && chosen?.length) files.set(key, [...chosen]);
}
addEventListener("change", ({ target }) => target instanceof HTMLInputElement && target.type === "file" && note(target, target.files), true);
addEventListener("drop", ({ target, dataTransfer }) => note(target, dataTransfer?.files), true);

/** @type {(name: string, tries?: number) => void} */
export function hand(name, tries = 100) {
  const chosen = files.get(`st-key-${name}`);
  if (!chosen || !tries) return;
  /** @type {HTMLInputElement | null} */
  const field = document.querySelector(`.st-key-${name} input[type=file]:enabled`);
  if (!field) {
    setTimeout(hand, 100, name, tries - 1);
    return;
  }
  const carrier = new DataTransfer();
  chosen.forEach(file => carrier.items.add(file));
  field.files = carrier.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// ---- the history: an entry for each thing that the visitor did, when it has come to rest

// Streamlit makes an entry of every address that the server writes. What follows by itself (a link written in short, a
// page's own settings after a change of pages) belongs to the entry before, and so does the next value of a number that
// is still moved, by the keys or by its steps.
const push = history.pushState.bind(history);
let acted = false;
/** @type {{ name?: string, time: number }} */
let moved = { time: -Infinity };
for (const name of ["pointerdown", "pointerup", "click", "keydown", "input", "drop"])
  addEventListener(name, () => (acted = true), { capture: true, passive: true });
addEventListener("popstate", () => {
  acted = false;
  moved = { time: -Infinity };
  visit();
}, true);

history.pushState = (state, title, url) => {
  const change = changeTo(new URL(url ?? location.href, location.href));
  const time = performance.now();
  const goesOn = change !== null && (change.isText || (change.isNumber && change.name === moved.name && time - moved.time < MOVING));
  moved = { name: change?.name, time };
  if (acted && !goesOn) push(state, title, url);
  else history.replaceState(state, title, url);
  acted = false;
  visit();
};
visit();

// The one setting that differs in another address of this page; null where it is another page, or there are more.
/** @type {(url: URL) => { name: string, isNumber: boolean, isText: boolean } | null} */
function changeTo(url) {
  if (url.pathname !== location.pathname) return null;
  const [before, after] = [location.search, url.search].map(search => new URLSearchParams(search));
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(name => before.getAll(name).join() !== after.getAll(name).join());
  if (names.length !== 1) return null;
  const texts = [before, after].map(settings => settings.get(names[0])).filter(text => text !== null);
  const isNumber = texts.every(text => text !== "" && Number.isFinite(Number(text)));
  return { name: names[0], isNumber, isText: texts.length === 2 && texts.every(text => text.length > DOCUMENT) };
}

// ---- the connection

// While there is none, Streamlit switches its controls off and at last lays a dialog over the page, with a shadow that
// takes every click. The pictures need no server to play: a line says so in the dialog's place.
class Connection {
  constructor() {
    this.line = element("p", { class: "optviz-offline", role: "status" });
    this.dialogs = new MutationObserver(() => this.#dismiss());
    const app = /** @type {HTMLElement} */ (document.querySelector("[data-testid=stApp]"));
    /** @type {Element | undefined} */
    this.dismissed = undefined; // the dialog that was closed last
    const state = () => app.dataset.testConnectionState;
    this.is = state() === "CONNECTED";
    new MutationObserver(() => {
      const before = this.is;
      this.is = state() === "CONNECTED";
      if (before && !this.is) this.#lost();
      if (!before && this.is) this.#back();
    }).observe(app, { attributeFilter: ["data-test-connection-state"] });
  }
  /** @param {string} offline */
  speak(offline) {
    this.line.textContent = offline;
  }
  #lost() {
    document.body.append(this.line);
    this.dialogs.observe(document.body, { childList: true, subtree: true });
  }
  // The server may be another one, which knows nothing of this tab: it is told at once, before anything else is done.
  #back() {
    this.line.remove();
    this.dialogs.disconnect();
    offer();
  }
  #dismiss() {
    const title = document.querySelector("[data-testid=stDialog] [role=dialog] > h2");
    if (!title || title.textContent !== "Connection error" || title === this.dismissed) return;
    this.dismissed = title; // it takes a moment to leave
    /** @type {HTMLElement | null | undefined} */
    const close = title.parentElement?.querySelector("button[aria-label=Close]");
    close?.click();
  }
}
const connection = new Connection();

// The style sheet prints the address under the page, as it is then.
addEventListener("beforeprint", () => document.querySelector("[data-testid=stMainBlockContainer]")?.setAttribute("data-address", location.href));
