/** The history page with infinite scrolling: loads the next page before the last drawing is in view. */
import { part } from "../common/page.js";

const ROOT_MARGIN = "1200px";

const grid = part("history-grid");
const pager = part("pager");
const said = part("pager-status");

/** @returns {HTMLAnchorElement | null} */
const older = () => pager.querySelector('[data-testid="older"]');

/** Appends the drawings of the page behind the link. @param {HTMLAnchorElement} link */
async function follow(link) {
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  grid.append(...(page.querySelector('[data-testid="history-grid"]')?.children ?? []));
  const next = page.querySelector('[data-testid="older"]');
  if (next) link.replaceWith(next);
  else link.remove();
}

/** @param {HTMLAnchorElement} link */
async function load(link) {
  said.textContent = link.dataset["loading"] ?? "";
  grid.setAttribute("aria-busy", "true");
  const hadFocus = document.activeElement === link;
  const listed = grid.children.length;
  try {
    await follow(link);
    const text = link.dataset[older() ? "loaded" : "end"] ?? "";
    said.textContent = text.replace("{count}", String(grid.children.length));
  } catch {
    // Keep the link: it leads to the older page, or to its error.
    observer.disconnect();
    said.textContent = link.dataset["failed"] ?? "";
    return;
  } finally {
    grid.removeAttribute("aria-busy");
  }
  // Keyboard focus moves to the first of the new drawings.
  if (hadFocus) grid.children[listed]?.querySelector("a")?.focus();
  const next = older();
  if (next) observer.observe(next);
}

const observer = new IntersectionObserver(
  (entries) => {
    const link = older();
    if (!link || !entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    void load(link);
  },
  { rootMargin: ROOT_MARGIN },
);
const first = older();
if (first) observer.observe(first);
