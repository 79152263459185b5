// The sheet: pointers become strokes, and strokes are drawn, sharp at any size and pixel ratio.
// What is finished lies on one canvas; the stroke under the pen, wet, on another above it.

import { SIDE } from "./ink.js";

const PEN = 30; // width of the line, units of the sheet
const RUBBER = 30; // reach of the eraser
const NEAREST = 1.5; // points nearer than this to the one before say nothing new

export class Sheet {
  erasing = false;
  #ink;
  #dry;
  #wet;
  #pointer = null; // of the hand that draws: a second finger or a resting palm does nothing
  #stroke = [];
  #erases = false; // whether the pointer that is down erases, whatever becomes of the button
  #scale = 1;

  constructor(ink, dry, wet, onStroke) {
    this.#ink = ink;
    this.#dry = dry;
    this.#wet = wet;
    this.onStroke = onStroke;
    ink.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.#fit()).observe(dry);
    addEventListener("resize", () => this.#fit()); // zoom changes the pixel ratio, if not the size
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    wet.addEventListener("pointerdown", (event) => this.#down(event));
    wet.addEventListener("pointermove", (event) => this.#move(event));
    wet.addEventListener("pointerup", (event) => this.#up(event));
    wet.addEventListener("pointercancel", (event) => this.#up(event));
    wet.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    this.#fit();
  }

  get isDrawing() {
    return this.#pointer !== null;
  }

  // All strokes, the one under the pen as well.
  get strokes() {
    return this.#stroke.length ? [...this.#ink.strokes, this.#stroke] : this.#ink.strokes;
  }

  draw() {
    const pen = this.#pen(this.#dry);
    for (const stroke of this.#ink.strokes) line(pen, stroke, this.#scale);
  }

  #fit() {
    const ratio = window.devicePixelRatio || 1;
    const side = Math.max(1, Math.round(this.#dry.clientWidth * ratio));
    this.#scale = side / SIDE;
    for (const canvas of [this.#dry, this.#wet]) {
      if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
    }
    this.draw();
    this.#drawWet([]);
  }

  // The brush of a canvas wiped clean.
  #pen(canvas) {
    const pen = canvas.getContext("2d", { desynchronized: canvas === this.#wet });
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = pen.fillStyle = getComputedStyle(canvas).color;
    pen.lineCap = pen.lineJoin = "round";
    return pen;
  }

  #point(event) {
    const box = this.#wet.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIDE;
    const y = ((event.clientY - box.top) / box.height) * SIDE;
    const point = [round(x), round(y), Math.round(event.timeStamp)];
    if (event.pointerType === "pen" && event.pressure > 0) point.push(round(event.pressure, 1000));
    return point;
  }

  #down(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.#pointer = event.pointerId;
    try {
      this.#wet.setPointerCapture(event.pointerId);
    } catch {
      // made up by a script: it has no pointer to capture
    }
    this.#erases = this.erasing;
    if (this.#erases) {
      this.#erase([event]);
    } else {
      this.#stroke = [this.#point(event)];
      this.#drawWet([]);
      this.onStroke();
    }
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    const all = events.length ? events : [event];
    if (this.#erases) {
      this.#erase(all);
      return;
    }
    for (const each of all) {
      const point = this.#point(each);
      const last = this.#stroke.at(-1);
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= NEAREST) this.#stroke.push(point);
    }
    const ahead = event.getPredictedEvents?.() ?? [];
    this.#drawWet(ahead.map((each) => this.#point(each)));
    this.onStroke();
  }

  #up(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    const stroke = this.#stroke;
    this.#stroke = [];
    if (stroke.length) this.#ink.add(stroke);
    this.#drawWet([]);
  }

  #erase(events) {
    for (const event of events) this.#ink.remove(this.#ink.near(this.#point(event), RUBBER));
  }

  #drawWet(ahead) {
    const pen = this.#pen(this.#wet);
    if (this.#stroke.length) line(pen, [...this.#stroke, ...ahead], this.#scale);
  }
}

// Draw a stroke through the middles between its points, which makes a smooth line of a coarse one;
// where the pen told its pressure, the line is as wide as that.
export function line(pen, points, scale) {
  const at = (point) => [point[0] * scale, point[1] * scale];
  const width = (point) => PEN * scale * (point.length > 3 ? 0.4 + 1.2 * point[3] : 1);
  const [first] = points;
  if (points.length === 1) {
    pen.beginPath();
    pen.arc(...at(first), width(first) / 2, 0, 2 * Math.PI);
    pen.fill();
    return;
  }
  const pressed = first.length > 3;
  pen.lineWidth = width(first);
  pen.beginPath();
  pen.moveTo(...at(first));
  for (let index = 1; index < points.length - 1; index++) {
    const [x, y] = at(points[index]);
    const [nextX, nextY] = at(points[index + 1]);
    const middle = [(x + nextX) / 2, (y + nextY) / 2];
    pen.quadraticCurveTo(x, y, ...middle);
    if (pressed) {
      pen.stroke();
      pen.lineWidth = width(points[index]);
      pen.beginPath();
      pen.moveTo(...middle);
    }
  }
  pen.lineTo(...at(points.at(-1)));
  pen.stroke();
}

function round(value, parts = 10) {
  return Math.round(value * parts) / parts;
}
