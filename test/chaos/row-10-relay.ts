// Row 10: the relay is down when a hidden node boots, comes, restarts.

import { addressOf, TestNodes } from '../support/nodes.ts';
import { type ChaosRow, secondsUntil } from './rig.ts';

const REACHABLE_SECONDS_MAX = 30;

export const row10: ChaosRow = {
  row: 10,
  title: 'relay down at boot, and restarted later',
  pass: 'boot succeeds; reachable within 30 s of its return',
  async run({ quick }) {
    await using nodes = new TestNodes();
    const first = await nodes.start('relay', { roles: ['relay'] });
    const address = addressOf(first);
    const listen = [address.replace(/\/p2p\/.*$/, '')];
    await nodes.stop('relay');
    const hidden = await nodes.start('hidden', { listen: ['/p2p-circuit'], join: [address] });
    const times: number[] = [];
    for (let i = 0; i < (quick ? 1 : 3); i++) {
      const relay = await nodes.start('relay', { roles: ['relay'], listen });
      times.push(
        await secondsUntil(
          () =>
            (relay.node.host.services.relay?.reservations.size ?? 0) > 0 &&
            hidden.node.host.getMultiaddrs().length > 0,
          REACHABLE_SECONDS_MAX + 10,
        ),
      );
      await nodes.stop('relay');
    }
    return [
      { name: 'time to reachable, worst', value: Math.max(...times), unit: 's', max: REACHABLE_SECONDS_MAX },
    ];
  },
};
