// @ts-check
// The numbers, for a player that may not have been loaded yet.

/** @import { Component } from "./messages.d.ts" */

/** @param {Component} component */
export default ({ data, setTriggerValue: tell }) => {
  (globalThis.optvizInbox ??= []).push({ data, tell });
};
