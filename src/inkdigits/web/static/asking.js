// Asking the server as the pen moves: at most ten times a second, one request at a time, the newest
// drawing next. A server that is gone or slow is told of, and asked again until it is back.
//
// A question is { of, strokes, body, type }: the ink or the file that it is about, its strokes if it
// is an ink, and what is sent.

import { answered, isNumber, READS } from "./reading.js";

const NONE_READ = { readings: [] };
const PAUSE = 100; // ms between two requests
const SLOW = 1500; // ms after which a server is called slow
const LOST = 8000; // ms after which an answer is not waited for any more …
const LONG = 20_000; // … where it is about a picture
const AGAIN = [500, 1000, 2000, 4000]; // ms to the next try

export class Asking extends EventTarget {
  #wanted = null; // what to ask next
  #answered = null; // what was answered last
  #underway = null; // { question, control } of the request that is being answered
  #next = -Infinity; // when the next may leave
  #timer = 0;
  #failures = 0;

  // Ask; null: forget what was asked.
  ask(question) {
    this.#wanted = question;
    this.#failures = 0;
    if (this.#underway && this.#underway.question.of !== question?.of) this.#drop();
    if (question !== null) {
      this.#later();
      return;
    }
    clearTimeout(this.#timer);
    this.#tell("fine");
    this.#settle(false);
  }

  // Wait until what was asked last is answered, or cannot be; and say which.
  async settled() {
    if (this.#wanted === null || this.#wanted === this.#answered) return this.#wanted !== null;
    const isHeldUp = this.#underway === null && this.#next > performance.now() + PAUSE;
    if (isHeldUp) return false; // the server is gone or busy
    return new Promise((resolve) => {
      this.addEventListener("settled", (event) => resolve(event.detail), { once: true });
    });
  }

  #drop() {
    this.#underway.control.abort();
    this.#underway = null;
  }

  #later() {
    if (this.#underway) return; // which looks for what is wanted when it is done
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), Math.max(0, this.#next - performance.now()));
  }

  async #send() {
    const question = this.#wanted;
    if (question === null) return;
    const control = new AbortController();
    const underway = (this.#underway = { question, control });
    this.#next = performance.now() + PAUSE;
    const slow = setTimeout(() => this.#tell("slow"), SLOW);
    const lost = setTimeout(() => control.abort(), question.strokes ? LOST : LONG);
    let done;
    try {
      done = await this.#fetch(question, control.signal);
    } catch {
      done = { how: "gone", wait: 0 };
    }
    clearTimeout(slow);
    clearTimeout(lost);
    if (underway !== this.#underway) return; // dropped meanwhile
    this.#underway = null;
    this.#finish(question, done);
  }

  // What became of a question: an answer, a problem, or { how, wait } where it must be asked again.
  async #fetch(question, signal) {
    const { strokes } = question;
    // Of one stroke no number is made, and of letters neither: /read need not be asked.
    const numbers = strokes?.length === 1 || !READS ? { told: NONE_READ } : post("read", question, signal);
    // A picture is heavy: it is sent again only where it may show one digit, or a letter (422).
    const first = strokes ? null : await numbers;
    const isEnough = first && (first.told ? isNumber(first.told) : first.status !== 422);
    const [read, digit] = await Promise.all([numbers, isEnough ? numbers : post("recognize?patch", question, signal)]);
    if (read.how || !digit.told) return read.how ? read : digit;
    return { answer: answered(read.told ?? NONE_READ, digit.told) };
  }

  #finish(question, { answer, problem, how, wait }) {
    if (how) {
      const pause = AGAIN[Math.min(this.#failures++, AGAIN.length - 1)];
      this.#next = performance.now() + Math.max(wait, pause);
      this.#tell(how);
      this.#settle(false);
    } else {
      this.#failures = 0;
      this.#answered = question;
      this.#tell("fine");
      const [type, detail] = answer ? ["answer", { answer, question }] : ["refusal", { problem, question }];
      this.dispatchEvent(new CustomEvent(type, { detail }));
    }
    if (this.#wanted !== this.#answered) this.#later();
    else this.#settle(true);
  }

  #settle(answered) {
    this.dispatchEvent(new CustomEvent("settled", { detail: answered }));
  }

  #tell(how) {
    this.dispatchEvent(new CustomEvent("server", { detail: how }));
  }
}

// Post a question: what is told, or a problem, or { how, wait }.
async function post(what, { body, type }, signal) {
  const headers = { "Content-Type": type };
  const response = await fetch(`api/v1/${what}`, { method: "POST", headers, body, signal });
  if (response.status === 429 || response.status >= 500) {
    return { how: "busy", wait: 1000 * (Number(response.headers.get("Retry-After")) || 0) };
  }
  return response.ok ? { told: await response.json() } : { problem: await problem(response), status: response.status };
}

// What was wrong with a question.
export async function problem(response) {
  const told = await response.json().catch(() => ({})); // a proxy may have refused it
  return told.detail ?? `The server does not take this (${response.status}).`;
}
