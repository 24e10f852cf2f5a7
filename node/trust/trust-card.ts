// The trust card: what is known of an agent, line by line, each with the ids of what bears it out. Pure: facts in, lines out.

import { checkCardTime } from '../../protocol/card/index.ts';
import type { Assessment, Term } from '../../protocol/reputation/index.ts';
import { UNIT } from '../../protocol/reputation/index.ts';
import type { SafetyTier } from '../../protocol/statement/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { KnownReceipt } from '../receipts/receipt-book.ts';

export const TRUST_SECTIONS = ['identity', 'revocation', 'log', 'behaviour', 'reputation', 'policy'] as const;
export type TrustSection = (typeof TRUST_SECTIONS)[number];

/** good and bad speak for and against the agent; unknown is what cannot be said; plain is told without a judgement. */
export type TrustTone = 'good' | 'bad' | 'unknown' | 'plain';

/** One line. */
export interface TrustLine {
  readonly section: TrustSection;
  readonly label: string;
  readonly value: string;
  readonly tone: TrustTone;
  /** Ids of cards, statements and decisions; log origins. */
  readonly evidence: readonly string[];
}

/** The whole page. */
export interface TrustCard {
  readonly agentId: string;
  readonly name: string;
  /** ms since 1970. */
  readonly at: number;
  /** The worst that is known: bad when anything speaks against it, unknown when something that matters cannot be said. */
  readonly tone: TrustTone;
  readonly lines: readonly TrustLine[];
}

/** What is known, collected from the parts of a node. */
export interface TrustFacts {
  readonly agentId: string;
  readonly now: number;
  readonly entry: BookEntry | undefined;
  /** The word of the revocation gate for each tier. */
  readonly revocation: readonly {
    readonly tier: SafetyTier;
    readonly state: 'clear' | 'revoked' | 'unknown';
    readonly detail: string;
    readonly evidence: readonly string[];
  }[];
  /** The order that keeps it apart here. */
  readonly held: { readonly order: string; readonly detail: string } | undefined;
  /** Revocations that it has signed, newest first. */
  readonly revoked: readonly {
    readonly statementId: string;
    readonly kind: string;
    readonly reason: string;
  }[];
  readonly log: {
    readonly origin: string;
    readonly size: number;
    readonly forked: boolean;
    readonly quorum: { readonly met: boolean; readonly detail: string } | undefined;
  } | null;
  /** Receipts of runs that it did, newest first. */
  readonly receipts: readonly KnownReceipt[];
  readonly standing: Assessment;
  /** What the policy says of it now, and decisions on record in which it was a candidate. */
  readonly policy: {
    readonly allow: boolean;
    /** True when it rests on knowledge that is too old, or on none. */
    readonly unknown: boolean;
    readonly detail: string;
    readonly name: string;
    readonly id: string;
  };
  readonly decisions: readonly {
    readonly id: string;
    readonly kind: string;
    readonly at: number;
    readonly allow: boolean;
  }[];
}

/** Ids that one line names; the count says how many there are. */
const SHOWN_MAX = 5;
/** Terms and decisions of one card. */
const LISTED_MAX = 8;

const share = (millionths: number): string => (millionths / UNIT).toFixed(3);
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** Makes the card. */
export function trustCard(facts: TrustFacts): TrustCard {
  const lines = [
    ...identityLines(facts),
    ...revocationLines(facts),
    ...logLines(facts),
    ...behaviourLines(facts),
    ...reputationLines(facts),
    ...policyLines(facts),
  ];
  const has = (tone: TrustTone) => lines.some((line) => line.tone === tone);
  return {
    agentId: facts.agentId,
    name: facts.entry?.card.name ?? '',
    at: facts.now,
    tone: has('bad') ? 'bad' : has('unknown') ? 'unknown' : 'good',
    lines,
  };
}

function identityLines({ entry, now }: TrustFacts): TrustLine[] {
  const section = 'identity' as const;
  if (entry === undefined)
    return [{ section, label: 'card', value: 'no card of it is known here', tone: 'unknown', evidence: [] }];
  const { card, cardId, keys } = entry;
  const time = checkCardTime(card, now);
  return [
    {
      section,
      label: 'card',
      value: `version ${card.sequence}, signed by ${card.operationalKey}`,
      tone: 'good',
      evidence: [cardId],
    },
    {
      section,
      label: 'validity',
      value: `${time === 'valid' ? 'in force' : time}, ${card.issuedAt} to ${card.expiresAt}`,
      tone: time === 'valid' ? 'good' : 'bad',
      evidence: [cardId],
    },
    {
      section,
      label: 'keys',
      value: `epoch ${keys.epoch}, key ${keys.serial} of it, delegated until ${keys.notAfter}${keys.postQuantumKey === null ? '' : ', with ML-DSA-65 beside'}`,
      tone: 'plain',
      evidence: [...keys.rootIds].slice(-SHOWN_MAX),
    },
  ];
}

function revocationLines({ held, revocation, revoked }: TrustFacts): TrustLine[] {
  const section = 'revocation' as const;
  const tones = { clear: 'good', revoked: 'bad', unknown: 'unknown' } as const;
  return [
    ...revocation.map(
      ({ detail, evidence, state, tier }): TrustLine => ({
        section,
        label: `for ${tier} actions`,
        value: detail,
        tone: tones[state],
        evidence,
      }),
    ),
    ...(held === undefined
      ? []
      : [{ section, label: 'quarantine', value: held.detail, tone: 'bad' as const, evidence: [held.order] }]),
    ...(revoked.length === 0
      ? []
      : [
          {
            section,
            label: 'revocations it signed',
            value: `${revoked.length}; the newest: ${revoked[0]!.kind}, ${revoked[0]!.reason}`,
            tone: 'plain' as const,
            evidence: revoked.slice(0, SHOWN_MAX).map(({ statementId }) => statementId),
          },
        ]),
  ];
}

function logLines({ log }: TrustFacts): TrustLine[] {
  const section = 'log' as const;
  if (log === null)
    return [
      {
        section,
        label: 'log',
        value: 'its card names no log that is held here',
        tone: 'unknown',
        evidence: [],
      },
    ];
  const evidence = [log.origin];
  return [
    log.forked
      ? {
          section,
          label: 'history',
          value: 'its node signed two histories of its log; the proof is kept',
          tone: 'bad',
          evidence,
        }
      : {
          section,
          label: 'history',
          value: `one history, ${log.size} entries held and checked here`,
          tone: 'good',
          evidence,
        },
    ...(log.quorum === undefined
      ? []
      : [
          {
            section,
            label: 'witnesses',
            value: log.quorum.detail,
            tone: log.quorum.met ? 'good' : 'plain',
            evidence,
          } as const,
        ]),
  ];
}

function behaviourLines({ receipts }: TrustFacts): TrustLine[] {
  const section = 'behaviour' as const;
  if (receipts.length === 0)
    return [{ section, label: 'runs', value: 'no receipt of it is known here', tone: 'plain', evidence: [] }];
  const by = new Map<string, KnownReceipt[]>();
  for (const receipt of receipts) {
    const { status } = receipt.predicate.deterministic.result;
    by.set(status, [...(by.get(status) ?? []), receipt]);
  }
  const requesters = new Set(receipts.map(({ predicate }) => predicate.observed.requester ?? ''));
  return [
    ...[...by].map(
      ([status, list]) =>
        ({
          section,
          label: `runs ended ${status}`,
          value: `${list.length}, the newest ${list[0]!.predicate.issuedAt}`,
          tone: status === 'OK' ? 'good' : 'plain',
          evidence: list.slice(0, SHOWN_MAX).map(({ id }) => id),
        }) as const,
    ),
    { section, label: 'worked for', value: `${requesters.size} requester(s)`, tone: 'plain', evidence: [] },
  ];
}

function reputationLines({ standing }: TrustFacts): TrustLine[] {
  const section = 'reputation' as const;
  const { events, lower, score, status, terms } = standing;
  const said =
    status === 'unproven'
      ? 'unproven: nothing that counts here is known of it'
      : `${status}: at least ${share(lower)}, expected ${share(score)}, by ${events} events`;
  const tone = status === 'slashed' ? 'bad' : status === 'unproven' ? 'unknown' : 'good';
  return [
    {
      section,
      label: 'standing',
      value: said,
      tone,
      evidence: terms.flatMap(({ evidence }) => evidence).slice(0, SHOWN_MAX),
    },
    ...terms.slice(0, LISTED_MAX).map((term) => termLine(section, term)),
  ];
}

function termLine(
  section: TrustSection,
  { counted, evidence, events, note, rater, said, side, source }: Term,
): TrustLine {
  return {
    section,
    label: `${side}, ${source === 'own' ? 'seen here' : source === 'proof' ? 'proven' : 'said by another'}`,
    value: `${share(counted)} of ${share(said)} counts, ${events} events${rater === null ? '' : `, by ${rater}`}${note === null ? '' : `, ${note}`}`,
    tone: side === 'good' ? 'good' : 'bad',
    evidence: evidence.slice(0, SHOWN_MAX),
  };
}

function policyLines({ decisions, policy }: TrustFacts): TrustLine[] {
  const section = 'policy' as const;
  return [
    {
      section,
      label: 'may be found now',
      value: `${policy.allow ? 'yes' : 'no'}: ${policy.detail} (${policy.name})`,
      tone: policy.allow ? 'good' : policy.unknown ? 'unknown' : 'bad',
      evidence: [policy.id],
    },
    ...decisions.slice(0, LISTED_MAX).map(
      ({ allow, at, id, kind }) =>
        ({
          section,
          label: `decision: ${kind}`,
          value: `${allow ? 'allowed' : 'denied'} ${day(at)} UTC`,
          tone: 'plain' as const,
          evidence: [id],
        }) as const,
    ),
  ];
}
