// Telling what a drawing or a picture really is, and taking that back.

import { element } from "./answer.js";

const NOT_A_DIGIT = "Not a digit";

export class Corrections {
  #byId;
  #shown = null; // { answer, question } that would be corrected
  #buttons = new Map();
  #kept = null; // { id, token, label, shown } of the last
  #settled; // waits until what is shown is the answer to what is drawn
  #onCorrected; // told what was shown, and what it is; undefined: taken back

  constructor(labels, byId, settled, onCorrected) {
    this.#byId = byId;
    this.#settled = settled;
    this.#onCorrected = onCorrected;
    for (const label of [...labels, null]) {
      const button = element("button", label === null ? "none" : "key", label ?? NOT_A_DIGIT);
      button.type = "button";
      button.addEventListener("click", () => this.correct(label));
      byId.keys.append(button);
      this.#buttons.set(label, button);
    }
  }

  show(shown) {
    if (shown !== null && shown.question.body === this.#shown?.question.body) return; // read again
    this.#shown = shown?.answer.reason === "blank" ? null : shown;
    this.#kept = null;
    this.#byId.correct.hidden = this.#shown === null;
    this.#byId.thanks.replaceChildren();
    this.#mark(undefined);
  }

  async correct(label) {
    if (this.#shown === null || !this.#buttons.has(label)) return;
    await this.#settled(); // a quick tap means the drawing as it is, not the last that was answered
    const shown = this.#shown;
    if (shown === null) return;
    if (this.#kept !== null && !(await this.#takeBack())) return;
    const { answer, question } = shown;
    const told = {
      label,
      predicted: answer.label,
      confidence: answer.confidence,
      model: answer.model,
      version: answer.version,
    };
    try {
      const receipt = await send(...body(question, told));
      this.#onCorrected(shown, label);
      if (shown !== this.#shown) return;
      this.#kept = { ...receipt, label, shown };
      this.#mark(label);
      const back = element("button", "link", "Take it back");
      back.type = "button";
      back.addEventListener("click", async () => {
        if (await this.#takeBack()) this.#say("Taken back.");
      });
      this.#say(`Thank you, kept as ${label === null ? "not a digit" : `a ${label}`}. `, back);
    } catch (error) {
      this.#say(`Not kept: ${reason(error)}`);
    }
  }

  async #takeBack() {
    if (this.#kept === null) return false;
    const { id, token, label, shown } = this.#kept;
    this.#kept = null;
    this.#mark(undefined);
    try {
      const response = await fetch(`api/v1/corrections/${id}`, {
        method: "DELETE",
        headers: { Authorization: `Bearer ${token}` },
      });
      if (!response.ok && response.status !== 404) throw new Error((await response.json()).detail);
      this.#onCorrected(shown, undefined);
      return true;
    } catch (error) {
      this.#kept = { id, token, label, shown };
      this.#mark(label);
      this.#say(`The correction is still there: ${reason(error)}`);
      return false;
    }
  }

  #mark(chosen) {
    for (const [label, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(label === chosen));
    }
  }

  #say(...parts) {
    this.#byId.thanks.replaceChildren(...parts);
  }
}

// The body of a correction and its headers: a drawing is JSON, a picture is part of a form.
function body(question, told) {
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
  const told = await response.json();
  if (!response.ok) throw new Error(told.detail);
  return told;
}

// `fetch` throws a TypeError where there is no server, and its message is another in every browser.
function reason(error) {
  return error instanceof TypeError ? "the server cannot be reached." : error.message;
}
