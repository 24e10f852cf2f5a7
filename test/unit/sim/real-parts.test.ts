// Parts of the tiers of real nodes that need no node: folders that killed runs left, slow sockets, who comes and goes.

import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { turnsOf } from '../../../sim/net/churn.ts';
import { makeRunFolder } from '../../../sim/real/folder.ts';
import { slowSockets } from '../../../sim/real/slow-sockets.ts';
import { completeScenario } from '../../../sim/scenario/index.ts';

const SECOND = 1_000_000;

describe('runs of real nodes', () => {
  it('remove what runs left behind whose process is gone, and nothing else', () => {
    const parent = mkdtempSync(join(tmpdir(), 'zerostate-folders-'));
    try {
      const { pid } = spawnSync(process.execPath, ['-e', ''], { timeout: 15_000 });
      for (const name of [
        `zerostate-sim-${pid}-a`,
        `zerostate-sim-${process.pid}-b`,
        'zerostate-sim-x',
        'other',
      ])
        mkdirSync(join(parent, name));
      writeFileSync(join(parent, `zerostate-sim-${pid}-a`, 'file'), 'data');
      const own = makeRunFolder(parent);
      const left = readdirSync(parent).sort();
      ok(left.includes(own.slice(parent.length + 1)));
      equal(left.includes(`zerostate-sim-${pid}-a`), false);
      equal(left.length, 4);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  it('hold back what sockets get, in order, and only on the links that are named', async () => {
    const server = createServer((socket) => {
      socket.write('first', () => setImmediate(() => socket.end('second')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pieces: number[] = [];
    let asked = 0;
    const links = slowSockets<string>({
      linkOf: ({ remotePort }) => (remotePort === port ? 'slow' : undefined),
      // The first piece takes longest: what comes after must not overtake it.
      pieceMs: () => (asked++ === 0 ? 40 : 0),
      connectMs: () => 1,
      onPiece: (link, bytes) => {
        equal(link, 'slow');
        pieces.push(bytes);
      },
    });
    try {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      let text = '';
      for await (const chunk of socket) text += chunk;
      equal(text, 'firstsecond');
      // Both pieces and the end were held; what the server gets was not.
      equal(asked, pieces.length + 1);
      equal(
        pieces.reduce((sum, bytes) => sum + bytes, 0),
        text.length,
      );
    } finally {
      links[Symbol.dispose]();
      server.close();
      await once(server, 'close');
    }
  });
});

describe('nodes that come and go', () => {
  const { churn } = completeScenario({
    network: { churn: { share: 0.5, onSeconds: 30, offSeconds: 10 } },
  }).network;

  it('are the share that is asked for, away a quarter of the time', () => {
    let moving = 0;
    let away = 0;
    const end = 2_000 * SECOND;
    for (let node = 0; node < 400; node++) {
      const turns = turnsOf(churn, 3, node, Number.POSITIVE_INFINITY);
      if (turns === undefined) continue;
      moving += 1;
      for (let at = 0; at < end; ) {
        const wasHere = turns.here;
        const next = Math.min(end, turns.next(at)!);
        if (!wasHere) away += next - at;
        at = next;
      }
    }
    ok(Math.abs(moving / 400 - 0.5) < 0.08, `${moving}`);
    const share = away / (moving * end);
    ok(Math.abs(share - 0.25) < 0.02, `${share}`);
  });

  it('are all there from the healing on', () => {
    for (let node = 0; node < 200; node++) {
      const turns = turnsOf(churn, 3, node, 20 * SECOND);
      if (turns === undefined) continue;
      let last = 0;
      for (let at = turns.next(0); at !== undefined; at = turns.next(at)) last = at;
      ok(last <= 20 * SECOND);
      equal(turns.here, true);
    }
    deepEqual(turnsOf({ ...churn, share: 0 }, 3, 1, 20 * SECOND), undefined);
  });
});
