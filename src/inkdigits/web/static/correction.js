// Telling what a digit really is, and taking that back as long as the page is open. Where there are
// several, each is told of by itself: it is known by its place among them.

import { problem } from "./asking.js";
import { element } from "./element.js";
import { NONE, NOUN } from "./reading.js";

export class Corrections extends EventTarget {
  #byId;
  #settled; // waits for the answer to what is drawn, and says whether there is one
  #shown = null; // { answer, question } of which a digit would be corrected
  #place = -1; // … which one
  #buttons = new Map();
  #receipts = new Map(); // by what was shown, and then by place: { id, token, label } of what is kept
  #queue = Promise.resolve(); // of what taps asked for: one at a time, in their order

  constructor(labels, byId, settled) {
    super();
    this.#byId = byId;
    this.#settled = settled;
    for (const label of [...labels, null]) {
      const button = element("button", label === null ? "none" : "key", label ?? `Not a ${NOUN}`);
      button.type = "button";
      button.addEventListener("click", () => this.correct(label));
      byId.keys.append(button);
      this.#buttons.set(label, button);
    }
  }

  // Show the keys for a digit of { answer, question }; null: for nothing.
  show(shown, place) {
    const isSame = shown?.question.what === this.#shown?.question.what && place === this.#place;
    this.#shown = shown?.answer.digits.length ? shown : null;
    this.#place = place;
    this.#byId.correct.hidden = this.#shown === null;
    if (this.#shown === null || !isSame) this.#say();
    this.#mark();
  }

  // What was told of what was shown: a Map from places to labels.
  told(what) {
    return new Map([...(this.#receipts.get(what) ?? [])].map(([place, { label }]) => [place, label]));
  }

  correct(label) {
    if (this.#buttons.has(label)) this.#then(() => this.#correct(label));
  }

  // Take back what was told of a digit, or, without a place, of all.
  takeBack(what, place) {
    this.#then(async () => {
      const places = place === undefined ? [...this.told(what).keys()] : [place];
      for (const each of places) {
        if (await this.#remove(what, each)) this.#say("Taken back.");
      }
    });
  }

  #then(act) {
    this.#queue = this.#queue.then(act).catch((error) => this.#say(`Not done: ${reason(error)}`));
  }

  async #correct(label) {
    if (this.#shown === null) return;
    // A quick tap means the drawing as it is, not the last one that was answered.
    if (!(await this.#settled())) throw new Error("the server has not answered yet.");
    const [shown, place] = [this.#shown, this.#place];
    if (shown === null) return;
    const { what } = shown.question;
    if (this.told(what).has(place) && !(await this.#remove(what, place))) return;
    const receipt = await send(shown, place, label);
    if (!this.#receipts.has(what)) this.#receipts.set(what, new Map());
    this.#receipts.get(what).set(place, { ...receipt, label });
    this.dispatchEvent(new CustomEvent("corrected", { detail: { ...shown, place, label } }));
    if (this.#shown?.question.what !== what || this.#place !== place) return;
    this.#mark();
    const back = element("button", "link", "Take it back");
    back.type = "button";
    back.addEventListener("click", () => this.takeBack(what, place));
    this.#say(`Thank you, kept as ${label ?? NONE}. `, back);
  }

  async #remove(what, place) {
    const receipt = this.#receipts.get(what)?.get(place);
    if (!receipt) return false;
    const response = await fetch(`api/v1/corrections/${receipt.id}`, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${receipt.token}` },
    });
    if (!response.ok && response.status !== 404) throw new Error(await problem(response));
    this.#receipts.get(what).delete(place);
    this.dispatchEvent(new CustomEvent("takenback", { detail: { what, place } }));
    this.#mark();
    return true;
  }

  #mark() {
    const kept = this.told(this.#shown?.question.what).get(this.#place);
    for (const [label, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(label === kept));
    }
  }

  #say(...parts) {
    this.#byId.thanks.replaceChildren(...parts);
  }
}

// Post a correction: a drawing goes as JSON, a picture as a part of a form, and of several digits the
// one that is meant is told by its strokes or by its box.
async function send({ answer, question }, place, label) {
  const { label: predicted, confidence, box, strokes: own } = answer.digits[place];
  const { isAlone, model, version } = answer;
  const { strokes } = question;
  const digit = { label, predicted, confidence };
  const where = strokes ? { strokes: own } : { box };
  const told = { model, version, ...(isAlone ? digit : { digits: [{ ...digit, ...where }] }) };
  const response = await fetch(`api/v1/corrections${isAlone ? "" : "/reading"}`, {
    method: "POST",
    headers: strokes ? { "Content-Type": "application/json" } : {},
    body: strokes ? JSON.stringify({ strokes, ...told }) : form(told, question.body),
  });
  if (!response.ok) throw new Error(await problem(response));
  const receipt = await response.json();
  return isAlone ? receipt : receipt.corrections[0];
}

function form(told, picture) {
  const parts = new FormData();
  parts.set("correction", JSON.stringify(told));
  parts.set("image", picture, "picture");
  return parts;
}

// `fetch` throws a TypeError where there is no server, and its message is another in every browser.
function reason(error) {
  return error instanceof TypeError ? "the server cannot be reached." : error.message;
}
