// A task that an agent of the asking node runs itself: its run is asked about and withdrawn without a connection, which nobody has to itself.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { Asker, type AskerDeps } from '../../../node/tasks/ask.ts';
import type { ControlRequest } from '../../../node/tasks/wire.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { PEER } from '../../support/agents.ts';

describe('a run on the own node', () => {
  it('says that it is alive, and is withdrawn', async () => {
    const asked: string[] = [];
    const deps = {
      host: { peerId: peerIdFromString(PEER) },
      network: 'test',
      executor: {
        control: ({ tasks, verb }: ControlRequest, peer: { toString(): string }) => {
          assert.equal(peer.toString(), PEER);
          asked.push(verb);
          return tasks.map(() => 'running');
        },
      },
      rpc: {
        call: async () => {
          throw new ZeroError('PEER_UNREACHABLE', 'nobody dials itself');
        },
      },
    };
    const asker = new Asker(deps as unknown as AskerDeps);
    const tasks = [{ taskId: 'a', agentId: 'b', token: 1 }];
    assert.deepEqual(await asker.control(PEER, { verb: 'status', tasks }), ['running']);
    assert.deepEqual(await asker.control(PEER, { verb: 'cancel', tasks }), ['running']);
    assert.deepEqual(asked, ['status', 'cancel']);
  });
});
