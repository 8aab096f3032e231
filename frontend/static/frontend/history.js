/** The history without end: the next page is fetched before the last drawing comes into view. */
import { part } from "./page.js";

const AHEAD = "1200px";

const grid = part("history-grid");
const pager = part("pager");
const said = part("pager-status");

/** @returns {HTMLAnchorElement | null} */
const older = () => pager.querySelector('[data-testid="older"]');

/** The page behind the link, added to this one. @param {HTMLAnchorElement} link */
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
    // The link is still a link: pressed, it leads to the older page, or tells what is wrong.
    observer.disconnect();
    said.textContent = link.dataset["failed"] ?? "";
    return;
  } finally {
    grid.removeAttribute("aria-busy");
  }
  // Whoever came here by the keyboard goes on where the new drawings begin.
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
  { rootMargin: AHEAD },
);
const first = older();
if (first) observer.observe(first);
