// What strangers begin a forwarded stream with: nonsense is refused by an answer, and no refused stream is kept open by its other end.

import assert from 'node:assert/strict';
import { encode } from '@ipld/dag-cbor';
import { lpStream, streamPair } from '@libp2p/utils';
import type { Asked } from '../../../node/routing/asked.ts';
import { outOfBounds } from '../../../node/routing/own-terms.ts';
import { refuse, takeHeader } from '../../../node/routing/take-header.ts';
import { headFrames } from '../../../node/routing/wire.ts';
import { decodeReply, encodeHeader, type ForwardHeader } from '../../../protocol/forward/index.ts';
import { plainHeader } from '../../support/forward-headers.ts';

const SELF = '12D3KooWDQt3xcLXBmqBfz9yRGVv7KqLBLXCDmopyb6GdhE6K5PU';
const EXIT = '12D3KooWAdhTvNVzEbiCFmrcSFZB8adRxLLKDWbSwNL6kydr9etP';
const RELAYS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'].map((letter) => `12D3KooW${letter.repeat(44)}`);

/** What a node makes of the first bytes of a stream, and what it answers where it refuses them. */
async function taken(bytes: Uint8Array) {
  const [ours, theirs] = await streamPair();
  const bad: string[] = [];
  const taking = takeHeader(headFrames(theirs), SELF, AbortSignal.timeout(10_000), ({ message }) => {
    bad.push(message);
  });
  const frames = lpStream(ours, { maxDataLength: 2 * bytes.length + 2_048 });
  await frames.write(bytes);
  const header = await taking;
  const reply = header === undefined ? decodeReply((await frames.read()).subarray()) : undefined;
  ours.abort(new Error('over'));
  return { header, reply, bad };
}

const bytesOf = (changes: Partial<ForwardHeader>): Uint8Array =>
  encodeHeader({ ...plainHeader(EXIT), ...changes });

describe('the header of a stream that comes in', () => {
  const nonsense: readonly [string, Uint8Array][] = [
    ['a huge ttl', bytesOf({ ttl: 1_000_000_000 })],
    ['a negative ttl', bytesOf({ ttl: -1 })],
    ['an unknown class', bytesOf({ slaClass: 'gold' as 'bulk' })],
    ['a path that names a relay twice', bytesOf({ via: [EXIT, EXIT] })],
    ['another version', encode({ v: 2 })],
    ['no map', encode([1])],
    ['nothing', new Uint8Array(0)],
    ['more bytes than it may have', new Uint8Array(100_000)],
  ];
  for (const [what, bytes] of nonsense)
    it(`with ${what} is refused by an answer, and told`, async () => {
      const { bad, header, reply } = await taken(bytes);
      assert.equal(header, undefined);
      assert.ok(reply?.ok === false && reply.code === 'DECODE_FAILED' && !reply.elsewhere);
      assert.equal(bad.length, 1);
    });

  it('is refused where the next relay would find its path too long, and hold that against this one', async () => {
    const { reply } = await taken(bytesOf({ ttl: 2, via: RELAYS.slice(0, 7) }));
    assert.ok(reply?.ok === false && reply.code === 'DECODE_FAILED');
    const last = { ttl: 1, via: RELAYS.slice(0, 7) };
    assert.deepEqual((await taken(bytesOf(last))).header?.via, last.via);
  });

  it('has come by eight relays at most where it ends', async () => {
    const { header } = await taken(bytesOf({ to: SELF, ttl: 1, via: RELAYS }));
    assert.equal(header?.via.length, 8);
  });
});

describe('a stream that is refused', () => {
  it('is ended by the relay where its other end does not', async () => {
    const [ours, theirs] = await streamPair();
    const ended = new Promise<void>((resolve) => {
      theirs.addEventListener('close', () => resolve(), { once: true });
    });
    await refuse(headFrames(theirs), { ok: false, code: 'BUSY', reason: 'full', elsewhere: true });
    const reply = decodeReply((await headFrames(ours).read()).subarray());
    assert.equal(reply.ok, false);
    assert.equal(theirs.status, 'open', 'it may be read first');
    await ended;
    assert.notEqual(theirs.status, 'open');
  }).timeout(30_000);
});

describe('the bounds of a sender at the relay itself', () => {
  const of = (changes: Partial<ForwardHeader>) =>
    outOfBounds(
      { ...plainHeader(EXIT), ...changes },
      { region: 'near', asked: { pricePerMiB: 10n, currency: 'TEST' } },
    );

  it('are kept whatever the hop before it knew of its region and price', () => {
    assert.match(of({ region: 'far' })!, /must not leave far.*is in near/);
    assert.match(of({ priceCeiling: 9n, currency: 'TEST' })!, /asks 10 TEST/);
    assert.match(of({ priceCeiling: 50n, currency: 'OTHER' })!, /asks in TEST.*in OTHER/);
    assert.equal(of({ region: 'near', priceCeiling: 10n, currency: 'TEST' }), undefined);
    assert.equal(of({}), undefined);
  });

  it('are none for a relay that asks for nothing, and hold for one whose card is not there yet', () => {
    const at = (asked: Asked | undefined) =>
      outOfBounds({ ...plainHeader(EXIT), priceCeiling: 0n, currency: 'TEST' }, { region: 'near', asked });
    assert.equal(at({ pricePerMiB: 0n, currency: '' }), undefined);
    assert.match(at(undefined)!, /has not said yet what it asks/);
    assert.equal(outOfBounds(plainHeader(EXIT), { region: 'near', asked: undefined }), undefined);
  });
});
