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

  constructor(byId) {
    this.#byId = byId;
    byId.lines.addEventListener("click", () => this.#saveLines());
    byId.sheetful.addEventListener("click", () => this.#savePicture());
  }

  // Keep a drawing with its answer.
  add(strokes, answer) {
    if (this.#find(strokes)) return;
    const caption = element("span", "", said(answer));
    this.#entries.push({ strokes, answer, time: new Date(), caption });
    const item = document.createElement("li");
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SMALL;
    canvas.setAttribute("aria-hidden", "true");
    const pen = canvas.getContext("2d");
    draw(pen, strokes, SMALL / SIDE);
    item.append(canvas, caption);
    this.#byId.past.prepend(item);
    if (this.#entries.length > KEPT) {
      this.#entries.shift();
      this.#byId.past.lastElementChild.remove();
    }
    this.#byId.history.hidden = false;
  }

  // Note what a drawing really is; undefined: it was right after all.
  correct(strokes, label) {
    const entry = this.#find(strokes);
    entry.label = label;
    entry.caption.textContent = said(entry.answer, label);
  }

  #find(strokes) {
    return this.#entries.find((entry) => entry.strokes === strokes);
  }

  // As `inkdigits corrections import` reads them; a drawing that was refused has no label until it is told.
  #saveLines() {
    const lines = this.#entries.map(({ strokes, answer, time, label }) => {
      const { label: predicted, confidence, model, version } = answer;
      const right = label === undefined ? (predicted ?? undefined) : label;
      return JSON.stringify({ label: right, predicted, confidence, model, version, time: time.toISOString(), strokes });
    });
    save(new Blob([`${lines.join("\n")}\n`], { type: "application/x-ndjson" }), "inkdigits.jsonl");
  }

  #savePicture() {
    const rows = Math.ceil(this.#entries.length / ACROSS);
    const canvas = document.createElement("canvas");
    canvas.width = ACROSS * TILE;
    canvas.height = rows * (TILE + 24);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.textAlign = "center";
    pen.font = "16px sans-serif";
    this.#entries.forEach(({ strokes, answer, label }, index) => {
      pen.save();
      pen.translate((index % ACROSS) * TILE, Math.floor(index / ACROSS) * (TILE + 24));
      draw(pen, strokes, TILE / SIDE);
      pen.fillText(said(answer, label), TILE / 2, TILE + 14);
      pen.restore();
    });
    canvas.toBlob((blob) => save(blob, "inkdigits.png"));
  }
}

function said(answer, label) {
  if (label !== undefined) return label ?? "not a digit";
  return answer.label ?? (answer.reason === "not_a_digit" ? "not a digit" : `${answer.best_label}?`);
}

function draw(pen, strokes, scale) {
  pen.strokeStyle = pen.fillStyle = INK;
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of strokes) line(pen, stroke, scale);
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
