// The page: sheet, answer, corrections, pictures and history, put together.

import { AnswerView } from "./answer.js";
import { Asking } from "./asking.js";
import { Corrections } from "./correction.js";
import { Frames } from "./frames.js";
import { Ink } from "./ink.js";
import { Pictures } from "./picture.js";
import { NOUN } from "./reading.js";
import { Sheet } from "./sheet.js";
import { Visit } from "./visit.js";

const SERVER = {
  fine: "",
  slow: "The server is slow; the answer will follow.",
  busy: "The server is busy; asking again.",
  gone: "The server cannot be reached. Your drawing is safe; asking again.",
};

const STEPS = { arrowleft: -1, arrowright: 1 };

const byId = Object.fromEntries([...document.querySelectorAll("[id]")].map((each) => [each.id, each]));
const labels = JSON.parse(document.body.dataset.labels);
const longest = Math.max(...labels.map(({ length }) => length));
document.body.style.setProperty("--longest", `clamp(1.2rem, ${1.5 * longest}ch, 9rem)`);
const ink = new Ink();
const asking = new Asking();
const view = new AnswerView(labels, byId);
const corrections = new Corrections(labels, byId, () => asking.settled());
const visit = new Visit(byId, (what) => corrections.takeBack(what));
const frames = new Frames(byId.frames, (place) => view.pick(place));
const pictures = new Pictures(byId.paper, byId);
const sheet = new Sheet(ink, byId.sheet, byId.wet, askAboutInk);
let asked = null; // the question that was asked last: { of, what, strokes, body, type }
let last = null; // { answer, question } that is shown

function ask(question) {
  asked = question;
  asking.ask(question);
}

function askAboutInk() {
  const { strokes } = sheet;
  if (history.state) history.replaceState(strokes, "");
  pictures.hide();
  byId.invitation.hidden = strokes.length > 0;
  if (strokes.length === 0) {
    ask(null);
    show(null);
    return;
  }
  ask({ of: ink, what: strokes, strokes, body: JSON.stringify({ strokes }), type: "application/json" });
}

function askAboutPicture(file) {
  const type = file.type.startsWith("image/") ? file.type : "application/octet-stream";
  ask({ of: file, what: file, body: file, type });
}

// Show { answer, question }, and of a picture its size; null: nothing.
function show(shown, size) {
  last = shown;
  frames.show(shown?.answer ?? null, size);
  view.show(shown, corrections.told(shown?.question.what));
}

function refuse(problem) {
  show(null);
  byId.words.textContent = problem;
  view.speak(problem);
}

function keep() {
  if (last?.answer.digits.length) visit.add(last.question, last.answer);
}

function tell(what, place, label) {
  visit.tell(what, place, label);
  if (last?.question.what === what) view.tell(place, label);
}

function erase(on) {
  sheet.erasing = on;
  byId.erase.setAttribute("aria-pressed", String(on));
  byId.paper.classList.toggle("erasing", on);
}

const acts = {
  undo: () => ink.undo(),
  redo: () => ink.redo(),
  erase: () => erase(!sheet.erasing),
  clear: () => {
    keep();
    const wasPicture = pictures.isShown;
    ink.clear();
    if (wasPicture) {
      askAboutInk();
      byId.clear.disabled = true;
    }
  },
  read: () => {
    if (asked) ask({ ...asked });
    keep();
  },
};

ink.addEventListener("change", () => {
  byId.undo.disabled = !ink.canUndo;
  byId.redo.disabled = !ink.canRedo;
  byId.clear.disabled = byId.erase.disabled = ink.isEmpty;
  if (ink.isEmpty) erase(false);
  askAboutInk();
});
asking.addEventListener("server", (event) => {
  byId.status.textContent = SERVER[event.detail];
});
asking.addEventListener("answer", async (event) => {
  const { answer, question } = event.detail;
  if (answer.digits.some(({ scores }) => Object.keys(scores).some((name) => !labels.includes(name)))) {
    history.replaceState(sheet.strokes, "");
    refuse(`Another model answers now: load this page again${question.strokes ? "; the drawing stays" : ""}.`);
    return;
  }
  if (question.strokes) show({ answer, question });
  else {
    const size = await pictures.show(question.body);
    if (size) show({ answer, question }, size);
  }
});
view.addEventListener("choice", (event) => {
  frames.choose(event.detail);
  corrections.show(last, event.detail);
});
asking.addEventListener("refusal", (event) => refuse(event.detail.problem));
corrections.addEventListener("corrected", (event) => {
  const { question, answer, place, label } = event.detail;
  visit.add(question, answer);
  tell(question.what, place, label);
});
corrections.addEventListener("takenback", (event) => tell(event.detail.what, event.detail.place));
pictures.addEventListener("picture", async (event) => {
  keep();
  show(null);
  byId.invitation.hidden = true;
  byId.clear.disabled = false;
  const file = event.detail;
  askAboutPicture(file);
  await pictures.show(file);
});
pictures.addEventListener("nocamera", () => {
  byId.status.textContent = "The camera cannot be used; choose a picture instead.";
});
for (const name of ["undo", "redo", "erase", "clear"]) byId[name].addEventListener("click", acts[name]);

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || byId.viewfinder.open || !byId.shortcuts.checked) return;
  const key = event.key.toLowerCase();
  const command = event.ctrlKey || event.metaKey;
  if (key === "z") {
    acts[event.shiftKey ? "redo" : "undo"]();
  } else if (command) {
    return;
  } else if (key === "s") {
    acts.read();
  } else if (key === "c") {
    acts.clear();
  } else if (key === "e" && !byId.erase.disabled) {
    acts.erase();
  } else if (event.target === document.body && key in STEPS) {
    view.step(STEPS[key]);
  } else if (NOUN === "digit" && labels.includes(event.key)) {
    corrections.correct(event.key);
  } else {
    return;
  }
  event.preventDefault();
});

for (const stroke of history.state ?? []) ink.add(stroke);
history.replaceState(null, "");

// Whoever cannot help pressing keys switches them off, and finds them so the next time.
const { shortcuts } = byId;
shortcuts.checked = remembering((kept) => kept.shortcuts) !== "off";
shortcuts.addEventListener("change", () => remembering((kept) => (kept.shortcuts = shortcuts.checked ? "on" : "off")));

function remembering(act) {
  try {
    return act(localStorage);
  } catch {
    return null; // it keeps nothing
  }
}
