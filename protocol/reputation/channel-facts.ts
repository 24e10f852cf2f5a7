// What the public ends of payment channels prove: a side that showed a state which it had given up, or signed two of one version. The
// proof is made of the side's own signatures, so it needs nobody's word. A settled channel is no praise: paying dust is cheap, and would
// buy trust that accepted work earns.

import { RecentMap } from '../bounded/index.ts';
import { cheatingOf, type Posting, postingOf, sideOf, type Terms, termsOf } from '../channel/index.ts';
import { isZeroError } from '../errors/index.ts';
import {
  type AgentStatement,
  CHANNEL_CLOSE_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  isStatementOf,
} from '../statement/index.ts';
import { CHANNELS_MAX, CLOSES_MAX, CLOSES_PER_ISSUER_MAX } from './limits.ts';

/** What the postings of a channel prove about one of its sides. */
export interface ChannelVerdict {
  readonly about: string;
  readonly channel: string;
  /** Ids of the statements that prove it, sorted; none while nothing is proven. */
  readonly evidence: readonly string[];
  /** Date of the newest of them, ms since the epoch. */
  readonly at: number;
}

interface Known {
  terms?: Terms;
  readonly closes: AgentStatement<typeof CHANNEL_CLOSE_PREDICATE>[];
}

/** The channels that statements have told of. Verdicts follow from the set of statements, never from their order. */
export class ChannelFacts {
  readonly #channels = new RecentMap<string, Known>(CHANNELS_MAX);

  /** Takes a verified statement; answers what is proven about either side now. Nothing for statements that are not of channels. */
  offer(statement: AgentStatement): ChannelVerdict[] {
    if (isStatementOf(statement, CHANNEL_OPEN_PREDICATE)) {
      const known = this.#known(statement.id);
      known.terms = quietly(() => termsOf(statement));
      return this.#verdicts(statement.id, known);
    }
    if (!isStatementOf(statement, CHANNEL_CLOSE_PREDICATE)) return [];
    const { channel } = statement.statement.predicate;
    const known = this.#known(channel);
    // Strangers may name any channel; they must not crowd out its sides.
    const mine = known.closes.filter(({ issuer }) => issuer === statement.issuer).length;
    if (mine >= CLOSES_PER_ISSUER_MAX || known.closes.length >= CLOSES_MAX) return [];
    if (known.terms !== undefined && sideOf(known.terms, statement.issuer) === undefined) return [];
    known.closes.push(statement);
    return this.#verdicts(channel, known);
  }

  #known(channel: string): Known {
    const known = this.#channels.get(channel) ?? { closes: [] };
    this.#channels.set(channel, known);
    return known;
  }

  #verdicts(channel: string, { closes, terms }: Known): ChannelVerdict[] {
    if (terms === undefined) return [];
    const postings = closes
      .flatMap((close): Posting[] => quietly(() => [postingOf(terms, close)]) ?? [])
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    // Both have signed the end, and with it that the matter is settled.
    const settled = postings.some(({ agreement }) => agreement !== null);
    const cheating = settled ? [] : cheatingOf(postings);
    return (['payer', 'payee'] as const).map((side) => {
      const evidence = cheating.find((one) => one.side === side)?.evidence ?? [];
      const dates = postings.filter(({ id }) => evidence.includes(id)).map(({ issuedAtMs }) => issuedAtMs);
      return { about: terms[side], channel, evidence: [...evidence].sort(), at: Math.max(0, ...dates) };
    });
  }
}

/** Statements verify as such and may still make no sense as a channel's: then they prove nothing. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isZeroError(error)) return undefined;
    throw error;
  }
}
