// @ts-check
// On paper every picture stands as wide as a sheet of A4, in the light colors, at the step of its playhead.
//
// What a browser prints is what stands when its event has been heard: all that is awaited here takes no timer.

import * as projector from "./projector.js";

/** @import { Player } from "./player.js" */

/** @type {Set<Player>} */
const players = new Set(); // those that are mounted

/** @param {Player} player */
export const add = player => players.add(player);
/** @param {Player} player */
export const drop = player => players.delete(player);

/** @param {boolean} printed */
const turn = printed => {
  projector.pause(printed);
  players.forEach(player => player.print(printed));
};
addEventListener("beforeprint", () => turn(true));
addEventListener("afterprint", () => turn(false));
