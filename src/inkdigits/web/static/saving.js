// Saving the list of a visit as a file.

import { inShort } from "./reading.js";
import { INK, paint } from "./visit.js";

const TILE = 160; // pixels of a picture in the PNG
const ACROSS = 6;

// A line for each digit, as `inkdigits corrections import` reads them; what was refused has no label
// until it is told.
export async function saveLines(entries) {
  const lines = (await Promise.all(entries.map(entryLines))).flat();
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  save(new Blob([text], { type: "application/x-ndjson" }), "inkdigits.jsonl");
}

export async function savePicture(entries) {
  const canvas = document.createElement("canvas");
  canvas.width = ACROSS * TILE;
  canvas.height = Math.ceil(entries.length / ACROSS) * (TILE + 24);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textAlign = "center";
  pen.font = "16px sans-serif";
  for (const [index, entry] of entries.entries()) {
    pen.save();
    pen.translate((index % ACROSS) * TILE, Math.floor(index / ACROSS) * (TILE + 24));
    await paint(pen, entry, TILE);
    pen.fillStyle = INK;
    pen.fillText(inShort(entry.answer, entry.told), TILE / 2, TILE + 14, TILE - 8);
    pen.restore();
  }
  canvas.toBlob((blob) => save(blob, "inkdigits.png"));
}

async function entryLines({ answer, told, time, strokes, body }) {
  const { isAlone, digits, model, version } = answer;
  const number = isAlone ? {} : { number: inShort(answer, told) };
  const lines = digits.map(async ({ label: predicted, confidence, box, strokes: own }, place) => {
    const label = told.has(place) ? told.get(place) : (predicted ?? undefined);
    const shown = strokes
      ? { strokes: isAlone ? strokes : own.map((number) => strokes[number]) }
      : { image: await base64(isAlone ? body : await cut(body, box)) };
    return { label, predicted, confidence, model, version, time: time.toISOString(), ...number, ...shown };
  });
  return Promise.all(lines);
}

// Cut a digit out of a picture, with some paper around it; all of a picture of a kind that the server
// reads and this browser does not.
async function cut(file, [x, y, width, height]) {
  const image = await createImageBitmap(file).catch(() => null);
  if (image === null) return file;
  const margin = 0.2 * Math.max(width, height);
  const canvas = new OffscreenCanvas(width + 2 * margin, height + 2 * margin);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, margin - x, margin - y);
  image.close();
  return canvas.convertToBlob();
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
