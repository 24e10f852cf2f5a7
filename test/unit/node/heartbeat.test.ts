// The heartbeat of a host: who is asked for a sign of life, when, and who is given up.

import assert from 'node:assert/strict';
import type { Connection, PeerId } from '@libp2p/interface';
import { Heartbeat } from '../../../node/host/heartbeat.ts';
import {
  HEARTBEAT_ANSWER_MS_MAX,
  HEARTBEAT_LOOK_MS,
  HEARTBEAT_MEASURE_MS_MAX,
  HEARTBEAT_PACE_MIN,
  HEARTBEAT_QUIET_MS_MAX,
  HEARTBEATS_PER_LOOK_MAX,
} from '../../../node/host/limits.ts';

const RTT_MS = 7;

/** One end of a connection to a peer; what it sends is put on the `wire`. */
function end(peer: string, wire: (frame: string) => void) {
  const answers: ((ms: number) => void)[] = [];
  const muxer = {
    pings: 0,
    onData(frame: unknown): void {
      if (frame === 'ping') wire('pong');
      if (frame === 'pong') answers.shift()?.(RTT_MS);
    },
    async ping(): Promise<number> {
      muxer.pings += 1;
      const answered = new Promise<number>((resolve) => answers.push(resolve));
      wire('ping');
      return await answered;
    },
  };
  const connection = { status: 'open', remotePeer: peer, muxer, rtt: undefined as number | undefined, abort };
  function abort(): void {
    connection.status = 'aborted';
  }
  return connection;
}

type End = ReturnType<typeof end>;

function heart(self: string, connections: readonly End[]): Heartbeat {
  return new Heartbeat({
    peerId: self as unknown as PeerId,
    connectionManager: { getConnections: () => connections as unknown as Connection[] },
  });
}

/** A connection whose other end is a peer that answers at once. */
function alive(peer: string): End {
  const one: End = end(peer, (frame) => {
    if (frame === 'ping') one.muxer.onData('pong');
  });
  return one;
}

async function look(hearts: readonly Heartbeat[], ms: number, between: () => void = () => {}) {
  for (let passed = 0; passed < ms; passed += HEARTBEAT_LOOK_MS) {
    for (const one of hearts) one.look();
    // Answers are taken in promises of their own.
    await new Promise(setImmediate);
    between();
  }
}

describe('the heartbeat', () => {
  it('spreads its pings, and begins no more at once than its bound', async () => {
    const connections = Array.from({ length: 100 }, (_, n) => alive(`peer-${n}`));
    const sum = () => connections.reduce((pings, { muxer }) => pings + muxer.pings, 0);
    const each: number[] = [];
    let before = 0;
    await look([heart('self', connections)], 60_000, () => {
      each.push(sum() - before);
      before = sum();
    });
    assert.ok(Math.max(...each) <= HEARTBEATS_PER_LOOK_MAX);
    // The first looks measure what is new. Each is then asked every 6 to 10 s, by its own pace: at most 100 x 0.5 s / 6 s a look, were they even.
    const later = each.slice(60);
    assert.ok(Math.max(...later) <= 14, `${later}`);
    assert.ok(later.filter((pings) => pings === 0).length < later.length / 10, `${later}`);
    assert.ok(connections.every(({ rtt }) => rtt === RTT_MS));
  });

  it('only measures a connection on which something is heard', async () => {
    const busy = alive('busy');
    const asked: number[] = [];
    await look([heart('self', [busy])], 60_000, () => {
      busy.muxer.onData('data');
      asked.push(busy.muxer.pings);
    });
    const least = 60_000 / HEARTBEAT_MEASURE_MS_MAX;
    assert.ok(busy.muxer.pings >= least && busy.muxer.pings <= 1 + least / HEARTBEAT_PACE_MIN, `${asked}`);
  });

  it('asks from one end of a quiet connection: the other end hears it', async () => {
    const one: End = end('other', (frame) => other.muxer.onData(frame));
    const other: End = end('one', (frame) => one.muxer.onData(frame));
    await look([heart('one', [one]), heart('other', [other])], 600_000);
    const silent = 600_000 / (HEARTBEAT_PACE_MIN * HEARTBEAT_QUIET_MS_MAX);
    assert.ok(one.muxer.pings + other.muxer.pings < 1.7 * silent, `${one.muxer.pings} ${other.muxer.pings}`);
    assert.deepEqual([one.status, other.status], ['open', 'open']);
  });

  it('gives up who is silent for as long as an answer is waited for, and nobody who says anything', async () => {
    const dead = end('dead', () => {});
    const mute = end('mute', () => {});
    const beats = heart('self', [dead, mute]);
    let ms = 0;
    let goneMs: number | undefined;
    // Before its first answer, and with every other thing that it says.
    await look([beats], 120_000, () => {
      ms += HEARTBEAT_LOOK_MS;
      if (dead.status !== 'open') goneMs ??= ms;
      if (ms % 8_000 === 0) mute.muxer.onData('data');
    });
    const latest = HEARTBEAT_QUIET_MS_MAX + HEARTBEAT_ANSWER_MS_MAX + 4 * HEARTBEAT_LOOK_MS;
    assert.ok(goneMs !== undefined && goneMs > HEARTBEAT_ANSWER_MS_MAX && goneMs <= latest, `${goneMs}`);
    assert.equal(mute.status, 'open');
  });

  it('times a connection for whoever asks, which is no heartbeat, and gives up for them what does not come', async () => {
    const there = alive('there');
    const silent = end('silent', () => {});
    const beats = heart('self', [there, silent]);
    const measured: unknown[] = [];
    beats.onMeasured = (peer) => measured.push(peer);
    const time = (one: End, msMax: number) => beats.roundTripMs(one as unknown as Connection, msMax);
    assert.ok((await time(there, 10_000))! >= 0);
    assert.equal(await time(silent, 1), undefined);
    assert.equal(await time(silent, 1), undefined);
    assert.equal(silent.muxer.pings, 1, 'the muxer has one at a time, and who gives up leaves it');
    const other = { status: 'open', remotePeer: 'other', muxer: {} } as unknown as Connection;
    assert.deepEqual([beats.times(other), await beats.roundTripMs(other, 1)], [false, undefined]);
    assert.deepEqual([measured, there.rtt], [[], undefined]);
  });

  it('measures at once when asked, and does not fail when the muxer does', async () => {
    const connection = alive('peer');
    const measured: unknown[] = [];
    const beats = heart('self', [connection]);
    beats.onMeasured = (peer, ms) => measured.push([peer, ms]);
    await beats.measure([connection as unknown as Connection]);
    assert.deepEqual(measured, [['peer', RTT_MS]]);
    connection.muxer.ping = async () => {
      throw new Error('closed');
    };
    await beats.measure([connection as unknown as Connection]);
    assert.equal(measured.length, 1);
  });
});
