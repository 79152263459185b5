// Frames on the sheet around what was read, and on a picture what each number says beside it.

import { SIDE } from "./ink.js";

const PAD = 0.024; // between digit and frame, as a share of a drawing's side …
const TIGHT = 0.006; // … or a picture's
const LETTERS = 0.045; // their height, as a share of a picture's side, unless its digits are smaller

export class Frames {
  #svg;
  #digits = [];

  // `onChoice` is told the place of a digit whose frame is tapped, which can be on pictures.
  constructor(svg, onChoice) {
    this.#svg = svg;
    svg.addEventListener("click", ({ target }) => onChoice(this.#digits.indexOf(target)));
  }

  // Show an answer, or null; `size` is that of the picture, in which boxes are told.
  show(answer, size) {
    this.#svg.replaceChildren();
    this.#digits = [];
    if (answer === null || (answer.isAlone && !size)) return; // a digit that was drawn needs no frame
    const [width, height] = size ?? [SIDE, SIDE];
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.classList.toggle("on-picture", Boolean(size));
    const side = Math.max(width, height);
    const pad = side * (size ? TIGHT : PAD);
    for (const { text, box, digits } of answer.readings) {
      for (const digit of digits) this.#digits.push(this.#frame(digit, pad));
      if (size && !answer.isAlone) this.#write(text, box, pad, Math.min(side * LETTERS, 0.9 * box[3]));
    }
  }

  choose(place) {
    for (const [index, frame] of this.#digits.entries()) frame.classList.toggle("chosen", index === place);
  }

  #frame({ box, reason }, pad) {
    const [x, y, width, height] = box;
    const sizes = { x: x - pad, y: y - pad, width: width + 2 * pad, height: height + 2 * pad, rx: pad };
    const frame = this.#add("rect", sizes);
    frame.classList.toggle("doubted", reason !== null);
    return frame;
  }

  #write(text, [x, y, , height], pad, size) {
    const above = y - 3.5 * pad;
    const line = above > size ? above : y + height + 2 * pad + 0.8 * size;
    this.#add("text", { x: x - pad, y: line, "font-size": size }).textContent = text;
  }

  #add(name, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    this.#svg.append(made);
    return made;
  }
}
