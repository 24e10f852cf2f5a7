// Agents with fixed seeds for tests of the protocol. Nothing here is secret or random.

import { type CardDraft, signCard } from '../../protocol/card/index.ts';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { didKeyOf, type Envelope, type Signer, seedSigner } from '../../protocol/envelope/index.ts';
import { type AgentId, createAgentKeys, type Keychain } from '../../protocol/identity/index.ts';
import type { ReceiptDeterministic, ReceiptObserved } from '../../protocol/receipt/index.ts';
import type { ChannelTermsJson } from '../../protocol/statement/index.ts';

export const NOT_BEFORE = '2026-01-01T00:00:00Z';
export const NOT_AFTER = '2026-12-31T00:00:00Z';
export const VALIDITY = { notBefore: NOT_BEFORE, notAfter: NOT_AFTER };

/** A 32-byte seed of one repeated byte. */
export function seed(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

export function publicKey(byte: number): Uint8Array {
  return publicKeyOfSeed(seed(byte));
}

export interface TestAgent {
  readonly agentId: AgentId;
  readonly keychain: Keychain;
  readonly operational: Signer;
}

/** Identity seed n, promised seed n + 1, operational seed n + 2. */
export function makeAgent(n: number): TestAgent {
  const made = createAgentKeys({
    identitySeed: seed(n),
    nextIdentityPublicKey: publicKey(n + 1),
    operationalPublicKey: publicKey(n + 2),
    ...VALIDITY,
  });
  return { ...made, operational: seedSigner(seed(n + 2)) };
}

export const DRAFT: CardDraft = {
  name: 'Word counter',
  description: 'Counts words, lines and characters of plain text.',
  region: 'eu-west',
  operator: 'Example Operators',
  capabilities: [
    { name: 'count-words', description: 'Counts the words of a text.', tags: ['text', 'count'] },
  ],
  tags: ['wasm', 'text'],
  languages: ['en'],
  prices: [{ unit: 'request', amount: '1500', currency: 'EUR' }],
  sla: 'standard',
};

export const PEER = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN';

/** A card of the agent, valid for a day from `issuedAt`. */
export function makeCard(
  agent: Pick<TestAgent, 'keychain' | 'operational'>,
  changes: Partial<Parameters<typeof signCard>[0]> = {},
): Envelope {
  return signCard({
    draft: DRAFT,
    agent,
    operationalSigner: agent.operational,
    sequence: 1,
    previous: null,
    issuedAt: '2026-03-01T00:00:00Z',
    expiresAt: '2026-03-02T00:00:00Z',
    endpoints: [{ protocol: '/zerostate/task/1', peer: PEER, addresses: ['/ip4/127.0.0.1/tcp/4001'] }],
    log: null,
    ...changes,
  });
}

/** For assert.throws: an error with this code. */
export function refused(code: string): (error: unknown) => boolean {
  return (error) => (error as { code?: string }).code === code;
}

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

/** The deterministic part of a receipt, with changes to its result. */
export function makeDeterministic(
  result: Partial<ReceiptDeterministic['result']> = {},
): ReceiptDeterministic {
  return {
    moduleDigest: digest('1'),
    inputsDigest: digest('2'),
    argsDigest: digest('3'),
    envDigest: digest('4'),
    stdinDigest: digest('5'),
    scheduleId: 'schedule-1',
    rewriter: 'rewriter-1',
    abi: 'wasi-preview1/1',
    limits: { fuel: '1000000', memoryBytes: 1_048_576, stackBytes: 65_536, outputBytes: 65_536 },
    seed: '0'.repeat(64),
    clock: { origin: '0', step: '1000000' },
    result: {
      status: 'OK',
      exitCode: 0,
      trap: null,
      fuel: '4242',
      stdoutDigest: digest('6'),
      stderrDigest: digest('7'),
      outputTreeDigest: digest('8'),
      ...result,
    },
  };
}

export const OBSERVED: ReceiptObserved = {
  taskId: 'task-1',
  manifestDigest: digest('9'),
  requester: null,
  executor: PEER,
  origin: `zerostate.dev/log/${PEER}`,
  startedAt: '2026-03-01T00:00:00Z',
  wallMs: 12,
};

/** Terms of a channel between two made-up keys. */
export function makeTerms(changes: Partial<ChannelTermsJson> & { payee: AgentId }): ChannelTermsJson {
  return {
    currency: 'ZST',
    escrow: '1000',
    deposit: '100',
    step: '50',
    penalty: '100',
    disputeSeconds: 60,
    payerKey: didKeyOf(publicKey(12)),
    payeeKey: didKeyOf(publicKey(42)),
    nonce: '0'.repeat(32),
    ...changes,
  };
}
