// Turns values into words for people. Pure functions: no DOM, no clock (the time is an argument).

/** Longest untrusted text shown in one place, in UTF-16 units: enough for a long description, no flood of the page. */
export const TEXT_LENGTH_MAX = 4000;

// Control and format characters: hidden, or reordering the text around them, they could make one agent look like
// another. Joiners stay where scripts need them (after a letter beyond Latin), and so do line breaks and tabs.
const HIDDEN = /(?!(?<=[^\u{20}-\u{2ff}])[\u200c\u200d])(?![\t\n\r])[\p{Cc}\p{Cf}]/gu;

/** Untrusted text made fit to show: no hidden or reordering characters, bounded length. @param {unknown} value */
export function clean(value, lengthMax = TEXT_LENGTH_MAX) {
  const text = typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value);
  const clipped = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  return clipped.replace(HIDDEN, '\ufffd');
}

/** A long identifier with its middle left out. @param {unknown} value */
export function shorten(value, head = 10, tail = 6) {
  const text = clean(value, 512);
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** An integer with commas between groups of three digits. @param {unknown} value */
export function digits(value) {
  const text = String(value ?? '');
  return /^\d+$/.test(text) ? text.replace(/\B(?=(\d{3})+$)/g, ',') : clean(text, 80);
}

/** "1 card", "2 cards". @param {number} count @param {string} noun whose plural adds an s */
export function plural(count, noun) {
  return `${digits(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** An integer amount of micro-units as a decimal, without floats. @param {string} amount */
export function fromMicro(amount) {
  if (!/^\d{1,40}$/.test(amount)) return clean(amount, 40);
  const padded = amount.padStart(7, '0');
  const fraction = padded.slice(-6).replace(/0+$/, '');
  const whole = digits(BigInt(padded.slice(0, -6)).toString());
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** @param {import('./api.js').Price} price */
export function priceText(price) {
  return `${fromMicro(String(price.amount))} ${clean(price.currency, 12)} / ${clean(price.unit, 24)}`;
}

const STEPS = /** @type {const} */ ([
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]);
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const ABSOLUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** "3 min ago", "in 2 days". @param {number} ms time since 1970 @param {number} now time since 1970 */
export function relativeTime(ms, now) {
  const difference = ms - now;
  if (!Number.isFinite(difference)) return 'unknown';
  if (Math.abs(difference) < 5000) return 'just now';
  if (Math.abs(difference) > 30 * 86_400_000) return DAY.format(ms);
  const [unit, size] = STEPS.find(([, step]) => Math.abs(difference) >= step) ?? ['second', 1000];
  return RELATIVE.format(Math.trunc(difference / size), unit);
}

/** @param {number} ms */
export function absoluteTime(ms) {
  return Number.isFinite(ms) ? ABSOLUTE.format(ms) : 'unknown';
}

/** "2 h 5 min" for a length of time. @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return 'unknown';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/**
 * The kind of a log entry in words: ".../predicates/execution-receipt/v1" -> "execution receipt",
 * "application/vnd.zerostate.agent-card+json" -> "agent card".
 * @param {unknown} type
 */
export function entryKind(type) {
  const match = /\/predicates\/([a-z0-9-]+)\/v\d+$|^application\/vnd\.zerostate\.([a-z0-9-]+)\+/.exec(
    String(type ?? ''),
  );
  const word = match?.[1] ?? match?.[2];
  return word ? word.replaceAll('-', ' ') : clean(type, 120);
}

/** The peer id that a log origin names. @param {unknown} origin */
export function originPeer(origin) {
  return (
    String(origin ?? '')
      .split('/')
      .at(-1) ?? ''
  );
}
