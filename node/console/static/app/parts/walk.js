// The neighbourhood of one thing in the provenance graph, from the statements about it. Pure: rows in, two sides out.

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** Bytes of a SHA-256. */
const DIGEST_BYTES = 32;

/**
 * @typedef {{ from: string, relation: string, to: string }} Edge
 * @typedef {{ statementId: string, predicateType: string | null, says: Record<string, string>, edges: Edge[], verdict: { verdict: string } }} Row
 * @typedef {{ id: string, words: string, label: string, verdict: string | null }} Neighbour
 * @typedef {{ self: string, label: string, sources: Neighbour[], uses: Neighbour[] }} Around
 */

/** The name in the graph of what a person pasted: bare digits, a content id, or an agent id; anything else stays as it is. @param {string} id */
export function nodeIdOf(id) {
  if (/^[0-9a-f]{64}$/i.test(id)) return `sha256:${id.toLowerCase()}`;
  const match = /^(?:zs:)?b([a-z2-7]{40,120})$/.exec(id);
  if (match === null) return id;
  /** @type {number[]} */
  const bytes = [];
  let bits = 0;
  let held = 0;
  for (const letter of match[1] ?? '') {
    held = (held << 5) | BASE32.indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
      held &= (1 << bits) - 1;
    }
  }
  return `sha256:${bytes
    .slice(-DIGEST_BYTES)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')}`;
}

/** How an edge reads from the side of the thing that is looked at. @type {Record<string, { side: 'sources' | 'uses', from: string, to: string }>} */
const READS = {
  'built-from': { side: 'sources', from: 'built from', to: 'built into' },
  ran: { side: 'sources', from: 'ran', to: 'run by' },
  produced: { side: 'uses', from: 'produced', to: 'produced by' },
};

/** @param {string} self @param {Row[]} rows @returns {Around} */
export function neighbourhood(self, rows) {
  const named = new Map(rows.map((row) => [nodeIdOf(row.statementId), row]));
  const label = (/** @type {string} */ id) => {
    const row = named.get(id);
    return row
      ? (row.says.kind ?? 'statement')
      : id.startsWith('sha256:')
        ? 'artifact'
        : (id.split(':')[0] ?? '');
  };
  /** @type {Map<string, Neighbour>} */
  const sources = new Map();
  /** @type {Map<string, Neighbour>} */
  const uses = new Map();
  for (const { from, relation, to } of rows.flatMap(({ edges }) => edges)) {
    const reads = READS[relation];
    if (!reads || from === to || (from !== self && to !== self)) continue;
    const id = from === self ? to : from;
    // Seen from its other end, an edge leads to the other side.
    const isSource = (reads.side === 'sources') === (from === self);
    const words = from === self ? reads.from : reads.to;
    (isSource ? sources : uses).set(`${id} ${words}`, {
      id,
      words,
      label: label(id),
      verdict: named.get(id)?.verdict.verdict ?? null,
    });
  }
  return { self, label: label(self), sources: [...sources.values()], uses: [...uses.values()] };
}
