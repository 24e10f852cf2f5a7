// Row 19: a network under load, with faults all the time, whose processes are upgraded one after another. The whole of it, with all its
// figures, is `npm run soak`, which can also begin on another commit.

import { soak } from '../soak/soak.ts';
import type { ChaosRow } from './rig.ts';

export const row19: ChaosRow = {
  row: 19,
  title: 'soak with a rolling upgrade',
  pass: 'no crash; nothing acknowledged is lost; all know the same at the end; heap slope < 1 MB/h where it can be told',
  async run({ minutes, nodes, quick }) {
    const { figures } = await soak({
      minutes: minutes ?? (quick ? 0.5 : 10),
      nodes: nodes ?? (quick ? 8 : 20),
      hosts: quick ? 2 : 5,
      seed: 1,
      note: () => {},
    });
    return figures;
  },
};
