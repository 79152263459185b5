// Asking the server as the pen moves: at most ten times a second, the last drawing wins, answers to
// earlier ones are dropped. A server that is gone or slow is told of, and asked again until it is back.

const PAUSE = 100; // ms between two requests
const SLOW = 1500; // ms after which a server is called slow
const LOST = 8000; // ms after which an answer is not waited for any more
const AGAIN = [500, 1000, 2000, 4000]; // ms to the next try

export class Asking extends EventTarget {
  #wanted = null; // what to ask next
  #asked = -Infinity; // when the last request left
  #timer = 0;
  #underway = null; // of the request that counts
  #failures = 0;
  #isAnswered = true;

  // Until what was asked last is answered, or cannot be.
  async settled() {
    if (this.#isAnswered) return;
    await new Promise((resolve) => this.addEventListener("settled", resolve, { once: true }));
  }

  // Ask for an answer to { body, type }; null: forget what was asked.
  ask(question) {
    this.#wanted = question;
    this.#failures = 0;
    this.#isAnswered = question === null;
    if (question === null) {
      this.#underway?.abort();
      this.#underway = null;
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#settle();
    } else {
      this.#later(Math.max(0, this.#asked + PAUSE - performance.now()));
    }
  }

  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), wait);
  }

  async #send() {
    this.#timer = 0;
    const question = this.#wanted;
    if (question === null) return;
    this.#asked = performance.now();
    this.#underway?.abort();
    const control = (this.#underway = new AbortController());
    const slow = setTimeout(() => this.#tell("slow"), SLOW);
    const lost = setTimeout(() => control.abort("lost"), LOST);
    try {
      const response = await fetch("api/v1/recognize?patch", {
        method: "POST",
        headers: { "Content-Type": question.type },
        body: question.body,
        signal: control.signal,
      });
      const answer = await response.json();
      if (control !== this.#underway) return;
      if (response.ok) {
        this.#failures = 0;
        this.#tell("fine");
        this.dispatchEvent(new CustomEvent("answer", { detail: { answer, question } }));
      } else if (response.status === 429 || response.status >= 500) {
        this.#retry(1000 * Number(response.headers.get("Retry-After") ?? 0), "busy");
      } else {
        this.#tell("fine");
        this.dispatchEvent(new CustomEvent("refusal", { detail: { problem: answer.detail, question } }));
      }
      if (question === this.#wanted) this.#settle();
    } catch {
      if (control !== this.#underway) return;
      this.#retry(0, "gone");
      this.#settle();
    } finally {
      clearTimeout(slow);
      clearTimeout(lost);
    }
  }

  #settle() {
    this.#isAnswered = true;
    this.dispatchEvent(new Event("settled"));
  }

  #retry(wait, how) {
    const next = AGAIN[Math.min(this.#failures++, AGAIN.length - 1)];
    this.#tell(how);
    this.#later(Math.max(wait, next));
  }

  #tell(how) {
    this.dispatchEvent(new CustomEvent("server", { detail: how }));
  }
}
