// The numbers that were read, in large figures, of which each can be chosen: by a tap, or by the
// arrow keys as in any group of radio buttons.

import { element } from "./element.js";
import { marks, NONE } from "./reading.js";

const LARGEST = [5, 3, 2]; // rem: figures of one number, of each of two, and of more

export class Numbers {
  #place; // the element that shows them
  #onChoice;
  #choices = []; // { input, mark, name } of each digit

  constructor(place, onChoice) {
    this.#place = place;
    this.#onChoice = onChoice;
    place.addEventListener("change", (event) => this.#onChoice(Number(event.target.value)));
  }

  // Show readings; `share` says how sure each is. Whoever was choosing goes on from there.
  show(readings, share) {
    const wasFocused = this.#place.contains(document.activeElement);
    const longest = Math.max(...readings.map(({ text }) => text.length));
    this.#choices = [];
    this.#place.replaceChildren(...readings.map((reading, row) => this.#line(reading, row, readings, share)));
    this.#place.style.setProperty("--length", longest);
    this.#place.style.setProperty("--largest", `${LARGEST[Math.min(readings.length, LARGEST.length) - 1]}rem`);
    return wasFocused;
  }

  name(place) {
    return this.#choices[place].name;
  }

  choose(place, focus) {
    const { input } = this.#choices[place];
    input.checked = true;
    if (focus) input.focus();
  }

  // Note on a digit what it was told to be: a label, null for none, undefined for nothing.
  tell(place, label) {
    const choice = this.#choices[place];
    if (!choice) return;
    const note = label === undefined ? "" : `, corrected to ${label ?? NONE}`;
    choice.mark.dataset.note = label === undefined ? (choice.doubted ? "?" : "") : (label ?? "×");
    choice.mark.classList.toggle("told", label !== undefined);
    choice.input.setAttribute("aria-label", `${choice.text}, ${choice.name}${choice.doubted ? ", in doubt" : ""}${note}`);
  }

  #line(reading, row, readings, share) {
    const line = element("div", "reading");
    const figures = element("span", "figures");
    figures.dir = "ltr";
    let number = 0;
    for (const { text, digit } of marks(reading)) {
      if (!digit) {
        figures.append(element("span", "separator", text));
        continue;
      }
      number += 1;
      const where = readings.length > 1 ? `line ${row + 1}, ` : "";
      figures.append(this.#choice(text, digit, `${where}digit ${number} of ${reading.digits.length}`));
    }
    line.append(figures);
    if (readings.length > 1) {
      line.append(element("span", reading.reason === null ? "surely" : "surely doubted", share(reading)));
    }
    return line;
  }

  #choice(text, { reason }, name) {
    const mark = element("label", "mark");
    const input = element("input");
    const place = this.#choices.length;
    Object.assign(input, { type: "radio", name: "chosen", value: place });
    mark.append(input, element("span", "", text));
    mark.classList.toggle("doubted", reason !== null);
    this.#choices.push({ input, mark, text, name, doubted: reason !== null });
    this.tell(place);
    return mark;
  }
}
