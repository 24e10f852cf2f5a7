// The predicates of quarantine: an order to keep things apart, and the release of one.

import type { AgentId } from '../../identity/index.ts';
import type { Authored } from './types.ts';

export const QUARANTINE_ORDER_PREDICATE = 'https://zerostate.dev/predicates/quarantine-order/v1';
export const QUARANTINE_RELEASE_PREDICATE = 'https://zerostate.dev/predicates/quarantine-release/v1';

/** agent: one agent. peer: a node, and the agents that live on it. module: code, wherever it runs. partner: an organisation, its nodes and agents. */
export const QUARANTINE_KINDS = ['agent', 'peer', 'module', 'partner'] as const;
export type QuarantineKind = (typeof QUARANTINE_KINDS)[number];

/** Agents and partners are agent ids, peers are peer ids, modules are content ids. */
export type QuarantineTarget = { kind: QuarantineKind; id: string };

/** Whoever obeys the issuer keeps these things apart until the order ends or is released. */
export type QuarantineOrderPredicate = Authored & {
  /** 1, 2, 3 … per issuer, over its orders and releases. */
  sequence: number;
  targets: QuarantineTarget[];
  /** Regions whose nodes are to obey; empty: all. */
  regions: string[];
  expiresAt: string;
  reason: string;
  /** Statement ids that bear it out. */
  evidence: string[];
  /** Whose releases end it before its time, and how many of them it takes. */
  release: { by: AgentId[]; threshold: number };
};

/** One of those named by an order says that its reason is gone. */
export type QuarantineReleasePredicate = Authored & {
  sequence: number;
  /** Statement id of the order. */
  order: string;
  reason: string;
  /** Statement ids that prove it; at least one, and never the order itself. */
  evidence: string[];
};
