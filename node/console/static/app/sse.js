// Parses a text/event-stream (WHATWG HTML, section 9.2.6) piece by piece. Pure: no network, no page.

/** Largest event that is kept, in UTF-16 units: a card view is some 4 kB; more than this is a fault of the server. */
export const EVENT_LENGTH_MAX = 1_048_576;

/**
 * @param {(event: { type: string, data: string }) => void} onEvent
 * @returns {(text: string) => void} takes the next piece; throws RangeError when an event is too long
 */
export function createSseParser(onEvent) {
  let rest = '';
  let type = '';
  /** @type {string[]} */
  let data = [];
  let length = 0;

  /** @param {string} line */
  const takeLine = (line) => {
    if (line === '') {
      if (data.length > 0) onEvent({ type: type || 'message', data: data.join('\n') });
      type = '';
      data = [];
      length = 0;
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') type = value;
    if (field === 'data') {
      length += value.length;
      data.push(value);
    }
  };

  return (text) => {
    rest += text;
    // A trailing \r may be the first half of \r\n, so it waits for the next piece.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
    if (rest.length + length > EVENT_LENGTH_MAX)
      throw new RangeError('An event is longer than the console accepts.');
  };
}
