// Bitswap messages on the wire: the public schema's bytes, and nothing hostile read beyond its bounds.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import '../../support/property-seed.ts';
import { decodeMessage, encodeMessage } from '../../../node/artifacts/bitswap-message.ts';
import { cidOf, parseCid, RAW, shapeOf } from '../../../node/artifacts/blocks.ts';
import { WANTS_MAX } from '../../../node/artifacts/limits.ts';
import { fromHex } from '../../../protocol/bytes/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { refused } from '../../support/agents.ts';

const PLAIN = { noNullPrototype: true };
const bytes = fc.uint8Array({ maxLength: 100 });

describe('bitswap messages', () => {
  it('have the bytes of the public schema', () => {
    const cid = Uint8Array.of(1, 2);
    const want = { cid, cancel: true, haveOnly: true, sayMissing: true };
    assert.deepEqual(
      encodeMessage({ wants: [want] }),
      fromHex('0a0e0a0c0a02010210011801200128 01'.replace(/ /g, '')),
    );
    const block = { prefix: Uint8Array.of(1), data: Uint8Array.of(9, 9) };
    assert.deepEqual(encodeMessage({ blocks: [block] }), fromHex('1a070a010112020909'));
    assert.deepEqual(encodeMessage({ presences: [{ cid, has: false }] }), fromHex('22060a0201021001'));
  });

  it('carry a trace behind all that Bitswap knows, and none that is longer than one is', () => {
    const want = { cid: Uint8Array.of(1, 2), cancel: false, haveOnly: false, sayMissing: true };
    const [plain, traced] = [undefined, Uint8Array.of(0, 116, 112)].map((trace) =>
      encodeMessage({ wants: [want], trace }),
    );
    assert.deepEqual(traced!.subarray(0, plain!.length), plain, 'who does not know it reads the same wants');
    assert.deepEqual(decodeMessage(traced!).trace, Uint8Array.of(0, 116, 112));
    assert.equal(decodeMessage(plain!).trace, undefined);
    assert.equal(
      decodeMessage(encodeMessage({ wants: [want], trace: new Uint8Array(129) })).trace,
      undefined,
    );
  });

  it('read back what was written, past fields that are not known', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            wants: fc.array(
              fc.record(
                { cid: bytes, cancel: fc.boolean(), haveOnly: fc.boolean(), sayMissing: fc.boolean() },
                PLAIN,
              ),
            ),
            blocks: fc.array(fc.record({ prefix: bytes, data: bytes }, PLAIN)),
            presences: fc.array(fc.record({ cid: bytes, has: fc.boolean() }, PLAIN)),
          },
          PLAIN,
        ),
        (message) => {
          const unknown = fromHex('28053a0161');
          const written = Uint8Array.from([...unknown, ...encodeMessage(message), ...unknown]);
          assert.deepEqual(decodeMessage(written), message);
        },
      ),
    );
  });

  it('of a stranger are read or refused, never half', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        try {
          decodeMessage(noise);
        } catch (error) {
          assert.ok(isZeroError(error));
        }
      }),
      { numRuns: 2_000 },
    );
    assert.throws(() => decodeMessage(fromHex('1affffffffffffffffff01')), refused('DECODE_FAILED'));
    const want = { cid: new Uint8Array(), cancel: false, haveOnly: false, sayMissing: false };
    const flood = encodeMessage({ wants: Array(WANTS_MAX + 1).fill(want) });
    assert.throws(() => decodeMessage(flood), refused('LIMIT_EXCEEDED'));
  });

  it('blocks are of files and folders under SHA-256, or refused', () => {
    const noise = Uint8Array.from([1, 2, 3]);
    assert.equal(shapeOf(cidOf(RAW, noise), noise).ownBytes, 3);
    assert.throws(() => shapeOf(cidOf(0x70, noise), noise), refused('ARTIFACT_REFUSED'));
    for (const text of ['', 'x', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG', 'b'.repeat(500)])
      assert.throws(() => parseCid(text), refused('DECODE_FAILED'), text);
  });
});
