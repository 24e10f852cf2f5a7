// What commands print: JSON whole, or of a list an item a line; nothing of a stranger's reaches the terminal as a control character.

import assert from 'node:assert/strict';
import { type OutputFlags, plain, print } from '../../../node/cli/output.ts';

function printed(flags: OutputFlags, data: unknown): string {
  const { write } = process.stdout;
  let text = '';
  process.stdout.write = ((part: string) => {
    text += part;
    return true;
  }) as typeof write;
  try {
    print(flags, data, () => 'for people');
  } finally {
    process.stdout.write = write;
  }
  return text;
}

describe('what commands print', () => {
  it('is for people, unless a script asks', () => {
    assert.equal(printed({}, { a: 1 }), 'for people\n');
    assert.equal(printed({ json: true }, { a: 1 }), '{\n  "a": 1\n}\n');
  });

  it('with --jsonl is an item a line, of a list that comes with its totals too', () => {
    const flags = { json: true, jsonl: true };
    assert.equal(printed(flags, [1, 2]), '1\n2\n');
    assert.equal(printed(flags, { cards: [{ a: 1 }, { a: 2 }], total: 2 }), '{"a":1}\n{"a":2}\n');
    assert.equal(printed(flags, { cards: [], next: null }), '');
    assert.equal(printed(flags, { results: [1], rejected: [2] }), '{"results":[1],"rejected":[2]}\n');
    assert.equal(printed(flags, { a: 1 }), '{"a":1}\n');
    assert.equal(printed(flags, null), 'null\n');
  });

  it('has no control characters of strangers', () => {
    assert.equal(plain('a\x1b[2Jb\u202ec\x9bd'), 'a�[2Jb�c�d');
  });
});
