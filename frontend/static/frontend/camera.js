/**
 * The camera, where there is one: what is held in the frame becomes a picture. Where the browser gives none away
 * (plain http, or its owner says no), the phone's own camera takes it, through a file input.
 */
import { part, word } from "./page.js";

/** The frame's share of what is shown; the stylesheet draws it. */
const FRAME = 0.8;
const LARGEST = 1200;

/** What is in the frame, in the middle of the picture. @param {HTMLVideoElement} video @returns {Promise<Blob | null>} */
function shoot(video) {
  const side = Math.min(video.videoWidth, video.videoHeight) * FRAME;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(LARGEST, Math.round(side));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const [x, y] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  context.drawImage(video, x, y, side, side, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

/** Whether a camera is likely: asked without asking the visitor. */
async function isThereOne() {
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

  /** A second stream would take the first one's place, and nobody could turn that off. */
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
    // That key's own work is for when nothing is open.
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
  void isThereOne().then((isOne) => {
    button.hidden = !isOne;
  });
}
