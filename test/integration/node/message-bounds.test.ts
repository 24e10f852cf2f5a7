// A message of the DHT or of a relay that is larger than any of theirs ends its stream before it is read; the others are served.

import assert from 'node:assert/strict';
import type { Stream } from '@libp2p/interface';
import { CIRCUIT_MESSAGE_BYTES_MAX, DHT_MESSAGE_BYTES_MAX } from '../../../node/host/limits.ts';
import { concatBytes } from '../../../protocol/bytes/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';
import { startRogue } from '../../support/rogue.ts';

const DHT = '/zerostate/test/kad/1.0.0';
const HOP = '/libp2p/circuit/relay/0.2.0/hop';
const STOP = '/libp2p/circuit/relay/0.2.0/stop';
/** Less than the ten seconds that the library gives a message to come. */
const SOON_MS = 8_000;

/** A frame of so many bytes: peers or addresses without content, two bytes each. */
function message(bytes: number): Uint8Array {
  const length: number[] = [];
  for (let rest = bytes; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) break;
  }
  const body = new Uint8Array(bytes).map((_, i) => (i % 2 === 0 ? 0x42 : 0));
  return concatBytes(Uint8Array.from(length), body);
}

describe('messages of the library’s own protocols', function () {
  this.timeout(60_000);

  it('end their stream where they are larger than any of theirs', async () => {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim', { roles: ['relay'] });
    await using rogue = await startRogue();
    const connection = await rogue.dial(addressOf(victim));
    const bounds = [
      [DHT, DHT_MESSAGE_BYTES_MAX],
      [HOP, CIRCUIT_MESSAGE_BYTES_MAX],
      [STOP, CIRCUIT_MESSAGE_BYTES_MAX],
    ] as const;
    for (const [protocol, bytesMax] of bounds) {
      const stream: Stream = await connection.newStream(protocol);
      stream.send(message(2 * bytesMax).subarray(0, bytesMax + 1));
      await eventually(`${protocol} to end`, SOON_MS, async () => stream.status !== 'open');
      assert.equal(stream.status, 'reset');
    }
    assert.equal(await rogue.ask(victim.node.host.peerId), true);
  });
});
