// Pictures: chosen, dropped, pasted or taken with the camera, and shown on the sheet.

import { element } from "./element.js";

const UNSEEN = "This browser cannot show this kind of picture.";

export class Pictures extends EventTarget {
  #paper;
  #file = null; // what is shown, or will be: decoding takes time, and another may come meanwhile
  #size = null; // … and a promise of its size
  #shown = null; // the element that shows it

  constructor(paper, byId) {
    super();
    this.#paper = paper;
    byId.choose.addEventListener("change", () => {
      this.#take(byId.choose.files[0]);
      byId.choose.value = "";
    });
    addEventListener("paste", (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
      if (file) this.#take(file);
    });
    addEventListener("dragover", (event) => {
      event.preventDefault();
      paper.classList.add("over");
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) paper.classList.remove("over");
    });
    addEventListener("drop", (event) => {
      event.preventDefault();
      paper.classList.remove("over");
      this.#take(event.dataTransfer?.files[0]);
    });
    if (navigator.mediaDevices?.getUserMedia) this.#camera(byId);
  }

  get isShown() {
    return this.#file !== null;
  }

  // Show a picture on the sheet. Its width and height, 0 if it cannot be shown; null: it was hidden
  // meanwhile.
  show(file) {
    if (file !== this.#file) {
      this.hide();
      this.#file = file;
      this.#size = this.#put(file);
    }
    return this.#size;
  }

  hide() {
    this.#file = null;
    this.#shown?.remove();
    this.#shown = null;
  }

  async #put(file) {
    const image = await createImageBitmap(file).catch(() => null);
    if (file !== this.#file) {
      image?.close();
      return null;
    }
    const size = image === null ? [0, 0] : [image.width, image.height];
    this.#shown = image === null ? element("p", "picture unseen", UNSEEN) : onCanvas(image);
    this.#paper.append(this.#shown);
    return size;
  }

  #take(file) {
    if (file) this.dispatchEvent(new CustomEvent("picture", { detail: file }));
  }

  // The camera is loaded by whoever uses it.
  #camera(byId) {
    byId.camera.hidden = false;
    let asking = false;
    byId.camera.addEventListener("click", async () => {
      if (asking) return; // the browser asks for leave already
      asking = true;
      try {
        const { takePicture } = await import("./camera.js");
        this.#take(await takePicture(byId));
      } catch {
        this.dispatchEvent(new CustomEvent("nocamera"));
      } finally {
        asking = false;
      }
    });
  }
}

function onCanvas(image) {
  const canvas = element("canvas", "picture");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "The picture, with a frame around what was read");
  canvas.getContext("2d").drawImage(image, 0, 0);
  image.close();
  return canvas;
}
