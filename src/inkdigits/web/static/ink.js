// A drawing: strokes of points [x, y, time, pressure] on a sheet of SIDE × SIDE units, and what was
// done to it, so that it can be undone. It knows nothing of pixels.

export const SIDE = 1000;
const KEPT = 500; // steps that can be undone

export class Ink extends EventTarget {
  #strokes = [];
  #past = [];
  #future = [];

  get strokes() {
    return this.#strokes;
  }

  get isEmpty() {
    return this.#strokes.length === 0;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  add(stroke) {
    this.#become([...this.#strokes, Object.freeze(stroke)]);
  }

  remove(strokes) {
    const gone = new Set(strokes);
    if (gone.size) this.#become(this.#strokes.filter((stroke) => !gone.has(stroke)));
  }

  clear() {
    if (!this.isEmpty) this.#become([]);
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.#strokes);
    this.#show(this.#past.pop());
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.#strokes);
    this.#show(this.#future.pop());
  }

  // The strokes that pass within `reach` of a point.
  near([x, y], reach) {
    return this.#strokes.filter((stroke) =>
      stroke.some((point, index) => distance([x, y], stroke[Math.max(0, index - 1)], point) <= reach),
    );
  }

  #become(strokes) {
    this.#past.push(this.#strokes);
    if (this.#past.length > KEPT) this.#past.shift();
    this.#future = [];
    this.#show(strokes);
  }

  #show(strokes) {
    this.#strokes = strokes;
    this.dispatchEvent(new Event("change"));
  }
}

// From a point to the line between two others.
function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = dx || dy ? ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy) : 0;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}
