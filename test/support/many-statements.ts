// Thousands of agents and statements in the log of a node, signed by their agents and verified by the node like any others: for benchmarks of
// what shows them. Nothing is random: the same numbers give the same names.

import { toBase64, toHex, utf8 } from '../../protocol/bytes/index.ts';
import { type CardDraft, signCard } from '../../protocol/card/index.ts';
import { publicKeyOfSeed, sha256 } from '../../protocol/crypto/index.ts';
import { type Envelope, envelopeId, seedSigner } from '../../protocol/envelope/index.ts';
import { createAgentKeys } from '../../protocol/identity/index.ts';
import { originOf } from '../../protocol/log/index.ts';
import { signReceipt } from '../../protocol/receipt/index.ts';
import { signRevocation } from '../../protocol/revocation/index.ts';
import { REPUTATION_EVENT_PREDICATE, signAgentStatement } from '../../protocol/statement/index.ts';
import { DRAFT, makeDeterministic, OBSERVED, type TestAgent } from './agents.ts';

const DAY_MS = 86_400_000;
/** Statements that are appended side by side: the log writes them with one fsync. */
const AT_ONCE = 1_000;
/** Every so many statements one is a reputation event, and one a revocation of an agent's card. */
const EVENT_EVERY = 9;
const REVOCATION_EVERY = 100;
const REGIONS = ['eu-west', 'us-east', 'ap-south'];
const TRADES = [
  'ledger',
  'atlas',
  'loom',
  'quarry',
  'harbour',
  'kiln',
  'orchard',
  'signal',
  'archive',
  'foundry',
];

/** What is to be made. */
export interface Amounts {
  readonly agents: number;
  /** Besides the cards. */
  readonly statements: number;
}

/** What the statements are of: how many of each. */
export interface Made {
  readonly receipts: number;
  readonly events: number;
  readonly revocations: number;
  readonly agentIds: readonly string[];
}

type Append = (envelope: Envelope) => Promise<unknown>;

const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const seedOf = (what: string, index: number) => sha256(utf8(`${what} ${index}`));

function agentOf(index: number, now: number): TestAgent {
  const made = createAgentKeys({
    identitySeed: seedOf('identity', index),
    nextIdentityPublicKey: publicKeyOfSeed(seedOf('next', index)),
    operationalPublicKey: publicKeyOfSeed(seedOf('operational', index)),
    notBefore: time(now - DAY_MS),
    notAfter: time(now + 30 * DAY_MS),
  });
  return { ...made, operational: seedSigner(seedOf('operational', index)) };
}

function cardOf(agent: TestAgent, index: number, now: number, peerId: string): Envelope {
  const trade = TRADES[index % TRADES.length] as string;
  const draft: CardDraft = {
    ...DRAFT,
    name: `${trade} ${index}`,
    description: `Does the ${trade} work of desk ${index}, and signs for it.`,
    region: REGIONS[index % REGIONS.length] as string,
    tags: [trade, 'wasm'],
  };
  return signCard({
    draft,
    agent,
    operationalSigner: agent.operational,
    sequence: 1,
    previous: null,
    issuedAt: time(now - (index % 3_600) * 1_000),
    expiresAt: time(now + 7 * DAY_MS),
    endpoints: [{ protocol: '/zerostate/task/1', peer: peerId, addresses: ['/ip4/127.0.0.1/tcp/4001'] }],
    log: { origin: originOf(peerId), size: 0, root: toBase64(sha256(new Uint8Array())) },
  });
}

/** Publishes the agents and has them state things, all through `append`, which verifies and stores. Takes some 0.5 ms a statement. */
export async function fill(
  append: Append,
  peerId: string,
  now: number,
  { agents: count, statements }: Amounts,
): Promise<Made> {
  const agents = Array.from({ length: count }, (_, index) => agentOf(index, now));
  const cards = agents.map((agent, index) => cardOf(agent, index, now, peerId));
  await inParts(count, (index) => append(cards[index] as Envelope));
  const made = { receipts: 0, events: 0, revocations: 0 };
  await inParts(statements, (index) => {
    const agent = agents[(index * 7) % count] as TestAgent;
    const at = time(now - (statements - index) * 50);
    if (index % REVOCATION_EVERY === REVOCATION_EVERY - 1 && made.revocations < count / 10) {
      made.revocations += 1;
      const of = made.revocations * 9 - 1;
      return append(revocation(agents[of] as TestAgent, cards[of] as Envelope, at));
    }
    if (index % EVENT_EVERY === EVENT_EVERY - 1) {
      made.events += 1;
      return append(event(agent, agents[(index * 11 + 3) % count] as TestAgent, at));
    }
    made.receipts += 1;
    return append(receipt(agent, index, at));
  });
  return { ...made, agentIds: agents.map(({ agentId }) => agentId) };
}

async function inParts(count: number, one: (index: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, k) => one(from + k)));
}

function receipt(agent: TestAgent, index: number, issuedAt: string): Envelope {
  const digest = (what: string) => `sha256:${toHex(seedOf(what, index % 400))}`;
  return signReceipt({
    keychain: agent.keychain,
    signer: agent.operational,
    issuedAt,
    deterministic: {
      ...makeDeterministic({
        // What nobody else produced: a thing that thousands share is rare outside of tests.
        outputTreeDigest: `sha256:${toHex(seedOf('tree', index))}`,
        stdoutDigest: digest('output'),
        ...(index % 13 === 0 ? { status: 'OUT_OF_FUEL', exitCode: null } : {}),
      }),
      moduleDigest: digest('module'),
      // The same inputs with another result would be a proof against its agent.
      inputsDigest: `sha256:${toHex(seedOf('inputs', index))}`,
    },
    observed: { ...OBSERVED, taskId: `task-${index}` },
  });
}

function event(rater: TestAgent, about: TestAgent, issuedAt: string): Envelope {
  return signAgentStatement({
    predicateType: REPUTATION_EVENT_PREDICATE,
    predicate: {
      issuedAt,
      about: about.agentId,
      kind: 'relay-failed',
      value: -1,
      evidence: [],
      note: 'late',
    },
    keychain: rater.keychain,
    signer: rater.operational,
  });
}

function revocation(agent: TestAgent, card: Envelope, issuedAt: string): Envelope {
  return signRevocation({
    keychain: agent.keychain,
    signer: agent.operational,
    sequence: 1,
    previous: null,
    target: { kind: 'card', id: envelopeId(card), through: { epoch: 0, keySerial: 1, sequence: 1 } },
    reason: 'the key was lost',
    issuedAt,
  });
}
