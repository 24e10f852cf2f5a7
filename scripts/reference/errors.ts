// docs/reference/errors.md, from the one table of error codes; and what every row of that table must fulfil.

import type { ErrorEntry } from '../../protocol/errors/index.ts';
import type { Finding, Tree } from '../source/tree.ts';
import { cell } from './markdown.ts';

export const ERRORS_DOC = 'docs/reference/errors.md';
const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

/** The codes of each room, in the order of the document. */
export type CodesByRoom = Readonly<Record<string, Readonly<Record<string, ErrorEntry>>>>;

const HEAD = `# Error codes

Generated from \`protocol/errors/codes/\` by \`npm run docs:reference\`; do not edit. A code is stable: it is never renamed
and never reused. The HTTP API answers \`{ "error": { "code", "message", "hint", "retryable" } }\`, and a command ends
with the exit code of its error.

| exit | meaning |
| --- | --- |
| 0 | done |
| 1 | failed |
| 2 | wrong usage |
| 3 | verification refused |
| 4 | unreachable |
`;

/** The whole document. */
export function errorsDocument(rooms: CodesByRoom): string {
  const parts = [HEAD];
  for (const [room, codes] of Object.entries(rooms)) {
    const entries = Object.entries(codes).sort(([a], [b]) => (a < b ? -1 : 1));
    if (entries.length === 0) continue;
    parts.push(`## ${room}\n`);
    parts.push(
      '| code | exit | HTTP | retry | what happened | what to do |',
      '| --- | --- | --- | --- | --- | --- |',
    );
    for (const [code, { exit, http, retryable, summary, remedy }] of entries) {
      const row = [`\`${code}\``, exit, http, retryable ? 'yes' : 'no', cell(summary), cell(remedy)];
      parts.push(`| ${row.join(' | ')} |`);
    }
    parts.push('');
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

/** Codes that stand in two rooms, and codes whose name or sentences are not in form. */
export function checkErrorTable(rooms: CodesByRoom): Finding[] {
  const findings: Finding[] = [];
  const owners = new Map<string, string>();
  for (const [room, codes] of Object.entries(rooms)) {
    const path = `protocol/errors/codes/${room}.ts`;
    for (const [code, { summary, remedy }] of Object.entries(codes)) {
      const owner = owners.get(code);
      if (owner !== undefined) findings.push({ path, message: `${code} is a code of ${owner} already` });
      owners.set(code, room);
      if (!CODE.test(code)) findings.push({ path, message: `${code} is not in UPPER_SNAKE_CASE` });
      if (!/\.$/.test(summary) || !/\.$/.test(remedy))
        findings.push({ path, message: `${code}: write whole sentences` });
    }
  }
  return findings;
}

/** Codes that no source file outside the table names: nothing can raise them. */
export function checkCodesRaised(tree: Tree, rooms: CodesByRoom): Finding[] {
  const raising = tree.sources.filter(
    ({ path }) => !path.startsWith('protocol/errors/codes/') && !path.startsWith('test/'),
  );
  const named = new Set(raising.flatMap(({ tokens }) => tokens.map(({ value }) => value)));
  return Object.entries(rooms).flatMap(([room, codes]) =>
    Object.keys(codes)
      .filter((code) => !named.has(code))
      .map((code) => ({ path: `protocol/errors/codes/${room}.ts`, message: `nothing raises ${code}` })),
  );
}
