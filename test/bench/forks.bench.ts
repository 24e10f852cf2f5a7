// A thousand logs that show their readers two histories: rounds of gossip until the first partner has evidence, until all have it, and
// how long the evidence is. The other side is the promise: two rounds, 2 KiB.

import { verify } from '../../protocol/verify/index.ts';
import { splitView } from '../support/split-views.ts';
import type { Bench } from './bench.ts';

const ROUNDS_PROMISED = 2;
const EVIDENCE_BYTES_PROMISED = 2_048;
const PARTNERS = 16;
const FANOUT = 3;
const ROUNDS_MAX = 16;

export const bench: Bench = {
  name: 'forks',
  summary:
    'rounds of gossip until a forked log is found, and bytes of the evidence, against what is promised',
  bar: { sign: '<=', value: 1 },
  async run({ note, random, report, sizes: pick }) {
    const forks = pick(1_000, 10_000);
    const stream = random('forks');
    const found: number[] = [];
    const spread: number[] = [];
    let longest = 0;
    for (let n = 0; n < forks; n++) {
      const outcome = await splitView({
        random: stream,
        partners: PARTNERS,
        fanout: FANOUT,
        entries: 400,
        roundsMax: ROUNDS_MAX,
      });
      if (outcome.found === 0 || outcome.spread === 0) throw new Error(`fork ${n} was not found by all`);
      if (!verify(outcome.evidence, { now: 0 }).ok)
        throw new Error(`the evidence of fork ${n} does not verify`);
      found.push(outcome.found);
      spread.push(outcome.spread);
      longest = Math.max(longest, outcome.evidence.length);
    }
    const within = found.filter((round) => round <= ROUNDS_PROMISED).length;
    const mean = spread.reduce((sum, round) => sum + round, 0) / forks;
    note(
      `${within} of ${forks} forks found within ${ROUNDS_PROMISED} rounds; all ${PARTNERS} partners had the evidence after ${mean.toFixed(2)} rounds on average, ${Math.max(...spread)} at most`,
    );
    const sizes = { forks, partners: PARTNERS, fanout: FANOUT };
    report({
      case: 'rounds until the slowest fork is found',
      sizes,
      ours: Math.max(...found),
      peer: ROUNDS_PROMISED,
      peerName: 'promised',
      unit: 'rounds',
      better: 'lower',
    });
    report({
      case: 'bytes of the longest evidence',
      sizes,
      ours: longest,
      peer: EVIDENCE_BYTES_PROMISED,
      peerName: 'promised',
      unit: 'bytes',
      better: 'lower',
    });
  },
};
