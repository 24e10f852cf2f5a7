// Adversaries that say what is not so. None of them can sign for others: they spoil, repeat and contradict themselves.

import type { RoleMaker, Spoilt } from '../cores/role.ts';

const PARTS: readonly Spoilt[] = ['signature', 'body', 'proof'];
/** Heartbeats between two new identities of a whitewasher: long enough to be shut out, short enough to be back soon. */
const TICKS_PER_LIFE = 5;
/** An equivocator is honest until then, in virtual microseconds. */
const FIRST_LIE_US = 2_000_000;
/** Tasks that a colluding rater makes up for each accomplice. */
const PRAISE = 50;

/** Passes on spoilt copies: a wrong signature, another body, a proof of something else. */
export const poisoner: RoleMaker = ({ random, spec, spoil }) => ({
  send(_, message) {
    if (message.kind !== 'publication' || random.unit() >= spec.intensity) return message;
    return { ...message, publication: spoil(message.publication, PARTS[random.below(PARTS.length)]!) };
  },
});

/** Signs two histories of its own log and shows one to each half of its neighbours. */
export const equivocator: RoleMaker = ({ equivocate, now, ownLogs, random, spec }) => {
  const waiting = [...ownLogs()];
  return {
    tick() {
      const log = waiting[0];
      // A history needs something in it before there can be two.
      if (log === undefined || now() < FIRST_LIE_US || random.unit() >= spec.intensity / 2) return;
      waiting.shift();
      equivocate(log);
    },
  };
};

/** A poisoner that leaves when it has been found out and comes back under a new name. */
export const whitewasher: RoleMaker = (context) => {
  const { rejoin, spec } = context;
  let ticks = 0;
  return {
    ...poisoner(context),
    tick() {
      ticks += 1;
      if (ticks % TICKS_PER_LIFE === 0 && spec.intensity > 0) rejoin();
    },
  };
};

/** A relay that boasts of cheap links and drops what it is given. */
export const lyingRelay: RoleMaker = ({ spec }) => ({
  relay: { dropped: spec.intensity, costFactor: 1 - 0.9 * spec.intensity },
});

/** Raters that praise each other for work that nobody did. */
export const colludingRaters: RoleMaker = ({ isAccomplice, spec }) => ({
  praise: (about, earned) => (isAccomplice(about) ? earned + Math.round(PRAISE * spec.intensity) : earned),
});
