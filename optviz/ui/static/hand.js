// @ts-check
// A field for files that the server wants to be filled again: once for each time that it asks.

import { hand } from "./tab.js";

/** @import { Component } from "./messages.d.ts" */

const asked = new WeakSet();

/** @param {Component} component */
export default function ({ data, parentElement }) {
  if (asked.has(parentElement)) return;
  asked.add(parentElement);
  hand(new TextDecoder().decode(data));
}
