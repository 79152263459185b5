// What was answered: in large figures, in words and, of the digit that is chosen, in bars.

import { element } from "./element.js";
import { Numbers } from "./numbers.js";
import { inShort, NOUN } from "./reading.js";

const CALM = 500; // ms without a new answer after which it is read aloud
const WORTH = 0.0005; // a smaller share is not shown in figures
const DOUBT = 0.9; // below it the runner-up is named
const REFUSED = { not_a_digit: `Not a ${NOUN}`, unsure: "Not sure" };
const BLANK = "Nothing drawn yet";

const inPercent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

// A share in percent; nothing is quite certain.
function percent(share) {
  return share > 0.9995 ? `>${inPercent.format(0.999)}` : inPercent.format(share);
}

function surely({ reason, confidence }) {
  return reason === null ? `${percent(confidence)} sure` : REFUSED[reason];
}

export class AnswerView extends EventTarget {
  #byId;
  #numbers;
  #shown = null; // { answer, question }
  #place = -1; // of the digit that is chosen …
  #byHand = false; // … and whether somebody chose it
  #speaking = 0;
  #bars = new Map();

  constructor(labels, byId) {
    super();
    this.#byId = byId;
    this.#numbers = new Numbers(byId.number, (place) => this.pick(place));
    for (const label of labels) {
      const row = document.createElement("li");
      const name = element("span", "name", label);
      name.title = label;
      const bar = element("span", "bar");
      const share = element("span", "share", "");
      const fill = element("span", "fill");
      bar.append(fill);
      bar.setAttribute("aria-hidden", "true");
      row.append(name, bar, share);
      byId.bars.append(row);
      this.#bars.set(label, { row, fill, share });
    }
    this.show(null);
  }

  // Show { answer, question } or null, and what was told of its digits.
  show(shown, told = new Map()) {
    const before = this.#shown?.answer ?? null;
    const answer = shown?.answer ?? null;
    this.#shown = shown;
    this.#byHand &&= inShort(before) === inShort(answer);
    const digits = answer?.digits ?? [];
    const { number, says, words, doubt } = this.#byId;
    const isAlone = answer?.isAlone ?? true;
    says.classList.toggle("many", !isAlone);
    number.dataset.state = digits.length === 0 ? "blank" : (isAlone && digits[0].reason) || "sure";
    words.textContent = digits.length ? this.#words(answer) : BLANK;
    doubt.textContent = digits.length ? this.#doubts(answer) : "";
    let focus = false;
    if (isAlone) {
      number.textContent = digits[0]?.label ?? "";
      number.style.setProperty("--length", number.textContent.length || 1);
    } else focus = this.#numbers.show(answer.readings, surely);
    for (const [place, label] of told) this.tell(place, label);
    const first = digits.findIndex(({ reason }) => reason !== null);
    const chosen = first < 0 ? digits.length - 1 : first;
    this.#choose(this.#byHand ? this.#place : chosen, focus);
    const each = isAlone ? [digits[0]?.label, words.textContent] : this.#aloud(answer);
    this.speak([...each, doubt.textContent].filter(Boolean).join(", "));
  }

  // Choose a digit of a number by hand.
  pick(place, focus) {
    const { answer } = this.#shown ?? {};
    if (!answer || answer.isAlone || !(place in answer.digits)) return;
    this.#byHand = true;
    this.#choose(place, focus);
  }

  // Choose the next digit, or that before by -1.
  step(by) {
    this.pick(this.#place + by, true);
  }

  // Note what a digit was told to be; undefined: that was taken back.
  tell(place, label) {
    if (this.#shown && !this.#shown.answer.isAlone) this.#numbers.tell(place, label);
  }

  // Read aloud, to whoever uses a screen reader, what stays: not every answer that the pen passes.
  speak(text) {
    clearTimeout(this.#speaking);
    this.#speaking = setTimeout(() => {
      this.#byId.spoken.textContent = text;
    }, CALM);
  }

  #choose(place, focus = false) {
    this.#place = place;
    const { which, seen } = this.#byId;
    const { answer } = this.#shown ?? {};
    const digit = answer?.digits[place];
    const isOfMany = digit !== undefined && !answer.isAlone;
    which.hidden = !isOfMany;
    if (isOfMany) {
      this.#numbers.choose(place, focus);
      which.textContent = `${capital(this.#numbers.name(place))}: ${runners(digit)}`;
    }
    seen.hidden = !digit?.patch;
    if (digit?.patch) patch(this.#byId.patch, digit.patch);
    for (const [label, { row, fill, share }] of this.#bars) {
      const score = digit?.scores[label] ?? 0;
      fill.style.inlineSize = `${100 * score}%`;
      share.textContent = score < WORTH ? "" : percent(score);
      row.classList.toggle("best", label === digit?.best_label);
    }
    this.dispatchEvent(new CustomEvent("choice", { detail: place }));
  }

  #words({ readings }) {
    return readings.length === 1 ? surely(readings[0]) : `${readings.length} numbers`;
  }

  #aloud({ readings }) {
    return readings.map((reading) => `${reading.text}, ${surely(reading)}`);
  }

  // The runner-up, where the answer is in doubt; of numbers, how many digits are.
  #doubts({ isAlone, digits }) {
    const [digit] = digits;
    if (!isAlone) {
      const count = digits.filter(({ reason }) => reason !== null).length;
      return count ? `${count} ${count === 1 ? "digit" : "digits"} in doubt` : "";
    }
    if (digit.reason === "not_a_digit") return `If it is one, it looks most like ${digit.best_label}`;
    return digit.reason === "unsure" || digit.confidence < DOUBT ? runners(digit) : "";
  }
}

// The likeliest label, and the runner-up where there is doubt.
function runners({ scores, reason, confidence }) {
  const [first, second] = Object.entries(scores).sort((a, b) => b[1] - a[1]);
  const told = ([label, share]) => `${label} (${percent(share)})`;
  return reason !== null || confidence < DOUBT ? `${told(first)} or ${told(second)}` : told(first);
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

// Show what the model saw: 784 bytes in base64, ink 255.
function patch(canvas, base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(28, 28);
  bytes.forEach((ink, index) => {
    image.data.set([ink, ink, ink, 255], 4 * index);
  });
  pen.putImageData(image, 0, 0);
}
