// What was read in this visit: kept in the page alone, saved where the visitor wants it.

import { element } from "./element.js";
import { SIDE } from "./ink.js";
import { inShort } from "./reading.js";
import { line } from "./sheet.js";

const KEPT = 60;
const SMALL = 96; // pixels of a picture in the list
export const INK = "#1b2440"; // on white, in the dark as well: a sheet is a sheet

const saving = () => import("./saving.js");

export class Visit {
  #entries = [];
  #byId;
  #onTakeBack; // told what was shown

  constructor(byId, onTakeBack) {
    this.#byId = byId;
    this.#onTakeBack = onTakeBack;
    byId.lines.addEventListener("click", async () => (await saving()).saveLines(this.#entries));
    byId.sheetful.addEventListener("click", async () => (await saving()).savePicture(this.#entries));
  }

  // Keep what was shown, a drawing or a picture, with its answer.
  add(question, answer) {
    if (this.#find(question.what)) return;
    const item = document.createElement("li");
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SMALL;
    canvas.setAttribute("aria-hidden", "true");
    const caption = element("span", "", inShort(answer));
    const entry = { ...question, answer, told: new Map(), time: new Date(), item, caption };
    paint(canvas.getContext("2d"), entry, SMALL);
    item.append(canvas, caption);
    this.#byId.past.prepend(item);
    this.#entries.push(entry);
    saving().catch(() => null); // so that it is here, should the server be gone when it is wanted
    if (this.#entries.length > KEPT) this.#entries.shift().item.remove();
    this.#byId.history.hidden = false;
  }

  // Note what a digit really is, and offer to take that back; undefined: that was done.
  tell(what, place, label) {
    const entry = this.#find(what);
    if (!entry) return; // long ago
    const { answer, told, item, caption } = entry;
    if (label === undefined) told.delete(place);
    else told.set(place, label);
    const text = inShort(answer, told);
    caption.textContent = text;
    item.querySelector("button")?.remove();
    if (told.size === 0) return;
    const back = element("button", "link", "Take back");
    back.type = "button";
    back.setAttribute("aria-label", `Take back the correction to ${text}`);
    back.addEventListener("click", () => this.#onTakeBack(what));
    item.append(back);
  }

  #find(what) {
    return this.#entries.find((entry) => entry.what === what);
  }
}

// Draw a drawing or a picture into a square.
export async function paint(pen, { strokes, body }, side) {
  if (strokes) {
    pen.strokeStyle = pen.fillStyle = INK;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of strokes) line(pen, stroke, side / SIDE);
    return;
  }
  const image = await createImageBitmap(body).catch(() => null);
  if (image === null) return; // a kind that the server reads and this browser does not
  const scale = side / Math.max(image.width, image.height);
  const [width, height] = [scale * image.width, scale * image.height];
  pen.drawImage(image, (side - width) / 2, (side - height) / 2, width, height);
  image.close();
}
