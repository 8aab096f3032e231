/**
 * Files dropped on the page or pasted into it.
 */

/** @param {DataTransfer | null} data */
const hasFiles = (data) => data?.types.includes("Files") ?? false;

/** The files, without folders. @param {DataTransfer | null} data */
function filesOf(data) {
  const files = [...(data?.items ?? [])].filter((item) => item.kind === "file" && !item.webkitGetAsEntry?.()?.isDirectory);
  return files.flatMap((item) => item.getAsFile() ?? []);
}

/**
 * @param {HTMLElement} target  highlighted while files are dragged over the page
 * @param {(files: File[]) => void} take
 */
export function listenToDrops(target, take) {
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    target.classList.add("is-awaiting");
  });
  for (const end of ["dragleave", "drop", "dragend"]) {
    document.addEventListener(end, () => target.classList.remove("is-awaiting"));
  }
  // Accept drops anywhere: the browser would open a file that misses the pad, and the drawing would be lost.
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    take(filesOf(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const files = filesOf(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
}
