// Preloaded (--import) into a relay's process: its place on the stage that STAGE_FILE describes (STAGE_NODE: which), and lies (LIES_FILE).

import '../support/lying-relay.ts';
import { randomStream } from '../../sim/random.ts';
import { followStage, placeSockets } from './stage-sockets.ts';

const { STAGE_FILE, STAGE_NODE } = process.env;

if (STAGE_FILE !== undefined) {
  const node = Number(STAGE_NODE);
  const { links, network } = followStage(STAGE_FILE);
  placeSockets({ network, links, here: () => node, random: randomStream(node, 'wire') });
}
