// The checks of discovery: each refuses for its own reason, with a stable code, and fails closed.

import assert from 'node:assert/strict';
import { entryOf } from '../../../node/cards/card-book.ts';
import {
  checkConstraints,
  checkRevocation,
  checkScore,
  checkSequence,
  checkSignature,
  checkValidity,
  judgeScore,
} from '../../../node/find/checks.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { makeAgent, makeCard } from '../../support/agents.ts';

const entry = entryOf(verifyCard(makeCard(makeAgent(10))));
const codes = (reasons: { ok: boolean; code?: string }[]) =>
  reasons.map(({ ok, code }) => (ok ? 'ok' : code));

describe('checks of discovery', () => {
  it('score: at the floor it passes, below it does not', () => {
    assert.deepEqual(
      codes([checkScore(judgeScore(0.2, undefined), 0.2), checkScore(judgeScore(0.1999, undefined), 0.2)]),
      ['ok', 'SCORE_LOW'],
    );
  });

  it('signature: stored bytes that were changed are refused', () => {
    assert.equal(checkSignature(entry).ok, true);
    const bytes = entry.bytes.slice();
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
    assert.equal(checkSignature({ ...entry, bytes }).code, 'SIGNATURE_INVALID');
  });

  it('sequence: says when the index was behind', () => {
    assert.match(checkSequence(entry, entry.cardId).detail, /newest known/);
    assert.match(checkSequence(entry, 'older').detail, /corrected/);
  });

  it('validity: expired at its end, not valid more than ten minutes before its start', () => {
    const start = Date.parse('2026-03-01T00:00:00Z');
    const end = Date.parse('2026-03-02T00:00:00Z');
    const at = (now: number) => codes([checkValidity(entry.card, now)])[0];
    assert.equal(at(start - 600_000), 'ok');
    assert.equal(at(start - 600_001), 'NOT_YET_VALID');
    assert.equal(at(end - 1), 'ok');
    assert.equal(at(end), 'EXPIRED');
  });

  it('revocation: what is not known to be clear is refused', () => {
    const verdict = (state: 'clear' | 'revoked' | 'unknown') =>
      checkRevocation({ state, detail: '', revoked: null });
    assert.deepEqual(codes([verdict('clear'), verdict('revoked'), verdict('unknown')]), [
      'ok',
      'REVOKED',
      'REVOCATION_UNKNOWN',
    ]);
  });

  it('constraints: region, tags and service class, whatever the index said', () => {
    const check = (filter: Parameters<typeof checkConstraints>[1]) =>
      codes(checkConstraints(entry.card, filter));
    assert.deepEqual(check({}), []);
    assert.deepEqual(check({ region: 'eu-west', tagsAll: ['wasm', 'count'], sla: 'best-effort' }), ['ok']);
    for (const filter of [
      { region: 'us-east' },
      { tagsAll: ['wasm', 'gpu'] },
      { tagsAny: ['gpu'] },
      { tagsNone: ['text'] },
      { sla: 'premium' as const },
    ])
      assert.deepEqual(check(filter), ['CONSTRAINTS_UNMET'], JSON.stringify(filter));
  });
});
