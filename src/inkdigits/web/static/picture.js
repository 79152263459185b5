// Pictures: chosen, dropped, pasted or taken with the camera, and shown with what was found in them.

import { element } from "./answer.js";

export class Pictures extends EventTarget {
  #paper;
  #shown = null; // the canvas that shows one
  #turn = 0; // of what is shown or hidden: decoding takes time, and another may come meanwhile

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
    this.#camera(byId);
  }

  get isShown() {
    return this.#shown !== null;
  }

  // Show a picture on the sheet, and a frame around what was found; false: it was hidden meanwhile.
  async show(file, box) {
    const turn = ++this.#turn;
    const image = await createImageBitmap(file).catch(() => null);
    if (turn !== this.#turn) {
      image?.close();
      return false;
    }
    this.#shown?.remove();
    this.#shown = image === null ? unseen() : framed(image, box);
    this.#paper.append(this.#shown);
    return true;
  }

  hide() {
    this.#turn += 1;
    this.#shown?.remove();
    this.#shown = null;
  }

  #take(file) {
    if (file) this.dispatchEvent(new CustomEvent("picture", { detail: file }));
  }

  #camera({ camera, viewfinder, video, shoot, close }) {
    if (!navigator.mediaDevices?.getUserMedia) return;
    camera.hidden = false;
    const stop = () => {
      for (const track of video.srcObject?.getTracks() ?? []) track.stop();
      video.srcObject = null;
    };
    let asking = false;
    camera.addEventListener("click", async () => {
      if (asking) return; // the browser asks for leave already
      asking = true;
      try {
        video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch {
        this.dispatchEvent(new CustomEvent("nocamera"));
        return;
      } finally {
        asking = false;
      }
      viewfinder.showModal();
      await video.play();
    });
    shoot.addEventListener("click", () => {
      const canvas = document.createElement("canvas");
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext("2d").drawImage(video, 0, 0);
      canvas.toBlob((blob) => this.#take(blob), "image/jpeg", 0.92);
      viewfinder.close();
    });
    close.addEventListener("click", () => viewfinder.close());
    viewfinder.addEventListener("close", stop);
  }
}

function framed(image, box) {
  const canvas = document.createElement("canvas");
  canvas.className = "picture";
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "The picture, with a frame around what was read");
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  image.close();
  if (box) {
    const [x, y, width, height] = box;
    const line = Math.max(canvas.width, canvas.height) / 120;
    pen.strokeStyle = "#d1495b";
    pen.lineWidth = line;
    pen.strokeRect(x - 2 * line, y - 2 * line, width + 4 * line, height + 4 * line);
  }
  return canvas;
}

// What stands for a picture of a kind that the server reads and this browser does not.
function unseen() {
  return element("p", "picture unseen", "This browser cannot show this kind of picture.");
}
