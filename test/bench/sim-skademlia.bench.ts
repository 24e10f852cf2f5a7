// The figure of S/Kademlia again: lookups that succeed over 1, 2, 4 and 8 disjoint paths while a fifth of ten thousand nodes lead them
// astray. The rows hold how far we are from what is published: the paper's words for 8 paths, its formula for all.

import { PAPER, PATHS, PUBLISHED, studyDisjointPaths } from '../../sim/skademlia/study.ts';
import type { Bench } from './bench.ts';

const SHARE = 0.2;
const LOOKUPS = 4_000;
const POINTS_PROMISED = 2;

export const bench: Bench = {
  name: 'sim-skademlia',
  summary: 'lookups over disjoint paths among 20 % adversaries: points of difference from what is published',
  bar: { sign: '<=', value: 1 },
  async run({ note, report, seed, sizes }) {
    const lookups = sizes(LOOKUPS, 5 * LOOKUPS);
    const rows = studyDisjointPaths({
      ...PAPER,
      seed,
      lookups,
      shares: [SHARE],
      paths: PATHS,
      attack: 'lead',
    });
    for (const { asked, formula, paths, success } of rows) {
      const said = PUBLISHED.find((point) => point.share === SHARE && point.paths === paths);
      note(
        `d = ${paths}: ${(100 * success).toFixed(2)} %, formula ${(100 * formula).toFixed(2)} %${said === undefined ? '' : `, paper ${100 * said.success} %`}; ${asked.toFixed(1)} nodes asked`,
      );
      report({
        case: `d = ${paths}: from the ${said === undefined ? "paper's formula" : 'paper'}`,
        sizes: { nodes: PAPER.nodes, k: PAPER.k, lookups },
        ours: 100 * Math.abs(success - (said?.success ?? formula)),
        peer: POINTS_PROMISED,
        peerName: 'promised',
        unit: 'points',
        better: 'lower',
      });
    }
  },
};
