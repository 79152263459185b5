// What was read in this visit: kept in the page alone, saved where the visitor wants it.

import { element } from "./answer.js";
import { SIDE } from "./ink.js";
import { line } from "./sheet.js";

const KEPT = 60;
const SMALL = 96; // pixels of a picture in the list
const TILE = 160; // … and in the PNG
const ACROSS = 6;

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
    if (this.#entries.at(-1)?.strokes === strokes) return;
    const entry = { strokes, answer, time: new Date() };
    this.#entries.push(entry);
    const item = document.createElement("li");
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SMALL;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Drawing read as ${said(answer)}`);
    const pen = canvas.getContext("2d");
    pen.strokeStyle = pen.fillStyle = getComputedStyle(this.#byId.past).color;
    draw(pen, strokes, SMALL / SIDE);
    item.append(canvas, element("span", "", said(answer)));
    this.#byId.past.prepend(item);
    if (this.#entries.length > KEPT) {
      this.#entries.shift();
      this.#byId.past.lastElementChild.remove();
    }
    this.#byId.history.hidden = false;
  }

  #saveLines() {
    const lines = this.#entries.map(({ strokes, answer, time }) =>
      JSON.stringify({
        label: answer.label,
        best_label: answer.best_label,
        confidence: answer.confidence,
        time: time.toISOString(),
        strokes,
      }),
    );
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
    this.#entries.forEach(({ strokes, answer }, index) => {
      pen.save();
      pen.translate((index % ACROSS) * TILE, Math.floor(index / ACROSS) * (TILE + 24));
      pen.strokeStyle = pen.fillStyle = "#1b2440";
      draw(pen, strokes, TILE / SIDE);
      pen.fillText(said(answer), TILE / 2, TILE + 14);
      pen.restore();
    });
    canvas.toBlob((blob) => save(blob, "inkdigits.png"));
  }
}

function said(answer) {
  return answer.label ?? (answer.reason === "not_a_digit" ? "not a digit" : `${answer.best_label}?`);
}

function draw(pen, strokes, scale) {
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
