/**
 * The camera, if there is one: the frame's content becomes a picture. If the page may not use the camera (plain HTTP,
 * or permission refused), a file input opens the phone's own camera app.
 */
import { part, word } from "../common/page.js";

/** The frame's share of the view; the stylesheet draws it. */
const FRAME = 0.8;
const LARGEST = 1200;

/** The content of the frame, at the centre of the video. @param {HTMLVideoElement} video @returns {Promise<Blob | null>} */
function shoot(video) {
  const side = Math.min(video.videoWidth, video.videoHeight) * FRAME;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(LARGEST, Math.round(side));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const [x, y] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  context.drawImage(video, x, y, side, side, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

/** Whether there is probably a camera, checked without a permission prompt. */
async function hasCamera() {
  if (matchMedia("(pointer: coarse)").matches) return true;
  const devices = await navigator.mediaDevices?.enumerateDevices?.().catch(() => []);
  return devices?.some(({ kind }) => kind === "videoinput") ?? false;
}

/** @param {{take: (file: File) => void, say: (text: string) => void}} parts */
export function listenToCamera({ take, say }) {
  const [button, panel, shutter] = [part("camera"), part("camera-panel"), part("camera-shutter")];
  /** @type {HTMLVideoElement} */
  const video = part("camera-video");
  /** @type {HTMLInputElement} */
  const input = part("camera-file");

  /** A second stream would replace the first, which could then never be stopped. */
  let isAsking = false;
  const close = () => {
    const stream = /** @type {MediaStream | null} */ (video.srcObject);
    for (const track of stream?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  };
  const open = async () => {
    isAsking = true;
    try {
      const wish = { video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1920 } } };
      video.srcObject = await navigator.mediaDevices.getUserMedia(wish);
    } catch {
      say(word("noCamera"));
      input.click();
      return;
    } finally {
      isAsking = false;
    }
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    await video.play();
    panel.scrollIntoView({ block: "nearest" });
    shutter.focus();
  };

  button.addEventListener("click", () => {
    if (isAsking) return;
    if (!panel.hidden) close();
    else if (navigator.mediaDevices) void open();
    else input.click();
  });
  part("camera-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    // Escape must not also clear the pad.
    event.preventDefault();
    close();
  });
  shutter.addEventListener("click", async () => {
    const blob = await shoot(video);
    close();
    if (blob) take(new File([blob], "camera.jpg", { type: blob.type }));
    part("pad").scrollIntoView({ block: "nearest" });
  });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    input.value = "";
    if (file) take(file);
  });
  void hasCamera().then((isThere) => {
    button.hidden = !isThere;
  });
}
