// Builds elements safely: text always becomes a text node, and what could run or restyle the page is refused.
// Every view goes through here; nothing in the console parses HTML.

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, unknown> & { class?: string | (string | false | null | undefined)[], on?: Record<string, (event: any) => void> }} Props */

/**
 * Creates an HTML element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props | null} [props] attributes; `on` holds listeners; null, undefined and false are left out
 * @param {...(Child | Child[])} children strings become text nodes
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  applyProps(element, props ?? {});
  append(element, children);
  return element;
}

/**
 * Creates an SVG element.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Props | null} [props]
 * @param {...(Child | Child[])} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function s(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag);
  applyProps(element, props ?? {});
  append(element, children);
  return element;
}

/** Replaces everything inside `parent`. @param {Element} parent @param {...(Child | Child[])} children */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/** @param {Element} element @param {Props} props */
function applyProps(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') {
      for (const [type, listener] of Object.entries(/** @type {Record<string, EventListener>} */ (value))) {
        element.addEventListener(type, listener);
      }
    } else if (name === 'class') {
      element.setAttribute('class', Array.isArray(value) ? value.filter(Boolean).join(' ') : String(value));
    } else if (isUnsafe(name, value)) {
      throw new TypeError(`The console does not set ${name}.`);
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
}

/** A link may only lead into the console itself or to a blob that the console made. @param {string} name @param {unknown} value */
function isUnsafe(name, value) {
  if (name.startsWith('on') || name === 'style' || name === 'src' || name === 'srcdoc') return true;
  return name === 'href' && !/^(#\/|blob:)/.test(String(value));
}

/** @param {Element} parent @param {(Child | Child[])[]} children */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(typeof child === 'number' ? String(child) : child);
  }
}
