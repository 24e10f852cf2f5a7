// A process of its own that sends decoder bombs to every protocol of a node: node bomber.ts ADDRESS PROTOCOLS (with commas).
// It prints how many streams it filled.

import { startRogue } from '../support/rogue.ts';

/** Message bodies that explode in a careless decoder. */
function bombs(): Uint8Array[] {
  const nested = new Uint8Array(60_000).fill(0x81); // CBOR: arrays in arrays
  const counts = [0x9b, 0xbb, 0x5b, 0x7b].map((head) =>
    Uint8Array.of(head, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff),
  );
  const keys = new Uint8Array(60_000).fill(0xa1);
  const protobuf = new Uint8Array(60_000).map((_, i) => (i % 2 === 0 ? 0x0a : 0x00)); // empty fields without end
  const long = Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3);
  return [nested, keys, protobuf, long, new Uint8Array(60_000), ...counts];
}

/** Prefixes: the true length, one far beyond every bound, and one that never ends. */
function framed(body: Uint8Array): Uint8Array[] {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  return [
    Uint8Array.of(...varint(body.length), ...body),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, ...body.subarray(0, 64)),
    new Uint8Array(64).fill(0xff),
  ];
}

const [address = '', protocols = ''] = process.argv.slice(2);
const rogue = await startRogue();
const connection = await rogue.dial(address);
let sent = 0;
for (const protocol of protocols.split(',')) {
  for (const bomb of bombs().flatMap(framed)) {
    const stream = await connection.newStream(protocol).catch(() => undefined);
    if (stream === undefined) continue;
    try {
      stream.send(bomb);
      await stream.close({ signal: AbortSignal.timeout(200) });
    } catch {
      // refused: as it should
    }
    stream.abort(new Error('next bomb'));
    sent += 1;
  }
}
process.stdout.write(`${sent}\n`);
await rogue.stop();
