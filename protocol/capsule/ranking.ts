// The choice of members for a task, made again from what was known of each: who stands where, and each term of its points. Pure.

import Type, { type Static } from 'typebox';
import { type Candidate, rankMembers } from '../task/index.ts';
import type { ReplayedTerm } from './replay.ts';

/** Members that a task considers, with room: what one search answers. */
export const CAPSULE_MEMBERS_MAX = 64;

const closed = { additionalProperties: false } as const;
const text = Type.String({ maxLength: 512 });
const amount = Type.Union([Type.String({ pattern: '^(?:0|[1-9][0-9]{0,39})$' }), Type.Null()]);
const number = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]);

/** What was known of a member when it was ranked; money as decimal text. */
export const knownSchema = Type.Object(
  {
    fit: Type.Integer({ minimum: 0 }),
    price: amount,
    rtt: number,
    reputation: number,
    load: number,
    local: Type.Integer({ minimum: 0 }),
    unfit: Type.Union([text, Type.Null()]),
  },
  closed,
);
export const rankingSchema = Type.Object(
  {
    ceiling: amount,
    reputationFloor: Type.Integer({ minimum: 0 }),
    salt: text,
    /** True where members of different operators come first. */
    independent: Type.Boolean(),
    /** In the order in which they were ranked. */
    members: Type.Array(
      Type.Object(
        {
          agentId: text,
          operator: text,
          region: text,
          known: knownSchema,
          score: Type.Integer(),
          terms: Type.Array(Type.Object({ term: text, points: Type.Integer(), detail: text }, closed), {
            maxItems: 16,
          }),
          refused: Type.Union([text, Type.Null()]),
        },
        closed,
      ),
      { maxItems: CAPSULE_MEMBERS_MAX },
    ),
  },
  closed,
);

export type Known = Static<typeof knownSchema>;
export type Ranking = Static<typeof rankingSchema>;

/** What is kept of what was known. */
export function knownOf({ fit, load, local, price, reputation, rtt, unfit }: Candidate): Known {
  return {
    fit,
    price: price === null ? null : String(price),
    rtt,
    reputation,
    load,
    local,
    unfit: unfit ?? null,
  };
}

const bigOrNull = (value: string | null): bigint | null => (value === null ? null : BigInt(value));

/** Ranks again; answers each term that comes out otherwise. Empty: the same members in the same places for the same reasons. */
export function replayRanking({
  ceiling,
  independent,
  members,
  reputationFloor,
  salt,
}: Ranking): ReplayedTerm[] {
  const candidates = members.map(({ agentId, known, operator, region }): Candidate => {
    return {
      agentId: agentId as Candidate['agentId'],
      operator,
      region,
      ...known,
      price: bigOrNull(known.price),
    };
  });
  // What was ranked before there was this term is ranked without it.
  const queue = members.some(({ terms }) => terms.some(({ term }) => term === 'queue'));
  const wants = { ceiling: bigOrNull(ceiling), reputationFloor, salt, queue };
  const again = rankMembers(candidates, wants, independent);
  return members.flatMap((was, place) => {
    const at = again.findIndex(({ agentId }) => agentId === was.agentId);
    const now = again[at]!;
    const said = (
      one: Pick<typeof was, 'refused' | 'score'> & { readonly terms: (typeof now)['terms'] },
      where: number,
    ) => ({
      place: String(where + 1),
      score: String(one.score),
      refused: one.refused ?? '',
      ...Object.fromEntries(
        one.terms.map(({ detail, points, term }) => [`term ${term}`, `${points} (${detail})`]),
      ),
    });
    const [before, after] = [said(was, place), said(now, at)] as Record<string, string>[];
    return [...new Set([...Object.keys(before!), ...Object.keys(after!)])]
      .filter((term) => counted(term, before![term]) !== counted(term, after![term]))
      .map((term) => ({
        term: `${was.agentId} ${term}`,
        was: before![term] ?? '',
        now: after![term] ?? '',
      }));
  });
}

/** What counts of a term are its points: how a version words their reason is its own affair. */
const counted = (term: string, said = '') =>
  term.startsWith('term ') ? said.slice(0, said.indexOf(' (')) : said;
