// What was answered, in a large digit, in words and in bars.

const CALM = 500; // ms without a new answer after which it is read aloud
const WORTH = 0.0005; // a smaller share is not shown in figures
const DOUBT = 0.9; // below it the runner-up is named
const REFUSED = {
  blank: "Nothing drawn yet",
  not_a_digit: "Not a digit",
  unsure: "Not sure",
};

const inPercent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

// A share in percent; nothing is quite certain.
function percent(share) {
  return share > 0.9995 ? `>${inPercent.format(0.999)}` : inPercent.format(share);
}

export class AnswerView {
  #byId;
  #speaking = 0;
  #bars = new Map();

  constructor(labels, byId) {
    this.#byId = byId;
    for (const label of labels) {
      const row = document.createElement("li");
      const name = element("span", "name", label);
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

  show(answer) {
    const { digit, words, doubt, seen } = this.#byId;
    const reason = answer === null ? "blank" : answer.reason;
    const drawn = reason !== "blank";
    digit.textContent = answer?.label ?? "";
    digit.dataset.state = reason ?? "sure";
    words.textContent = reason === null ? `${percent(answer.confidence)} sure` : REFUSED[reason];
    doubt.textContent = drawn ? this.#doubt(answer) : "";
    this.speak([answer?.label, words.textContent, doubt.textContent].filter(Boolean).join(", "));
    seen.hidden = !answer?.patch;
    if (answer?.patch) patch(this.#byId.patch, answer.patch);
    for (const [label, { row, fill, share }] of this.#bars) {
      const score = drawn ? (answer.scores[label] ?? 0) : 0;
      fill.style.inlineSize = `${100 * score}%`;
      share.textContent = score < WORTH ? "" : percent(score);
      row.classList.toggle("best", drawn && label === answer.best_label);
    }
  }

  // Read aloud, to whoever uses a screen reader, what stays: not every answer that the pen passes.
  speak(text) {
    clearTimeout(this.#speaking);
    this.#speaking = setTimeout(() => {
      this.#byId.spoken.textContent = text;
    }, CALM);
  }

  // The runner-up, where the answer is in doubt.
  #doubt(answer) {
    const [first, second] = Object.entries(answer.scores).sort((a, b) => b[1] - a[1]);
    if (answer.reason === "not_a_digit") return `If it is one, it looks most like a ${first[0]}`;
    if (answer.reason === "unsure" || answer.confidence < DOUBT) {
      return `${first[0]} (${percent(first[1])}) or ${second[0]} (${percent(second[1])})`;
    }
    return "";
  }
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

export function element(name, kind, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
}
