// The camera: what it sees is shown until a picture is taken, or not.

// A picture as a file; null: none was taken. It throws where there is no camera, or no leave to use it.
export async function takePicture({ viewfinder, video, shoot, close }) {
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    viewfinder.showModal();
    await video.play();
    const isTaken = await new Promise((resolve) => {
      shoot.addEventListener("click", () => resolve(true), { once: true });
      close.addEventListener("click", () => resolve(false), { once: true });
      viewfinder.addEventListener("close", () => resolve(false), { once: true });
    });
    return isTaken ? await shot(video) : null;
  } finally {
    viewfinder.close();
    for (const track of video.srcObject.getTracks()) track.stop();
    video.srcObject = null;
  }
}

function shot(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}
