// Puts the policy together, in two steps: the policy itself before the host, which asks it about connections; gates and verdicts once cards,
// revocations and reputation are there.

import {
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  LEDGER_POSTING_PREDICATE,
  QUARANTINE_ORDER_PREDICATE,
  QUARANTINE_RELEASE_PREDICATE,
  REVOCATION_PREDICATE,
} from '../../protocol/statement/index.ts';
import type { FallbackPolicy } from '../activation/index.ts';
import type { Core, Ground, Net } from '../context.ts';
import type { DiscoveryPolicy } from '../find/policy.ts';
import type { Service } from '../services.ts';
import { discoveryPolicy } from './discovery.ts';
import { PolicyEpochs } from './epochs.ts';
import { Gate } from './gate.ts';
import { NetworkPolicy } from './network-policy.ts';
import { Overrides } from './overrides.ts';
import { PolicyService } from './policy-service.ts';
import { Verdicts } from './verdicts.ts';

/**
 * What every node must see alike, whatever its policy: a revocation that somebody does not want to hear still holds, balances are a function of
 * all payments, and of quarantine each node judges itself whom it obeys.
 */
const SEEN_ALIKE: ReadonlySet<string> = new Set([
  REVOCATION_PREDICATE,
  QUARANTINE_ORDER_PREDICATE,
  QUARANTINE_RELEASE_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
  LEDGER_POSTING_PREDICATE,
]);

/** The policy, read from the disk. Throws POLICY_INVALID: a node whose policy cannot be asked does not start. */
export async function makePolicy(ground: Ground, goodPolicy?: FallbackPolicy) {
  const { config } = ground;
  const { signers, threshold } = config.policy;
  const policy = new PolicyService({ ...ground, signers: { keys: signers, threshold } });
  await policy.load(goodPolicy);
  const networkPolicy = new NetworkPolicy(policy, config);
  const ruling: Service[] = [{ name: 'policy', start: () => {}, stop: () => policy.stop() }];
  return { policy, networkPolicy, ruling };
}

/** What gates and verdicts stand on. */
export type GateParts = Ground &
  Pick<Net, 'peerId'> &
  Pick<
    Core,
    | 'directory'
    | 'ownLog'
    | 'reputation'
    | 'revocations'
    | 'router'
    | 'policy'
    | 'networkPolicy'
    | 'quarantines'
  >;

/** Gates and verdicts; the router asks from here on what is kept. */
export async function makeGates(parts: GateParts) {
  const { book, config, directory, networkPolicy, ownLog, peerId, policy, quarantines, router, vault } =
    parts;
  const { maxAgeSeconds, tiers } = config.policy;
  const isLocal = (agentId: string) => vault.has(agentId);
  const overrides = new Overrides({
    ...parts,
    network: config.network,
    policyId: () => policy.bundles.active.id,
  });
  await overrides.load();
  const ms = (seconds: number) => seconds * 1_000;
  const gate = new Gate({
    ...parts,
    overrides,
    maxAgeMs: {
      safe: ms(maxAgeSeconds.safe),
      risky: ms(maxAgeSeconds.risky),
      dangerous: ms(maxAgeSeconds.dangerous),
    },
  });
  const node = { ...config, peerId };
  const findMaxAgeMs = ms(config.find.revocationMaxAgeSeconds);
  const verdicts = new Verdicts({ policy, quarantines, gate, book, isLocal, tiers, node, findMaxAgeMs });
  networkPolicy.know(peerId, (id) => directory.get(id));
  router.accept = ({ issuer, predicateType }, { position }) =>
    position.origin === ownLog.origin ||
    SEEN_ALIKE.has(predicateType) ||
    verdicts.keeps(issuer, predicateType, position.origin);
  const epochs = new PolicyEpochs({ ...parts, bundles: policy.bundles });
  router.observe((statement) => epochs.offer(statement));
  const turning: Service[] = [
    { name: 'policy-epochs', start: () => epochs.start(), stop: () => epochs.stop() },
  ];
  const discovery: DiscoveryPolicy = discoveryPolicy({
    policy,
    gate,
    node,
    isLocal,
    maxAgeMs: findMaxAgeMs,
  });
  return { gate, overrides, verdicts, epochs, turning, discovery };
}
