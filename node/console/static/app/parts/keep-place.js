// Redraws a part of the page without losing the reader's place: the focus, the scroll position, and what was unfolded.

/** What can hold the focus. */
const FOCUSABLE = 'a, button, input, select, summary, [tabindex]';

/** @param {HTMLElement} root @param {HTMLElement} scroller @param {() => void} draw */
export function keepPlace(root, scroller, draw) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const focused = active ? signOf(active) : null;
  const place = active ? like(root, focused).indexOf(active) : 0;
  const open = new Set([...root.querySelectorAll('details[open] > summary')].map(signOf));
  const top = scroller.scrollTop;
  draw();
  for (const summary of root.querySelectorAll('details > summary'))
    if (open.has(signOf(summary)) && summary.parentElement) summary.parentElement.setAttribute('open', '');
  scroller.scrollTop = top;
  if (focused === null) return;
  const again = like(root, focused);
  /** @type {HTMLElement | undefined} */ (again[Math.min(place, again.length - 1)])?.focus({
    preventScroll: true,
  });
}

/** What an element is recognised by after a redraw: where it leads, else what it says. @param {Element} element */
function signOf(element) {
  return `${element.tagName} ${element.id || element.getAttribute('href') || element.getAttribute('aria-label') || element.textContent}`;
}

/** @param {HTMLElement} root @param {string | null} sign */
function like(root, sign) {
  return [...root.querySelectorAll(FOCUSABLE)].filter((one) => signOf(one) === sign);
}
