// docs/reference/limits.md, from the named bounds in the source: constants that end in _MAX or _MIN.

import type { Finding, SourceFile, Tree } from '../source/tree.ts';
import { cell, code, table } from './markdown.ts';
import { worstCase } from './worst-case.ts';

const LIMIT = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:MAX|MIN)$/;
/** Largest numbers of a width are mathematics, not bounds of ours. */
const WIDTHS = /^[UI]\d+_MAX$/;
const ROOMS = ['protocol', 'wasm-runner', 'index-service', 'node', 'relay', 'bootstrap', 'sim'];

interface Limit {
  readonly name: string;
  readonly value: string;
  readonly reason: string;
  readonly path: string;
  readonly line: number;
}

// The comment that ends on the line above, or stands at the end of the constant's own line.
function reasonAt(file: SourceFile, start: number, end: number): string {
  const own = file.comments.find(
    ({ offset }) => offset >= end && !file.text.slice(end, offset).includes('\n'),
  );
  const above: string[] = [];
  let edge = file.text.lastIndexOf('\n', start) + 1;
  for (const comment of [...file.comments].reverse()) {
    const stop = comment.offset + comment.text.length;
    if (stop > edge || file.text.slice(stop, edge).trim() !== '' || comment === own) continue;
    if (file.text.slice(stop, edge).split('\n').length > 2) break;
    // A comment at the end of a line of code belongs to that code.
    const line = file.text.lastIndexOf('\n', comment.offset) + 1;
    if (file.text.slice(line, comment.offset).trim() !== '') break;
    above.unshift(comment.text);
    edge = line;
  }
  const text = own === undefined ? above.join('\n') : own.text;
  return text.replace(/^\s*(?:\/\*\*?|\*\/|\*|\/\/)|\*\/\s*$/gm, ' ').trim();
}

function limitsOf(file: SourceFile): Limit[] {
  const { tokens } = file;
  const limits: Limit[] = [];
  let lastLine = 0;
  for (const [at, token] of tokens.entries()) {
    const name = tokens[at + 1]?.text ?? '';
    if (token.text !== 'const' || !LIMIT.test(name) || WIDTHS.test(name)) continue;
    let end = at + 2;
    while (end < tokens.length && tokens[end]!.text !== ';') end += 1;
    const equals = tokens.findIndex(({ text }, index) => index > at && text === '=');
    const stop = tokens[end]?.offset ?? file.text.length;
    const value = file.text.slice((tokens[equals]?.offset ?? stop) + 1, stop).trim();
    const start = (tokens[at - 1]?.text === 'export' ? tokens[at - 1]! : token).offset;
    const line = file.line(start);
    // One sentence may speak for constants on consecutive lines.
    const shared = line === lastLine + 1 ? (limits.at(-1)?.reason ?? '') : '';
    const reason = reasonAt(file, start, stop + 1) || shared;
    limits.push({ name, value, reason, path: file.path, line });
    lastLine = file.line(stop);
  }
  return limits;
}

/** Every bound of the rooms, in the order of the document. */
export function limitsOfTree(tree: Tree): Limit[] {
  const inRooms = tree.sources.filter(
    ({ path }) => ROOMS.includes(path.split('/')[0]!) && !path.includes('/static/'),
  );
  return inRooms.flatMap(limitsOf);
}

/** The whole document. */
export function limitsDocument(tree: Tree): string {
  const limits = limitsOfTree(tree);
  const parts = ROOMS.flatMap((room) => {
    const rows = limits
      .filter(({ path }) => path.startsWith(`${room}/`))
      .map(({ name, value, reason, path }) => [code(name), code(value), cell(reason), code(path)]);
    return rows.length === 0
      ? []
      : [`## ${room}\n\n${table(['bound', 'value', 'what it bounds and why', 'where'], rows)}\n`];
  });
  return `# Limits

Generated from the named constants in the source by \`npm run docs:reference\`; do not edit. Everything that grows is
bounded: the unit is in the name or in the sentence beside it.

## What a node takes

AUDITED: 50 nodes half a minute after their start, 25 in each of two processes, every node with its own database and host and without
its API, on two cores: 24.8 MiB resident and 11.2 MiB held after a garbage collection for each node (a node in a process of its own has
the runtime on top); 8 to 49 connections, the median 36, of which 8 are kept up by the node itself (\`peers.target\`) and the others come in or are left by
lookups. \`npm run bench -- publish-visible --full\` prints these figures first.

## What a node takes at worst

Every queue, cache, connection and file with its bound, all of them full at once, which no honest load comes near: what is measured stands above. Products and sums
are computed from the source. A host that cannot give this much sets \`peers.max\`, and the process a memory limit: what is cached is made again from the log.
Modules run in a process of their own, within the limits of each task; the index has its own bounds below.

${worstCase(tree)}
${parts.join('\n')}`;
}

/** Bounds that do not say what they bound and why. */
export function checkLimits(tree: Tree): Finding[] {
  return limitsOfTree(tree)
    .filter(({ reason }) => reason === '')
    .map(({ name, path, line }) => ({
      path,
      line,
      message: `${name} has no comment that says what it bounds and why`,
    }));
}
