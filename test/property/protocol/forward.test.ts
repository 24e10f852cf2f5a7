// Forwarded streams: what strangers send is read within its bounds or refused, and a link loses nothing over broken paths.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isZeroError } from '../../../protocol/errors/index.ts';
import {
  ackFrame,
  bareFrame,
  dataHead,
  decodeHeader,
  decodeReply,
  encodeHeader,
  encodeReply,
  type ForwardHeader,
  greetingFrame,
  HEADER_BYTES_MAX,
  LINK_FRAME_BYTES_MAX,
  LINK_WINDOW_BYTES,
  LinkDecoder,
  type LinkFrame,
  Outbox,
  readGreeting,
} from '../../../protocol/forward/index.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const peer = fc
  .string({ unit: fc.constantFrom(...BASE58), minLength: 46, maxLength: 56 })
  .map((text) => text as string);
const header: fc.Arbitrary<ForwardHeader> = fc.record(
  {
    stream: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    to: peer,
    ttl: fc.integer({ min: 1, max: 8 }),
    slaClass: fc.constantFrom('interactive', 'standard', 'bulk'),
    region: fc.constantFrom('', 'north-1', 'eu'),
    guild: fc.constantFrom('', 'zs:guild.1'),
    priceCeiling: fc.option(fc.bigInt({ min: 0n, max: 10n ** 21n }), { nil: null }),
    currency: fc.constantFrom('', 'TEST'),
    trace: fc.constantFrom('', `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`),
    budgetMs: fc.integer({ min: 1, max: 60_000 }),
    via: fc.uniqueArray(peer, { maxLength: 8 }),
  },
  { noNullPrototype: true },
);

/** Either reads the bytes or throws DECODE_FAILED, and nothing else. */
function readsOrRefuses(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    assert.ok(isZeroError(error) && error.code === 'DECODE_FAILED', String(error));
    return false;
  }
}

describe('forwarded streams', () => {
  it('reads every header that it writes, and no header with a byte changed to nonsense escapes the rules', () => {
    fc.assert(
      fc.property(header, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, flip) => {
        const bytes = encodeHeader(value);
        assert.ok(bytes.length <= HEADER_BYTES_MAX);
        assert.deepEqual(decodeHeader(bytes), value);
        const changed = Uint8Array.from(bytes);
        changed[at % bytes.length]! ^= flip;
        if (readsOrRefuses(() => decodeHeader(changed))) {
          const read = decodeHeader(changed);
          // What is accepted is within the bounds, and means what it says.
          assert.ok(read.ttl >= 1 && read.ttl <= 8 && read.via.length <= 8 && read.stream.length === 16);
          assert.deepEqual(decodeHeader(encodeHeader(read)), read);
        }
      }),
    );
  });

  it('refuses junk as headers, answers and greetings with one typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (junk) => {
        readsOrRefuses(() => decodeHeader(junk));
        readsOrRefuses(() => decodeReply(junk));
        readsOrRefuses(() => readGreeting(junk));
        readsOrRefuses(() => [...new LinkDecoder().read(junk)]);
      }),
    );
    for (const change of [
      { ttl: 0 },
      { ttl: 9 },
      { to: 'nobody' },
      { region: 'No Region' },
      { via: Array(9).fill('x') },
      { priceCeiling: -1n },
      { slaClass: 'gold' },
      { budgetMs: 60_001 },
      { trace: 'hello' },
    ]) {
      const [sample] = fc.sample(header, 1);
      assert.equal(
        readsOrRefuses(() => decodeHeader(encodeHeader({ ...sample!, ...change } as ForwardHeader))),
        false,
        JSON.stringify(change, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      );
    }
  });

  it('reads every answer that it writes', () => {
    const yes = { ok: true, path: [], remainingMs: Number.POSITIVE_INFINITY, tookMs: 12 } as const;
    assert.deepEqual(decodeReply(encodeReply(yes)), yes);
    const no = { ok: false, code: 'ROUTE_REFUSED', reason: 'price', elsewhere: true } as const;
    assert.deepEqual(decodeReply(encodeReply(no)), no);
    const long = { ok: false, code: 'BUSY', reason: 'x'.repeat(1_000), elsewhere: false } as const;
    assert.equal((decodeReply(encodeReply(long)) as { reason: string }).reason.length, 300);
  });

  it('reads the same frames however their bytes are cut', () => {
    const frame = fc.oneof(
      fc.constant(bareFrame('ping')),
      fc.nat().map(ackFrame),
      fc
        .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean(), fc.nat())
        .map(([link, fresh, received]) => greetingFrame({ link, fresh, received })),
      fc
        .uint8Array({ minLength: 1, maxLength: 300 })
        .map((data) => Uint8Array.from([...dataHead(data.length), ...data])),
    );
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (frames, cuts) => {
          const bytes = Uint8Array.from(frames.flatMap((one) => [...one]));
          const whole = joined([...new LinkDecoder().read(bytes)]);
          const decoder = new LinkDecoder();
          const pieces: LinkFrame[] = [];
          for (let at = 0; at < bytes.length; ) {
            const length = cuts.next().value as number;
            for (const one of decoder.read(bytes.subarray(at, at + length))) pieces.push(copied(one));
            at += length;
          }
          assert.deepEqual(joined(pieces), whole);
        },
      ),
    );
    assert.equal(
      readsOrRefuses(() => [...new LinkDecoder().read(dataHead(LINK_FRAME_BYTES_MAX + 1))]),
      false,
    );
    assert.equal(
      readsOrRefuses(() => [...new LinkDecoder().read(dataHead(0))]),
      false,
    );
    assert.equal(
      readsOrRefuses(() => [...new LinkDecoder().read(Uint8Array.of(99))]),
      false,
    );
  });

  it('keeps exactly what was sent and not acknowledged, within its window', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.double({ min: 0, max: 1, noNaN: true })), {
          maxLength: 40,
        }),
        (steps) => {
          const outbox = new Outbox();
          const sent: number[] = [];
          let acked = 0;
          for (const [bytes, share] of steps) {
            outbox.add(bytes);
            sent.push(...bytes);
            acked += Math.floor((sent.length - acked) * share);
            outbox.ack(acked);
            assert.deepEqual(
              outbox.unacked().flatMap((piece) => [...piece]),
              sent.slice(acked),
            );
            assert.equal(outbox.pending, sent.length - acked);
          }
          assert.throws(() => outbox.ack(sent.length + 1));
        },
      ),
    );
    const full = new Outbox();
    full.add(new Uint8Array(LINK_WINDOW_BYTES));
    assert.equal(full.room, 0);
    assert.throws(() => full.add(new Uint8Array(1)));
  });
});

/** Neighbouring pieces of data are one: how they are cut is no matter. */
function joined(frames: readonly LinkFrame[]): unknown[] {
  const out: unknown[] = [];
  let data: number[] | undefined;
  for (const frame of frames) {
    if (frame.kind !== 'data') {
      out.push(frame);
      data = undefined;
    } else if (data === undefined) {
      data = [...frame.bytes];
      out.push(data);
    } else data.push(...frame.bytes);
  }
  return out;
}

function copied(frame: LinkFrame): LinkFrame {
  return frame.kind === 'data' ? { kind: 'data', bytes: Uint8Array.from(frame.bytes) } : frame;
}
