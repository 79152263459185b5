// Telling what a drawing or a picture really is, and taking that back.

import { element } from "./answer.js";

const NOT_A_DIGIT = "Not a digit";

export class Corrections {
  #byId;
  #shown = null; // { answer, question } that would be corrected
  #buttons = new Map();
  #kept = null; // { id, token } of the last

  constructor(labels, byId) {
    this.#byId = byId;
    for (const label of [...labels, null]) {
      const button = element("button", label === null ? "none" : "key", label ?? NOT_A_DIGIT);
      button.type = "button";
      button.addEventListener("click", () => this.correct(label));
      byId.keys.append(button);
      this.#buttons.set(label, button);
    }
  }

  show(shown) {
    this.#shown = shown?.answer.reason === "blank" ? null : shown;
    this.#kept = null;
    this.#byId.correct.hidden = this.#shown === null;
    this.#byId.thanks.replaceChildren();
    this.#mark(undefined);
  }

  async correct(label) {
    if (this.#shown === null || !this.#buttons.has(label)) return;
    const shown = this.#shown;
    await this.#takeBack();
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
      if (shown !== this.#shown) return;
      this.#kept = receipt;
      this.#mark(label);
      const back = element("button", "link", "Take it back");
      back.type = "button";
      back.addEventListener("click", async () => {
        if (await this.#takeBack()) this.#say("Taken back.");
      });
      this.#say(`Thank you, kept as ${label === null ? "not a digit" : `a ${label}`}. `, back);
    } catch (error) {
      this.#say(`Not kept: ${error.message}`);
    }
  }

  async #takeBack() {
    if (this.#kept === null) return false;
    const { id, token } = this.#kept;
    this.#kept = null;
    this.#mark(undefined);
    try {
      await fetch(`/api/v1/corrections/${id}`, {
        method: "DELETE",
        headers: { Authorization: `Bearer ${token}` },
      });
      return true;
    } catch {
      this.#kept = { id, token };
      this.#say("The server cannot be reached; the correction is still there.");
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
  let response;
  try {
    response = await fetch("/api/v1/corrections", { method: "POST", headers, body: content });
  } catch {
    throw new Error("the server cannot be reached.");
  }
  const told = await response.json();
  if (!response.ok) throw new Error(told.detail);
  return told;
}
