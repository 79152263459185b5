// Telling what a drawing or a picture really is, and taking that back as long as the page is open.

import { element } from "./answer.js";

const NOT_A_DIGIT = "Not a digit";

export class Corrections extends EventTarget {
  #byId;
  #settled; // waits for the answer to what is drawn, and says whether there is one
  #shown = null; // { answer, question } that would be corrected
  #buttons = new Map();
  #receipts = new Map(); // by what was shown: { id, token, label } of what is kept
  #queue = Promise.resolve(); // of what taps asked for: one at a time, in their order

  constructor(labels, byId, settled) {
    super();
    this.#byId = byId;
    this.#settled = settled;
    for (const label of [...labels, null]) {
      const button = element("button", label === null ? "none" : "key", label ?? NOT_A_DIGIT);
      button.type = "button";
      button.addEventListener("click", () => this.correct(label));
      byId.keys.append(button);
      this.#buttons.set(label, button);
    }
  }

  show(shown) {
    const before = this.#shown?.question.what;
    this.#shown = shown?.answer.reason === "blank" ? null : shown;
    this.#byId.correct.hidden = this.#shown === null;
    if (this.#shown === null || this.#shown.question.what !== before) this.#say();
    this.#mark();
  }

  correct(label) {
    if (this.#buttons.has(label)) this.#then(() => this.#correct(label));
  }

  takeBack(what) {
    this.#then(async () => {
      if (await this.#remove(what)) this.#say("Taken back.");
    });
  }

  #then(act) {
    this.#queue = this.#queue.then(act).catch((error) => this.#say(`Not done: ${reason(error)}`));
  }

  async #correct(label) {
    if (this.#shown === null) return;
    // A quick tap means the drawing as it is, not the last one that was answered.
    if (!(await this.#settled())) throw new Error("the server has not answered yet.");
    const shown = this.#shown;
    if (shown === null) return;
    const { what } = shown.question;
    if (this.#receipts.has(what) && !(await this.#remove(what))) return;
    const receipt = await send(...body(shown, label));
    this.#receipts.set(what, { ...receipt, label });
    this.dispatchEvent(new CustomEvent("corrected", { detail: { ...shown, label } }));
    if (this.#shown?.question.what !== what) return;
    this.#mark();
    const back = element("button", "link", "Take it back");
    back.type = "button";
    back.addEventListener("click", () => this.takeBack(what));
    this.#say(`Thank you, kept as ${label === null ? "not a digit" : `a ${label}`}. `, back);
  }

  async #remove(what) {
    const receipt = this.#receipts.get(what);
    if (!receipt) return false;
    const response = await fetch(`api/v1/corrections/${receipt.id}`, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${receipt.token}` },
    });
    if (!response.ok && response.status !== 404) throw new Error(await problem(response));
    this.#receipts.delete(what);
    this.dispatchEvent(new CustomEvent("takenback", { detail: { what } }));
    this.#mark();
    return true;
  }

  #mark() {
    const kept = this.#receipts.get(this.#shown?.question.what);
    for (const [label, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(label === kept?.label));
    }
  }

  #say(...parts) {
    this.#byId.thanks.replaceChildren(...parts);
  }
}

// The body of a correction and its headers: a drawing is JSON, a picture is part of a form.
function body({ answer, question }, label) {
  const { label: predicted, confidence, model, version } = answer;
  const told = { label, predicted, confidence, model, version };
  if (question.strokes) {
    const text = JSON.stringify({ strokes: question.strokes, ...told });
    return [text, { "Content-Type": "application/json" }];
  }
  const form = new FormData();
  form.set("correction", JSON.stringify(told));
  form.set("image", question.body, "picture");
  return [form, {}];
}

async function send(content, headers) {
  const response = await fetch("api/v1/corrections", { method: "POST", headers, body: content });
  if (!response.ok) throw new Error(await problem(response));
  return response.json();
}

async function problem(response) {
  const told = await response.json().catch(() => ({})); // a proxy may have refused it
  return told.detail ?? `the server does not take this (${response.status}).`;
}

// `fetch` throws a TypeError where there is no server, and its message is another in every browser.
function reason(error) {
  return error instanceof TypeError ? "the server cannot be reached." : error.message;
}
