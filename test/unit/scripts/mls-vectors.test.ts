// A part of the published RFC 9420 vectors: the library behind the guilds' keys says what the RFC says. All of them: npm run conformance.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { checkMlsFile } from '../../../scripts/conformance/mls.ts';
import type { Rows } from '../../../scripts/conformance/mls-suite.ts';
import { readJson, Suite } from '../../../scripts/conformance/suite.ts';

const { files } = readJson<{ files: Record<string, Rows[]> }>(
  join(import.meta.dirname, '../../interop/mls-vectors.json'),
);

async function outcome(name: string, rows: Rows[]): Promise<Suite> {
  const suite = new Suite(name);
  await checkMlsFile(suite, name, rows);
  return suite;
}

/** The same case with the last hexadecimal digit of every leaf text turned: a check that sees nothing would still pass. */
function spoilt(value: unknown): unknown {
  if (typeof value === 'string' && /^[0-9a-f]+$/.test(value))
    return value.slice(0, -1) + (Number.parseInt(value.slice(-1), 16) ^ 1).toString(16);
  if (typeof value === 'number') return value + 1;
  if (Array.isArray(value)) return value.map(spoilt);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === 'cipher_suite' ? part : spoilt(part)]),
  );
}

describe('RFC 9420 vectors', () => {
  for (const [name, rows] of Object.entries(files))
    it(`${name}: as published, and a spoilt case is noticed`, async () => {
      const suite = await outcome(name, rows);
      assert.deepEqual(suite.failures, []);
      assert.equal(suite.passed, rows.length);
      // A message that only has to decode and encode to itself may do so after a changed digit.
      if (name === 'messages') return;
      const broken = await outcome(
        name,
        // A tree that is spoilt before and after alike is again a right answer: there, only the result is.
        rows.map(
          (row) =>
            (name === 'tree-operations'
              ? { ...row, tree_after: spoilt(row.tree_after) }
              : spoilt(row)) as Rows,
        ),
      );
      assert.equal(broken.passed, 0);
    });
});
