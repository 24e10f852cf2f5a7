// What a partner's refusal says: its code, its words, and when to come back.

import assert from 'node:assert/strict';
import { failureOf } from '../../../node/partners/ask-partner.ts';
import { AnswerCheck } from '../../../node/partners/check-answer.ts';
import { decodeBatch, decodeFrame, encodeFrame, queryProtocol } from '../../../node/partners/wire.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';

describe('a refused query of a partner', () => {
  it('says when to come back, to whoever asked', () => {
    const row = queryProtocol('test').refusal?.('too much to do', 1_000) as Uint8Array;
    const [bytes] = decodeBatch(row);
    const frame = decodeFrame(bytes as Uint8Array);
    assert.deepEqual(frame, { kind: 'error', code: 'OVERLOADED', message: 'too much to do', retryMs: 1_000 });
    assert.throws(
      () => new AnswerCheck({} as never).take(frame, new Uint8Array()),
      (error) => isZeroError(error) && error.code === 'OVERLOADED' && error.details.retryMs === 1_000,
    );
    assert.equal(
      failureOf(new ZeroError('OVERLOADED', 'too much to do')),
      'refused',
      'it gave no wrong answer',
    );
  });

  it('is read without that too, and a wait out of reason is none', () => {
    const frame = { kind: 'error', code: 'PARTNER_BUDGET', message: 'used up' } as const;
    assert.deepEqual(decodeFrame(encodeFrame(frame)), frame);
    const said = (text: string) => decodeFrame(Uint8Array.of(4, ...utf8(text)));
    assert.deepEqual(said('PARTNER_BUDGET used up\n999999'), frame);
    assert.deepEqual(said(''), { kind: 'error', code: 'PARTNER_REFUSED', message: '' });
  });
});
