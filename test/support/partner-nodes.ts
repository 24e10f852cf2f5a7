// Organisations that are partners, for tests: real nodes over real TCP with an agent each.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerIdFromString } from '@libp2p/peer-id';
import type { RunningNode } from '../../node/index.ts';
import type { FederatedEvent, FederatedOptions } from '../../node/partners/index.ts';
import { type Envelope, seedSigner } from '../../protocol/envelope/index.ts';
import { OPEN_SCOPE, type PartnerBudget, type Scope } from '../../protocol/partner/index.ts';
import { type ProvenanceQuery, provenanceQuery } from '../../protocol/provenance/index.ts';
import { IMPORT_PREDICATE, signAgentStatement, signStatement } from '../../protocol/statement/index.ts';
import { seed } from './agents.ts';
import { eventually } from './cli.ts';
import { logSource } from './log-source.ts';
import { addressOf, type TestConfig, TestNodes } from './nodes.ts';

export const DIGEST = 'a'.repeat(64);
export const SLSA = 'https://slsa.dev/provenance/v1';
const SOON_MS = 60_000;
const DAY_MS = 86_400_000;

/** A node of an organisation and its agent. */
export interface Organisation {
  readonly name: string;
  readonly running: RunningNode;
  readonly agent: string;
}

/** Organisations of one test. */
export class PartnerNodes implements AsyncDisposable {
  readonly nodes = new TestNodes();

  /** Starts an organisation: a node with an agent, which answers from its logs. */
  async start(name: string, config: TestConfig = {}): Promise<Organisation> {
    const running = await this.nodes.start(name, config);
    const { node } = running;
    const [known] = node.vault.list();
    const made =
      known ??
      (await node.vault.create({
        notBefore: new Date(Date.now() - DAY_MS).toISOString(),
        notAfter: new Date(Date.now() + 30 * DAY_MS).toISOString(),
      }));
    node.partners.answerFrom(logSource(node.store));
    return { name, running, agent: made.agentId };
  }

  home(name: string): string {
    return this.nodes.home(name);
  }

  stop(name: string): Promise<void> {
    return this.nodes.stop(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodes[Symbol.asyncDispose]();
  }
}

/** One side adds the other. */
export function addPartner(
  from: Organisation,
  to: Organisation,
  given: { scope?: Scope; budget?: Partial<PartnerBudget> } = {},
) {
  return from.running.node.partners.add({
    agent: to.agent,
    name: to.name,
    addresses: [addressOf(to.running)],
    scope: given.scope ?? OPEN_SCOPE,
    ...(given.budget === undefined ? {} : { budget: given.budget }),
  });
}

/** Both add each other; answers when both have what was agreed in their books. */
export async function befriend(
  a: Organisation,
  b: Organisation,
  given: { scope?: Scope; budget?: Partial<PartnerBudget> } = {},
): Promise<void> {
  await addPartner(a, b, given);
  await addPartner(b, a, given);
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const)
    await eventually(`${one.name} and ${other.name} agree`, SOON_MS, async () => {
      const { given: mine, taken } = one.running.node.partners.book.get(other.agent);
      return mine.consent !== null && taken?.consent != null;
    });
}

/** Logs a statement about the digest; with `material`, that it was built from that. */
export async function publish(
  { running: { node }, agent }: Organisation,
  name: string,
  digest = DIGEST,
  material?: string,
) {
  const dependencies = material === undefined ? [] : [{ name: 'material', digest: { sha256: material } }];
  const { keychain, operationalSeed } = node.vault.get(agent);
  return await node.ownLog.append(
    signAgentStatement({
      predicateType: IMPORT_PREDICATE,
      predicate: {
        issuedAt: new Date().toISOString(),
        kind: 'spdx',
        predicateType: 'https://spdx.dev/Document',
        form: 'document',
        digest: `sha256:${digest}`,
        bytes: 9,
        envelope: null,
        verifiedBy: [],
        subjects: [{ name, digest: { sha256: digest } }],
        ...(material === undefined
          ? {}
          : { facts: { builder: null, dependencies, assessments: [], part: 0, parts: 1 } }),
      },
      keychain,
      signer: seedSigner(operationalSeed),
    }),
  );
}

/** Provenance as a build tool signs it. */
export function provenance(secret: string): Envelope {
  return signStatement({
    subject: [{ name: 'app', digest: { sha256: DIGEST } }],
    predicateType: SLSA,
    predicate: { builder: { id: 'https://ci.example' }, secret, materials: ['one', 'two'] },
    signer: seedSigner(seed(7)),
  });
}

/**
 * Asks everybody about the digest; answers every event. It waits for all, unless told: how long a node is patient with a partner follows from
 * what that partner's answers took before, and a machine that is held up would make any of them late.
 */
export async function ask(
  { running }: Organisation,
  options: FederatedOptions = {},
  query: Partial<ProvenanceQuery> = {},
  onEvent: (event: FederatedEvent) => void = () => {},
): Promise<FederatedEvent[]> {
  const events: FederatedEvent[] = [];
  const question = provenanceQuery({ start: [`sha256:${DIGEST}`], ...query });
  for await (const event of running.node.partners.federation.query(question, {
    waitForAll: true,
    ...options,
  })) {
    onEvent(event);
    events.push(event);
  }
  return events;
}

/** Events of one kind. */
export function eventsOf<K extends FederatedEvent['kind']>(
  events: readonly FederatedEvent[],
  kind: K,
): Extract<FederatedEvent, { kind: K }>[] {
  return events.filter((event) => event.kind === kind) as Extract<FederatedEvent, { kind: K }>[];
}

/** The seed of a node's key, for liars who sign as it would. */
export function nodeSeed(home: string): Uint8Array {
  return new Uint8Array(Buffer.from(readFileSync(join(home, 'keys', 'node.key'), 'utf8').trim(), 'base64'));
}

/** Waits until one node holds the whole log of another. */
export async function replicated(from: Organisation, to: Organisation): Promise<void> {
  const { ownLog } = from.running.node;
  await eventually(`${to.name} holds the log of ${from.name}`, SOON_MS, async () => {
    const { store, sync } = to.running.node;
    if (store.state(ownLog.origin).size >= ownLog.state().size) return true;
    await sync.syncWith(peerIdFromString(from.running.node.peerId));
    return false;
  });
}
