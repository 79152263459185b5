// What was read in this visit: kept in the page alone, saved where the visitor wants it.

import { element } from "./answer.js";
import { SIDE } from "./ink.js";
import { line } from "./sheet.js";

const KEPT = 60;
const SMALL = 96; // pixels of a picture in the list
const TILE = 160; // … and in the PNG
const ACROSS = 6;
const INK = "#1b2440"; // on white, in the dark as well: a sheet is a sheet

export class Visit {
  #entries = [];
  #byId;
  #onTakeBack; // told what was shown

  constructor(byId, onTakeBack) {
    this.#byId = byId;
    this.#onTakeBack = onTakeBack;
    byId.lines.addEventListener("click", () => this.#saveLines());
    byId.sheetful.addEventListener("click", () => this.#savePicture());
  }

  // Keep what was shown, a drawing or a picture, with its answer.
  add(question, answer) {
    if (this.#find(question.what)) return;
    const item = document.createElement("li");
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SMALL;
    canvas.setAttribute("aria-hidden", "true");
    const entry = { ...question, answer, time: new Date(), item, caption: element("span", "", said(answer)) };
    paint(canvas.getContext("2d"), entry, SMALL);
    item.append(canvas, entry.caption);
    this.#byId.past.prepend(item);
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift().item.remove();
    this.#byId.history.hidden = false;
  }

  // Note what something really is, and offer to take that back.
  correct(what, label) {
    const entry = this.#find(what);
    entry.label = label;
    entry.caption.textContent = said(entry.answer, label);
    const back = element("button", "link", "Take back");
    back.type = "button";
    back.setAttribute("aria-label", `Take back the correction to ${said(entry.answer, label)}`);
    back.addEventListener("click", () => this.#onTakeBack(what));
    entry.item.querySelector("button")?.remove();
    entry.item.append(back);
  }

  takeBack(what) {
    const entry = this.#find(what);
    if (!entry) return; // long ago
    delete entry.label;
    entry.caption.textContent = said(entry.answer);
    entry.item.querySelector("button")?.remove();
  }

  #find(what) {
    return this.#entries.find((entry) => entry.what === what);
  }

  // As `inkdigits corrections import` reads them; what was refused has no label until it is told.
  async #saveLines() {
    const lines = this.#entries.map(async ({ strokes, body, answer, time, label }) => {
      const { label: predicted, confidence, model, version } = answer;
      const right = label === undefined ? (predicted ?? undefined) : label;
      const told = { label: right, predicted, confidence, model, version, time: time.toISOString() };
      return JSON.stringify({ ...told, ...(strokes ? { strokes } : { image: await base64(body) }) });
    });
    const text = `${(await Promise.all(lines)).join("\n")}\n`;
    save(new Blob([text], { type: "application/x-ndjson" }), "inkdigits.jsonl");
  }

  async #savePicture() {
    const rows = Math.ceil(this.#entries.length / ACROSS);
    const canvas = document.createElement("canvas");
    canvas.width = ACROSS * TILE;
    canvas.height = rows * (TILE + 24);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.textAlign = "center";
    pen.font = "16px sans-serif";
    for (const [index, entry] of this.#entries.entries()) {
      pen.save();
      pen.translate((index % ACROSS) * TILE, Math.floor(index / ACROSS) * (TILE + 24));
      await paint(pen, entry, TILE);
      pen.fillStyle = INK;
      pen.fillText(said(entry.answer, entry.label), TILE / 2, TILE + 14);
      pen.restore();
    }
    canvas.toBlob((blob) => save(blob, "inkdigits.png"));
  }
}

function said(answer, label) {
  if (label !== undefined) return label ?? "not a digit";
  return answer.label ?? (answer.reason === "not_a_digit" ? "not a digit" : `${answer.best_label}?`);
}

// Draw a drawing or a picture into a square.
async function paint(pen, { strokes, body }, side) {
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

function base64(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.split(",")[1]));
    reader.readAsDataURL(file);
  });
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
