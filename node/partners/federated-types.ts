// What a federated query is given, and what it answers: events, in the order in which things become known. Types only.

import type { Opened, Opening } from '../../protocol/partner/index.ts';
import type { Completeness, EndReason, VerifiedRow } from '../../protocol/provenance/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { ProvenanceSource } from '../provenance/ports.ts';
import type { AskPartnerDeps } from './ask-partner.ts';
import type { Judge } from './judge.ts';
import type { Openings } from './openings.ts';
import type { Partner } from './partner-book.ts';
import type { SealedStore } from './sealed-store.ts';

/** Who an event is from: this node's own graph, or a partner by its agent id. */
export type From = string;
export const LOCAL: From = 'local';

/** How a partner's part ended. `partial`: it says itself that there is more. `late`: nobody waited longer. */
export type PartnerState =
  | 'complete'
  | 'partial'
  | 'late'
  | 'unreachable'
  | 'refused'
  | 'invalid'
  | 'stale'
  | 'lied';

export type FederatedEvent =
  /** A statement that was not there yet. */
  | { readonly kind: 'row'; readonly from: From; readonly checked: Verified<VerifiedRow> }
  /** A statement that was there already, from somebody else or from another log. */
  | {
      readonly kind: 'also';
      readonly from: From;
      readonly statementId: string;
      readonly origin: string;
      readonly index: number;
    }
  /** What a sealed statement among the rows says. */
  | {
      readonly kind: 'opening';
      readonly from: From;
      readonly statementId: string;
      readonly opening: Opening;
      readonly opened: Verified<Opened>;
    }
  | {
      readonly kind: 'partner';
      readonly agent: string;
      readonly name: string;
      readonly state: PartnerState;
      /** One sentence; empty where the state says all. */
      readonly detail: string;
      readonly reasons: readonly EndReason[];
      /** Of the logs of which the partner proved it. */
      readonly completeness: readonly Completeness[];
      readonly rows: number;
      readonly ms: number;
    }
  | {
      readonly kind: 'end';
      /** True when every partner gave a whole answer and nothing was cut. */
      readonly isComplete: boolean;
      /** Partners whose answer is not in it, or not whole. */
      readonly missing: readonly {
        readonly agent: string;
        readonly name: string;
        readonly state: PartnerState;
      }[];
      /** Why the own part is not whole. */
      readonly reasons: readonly EndReason[];
      readonly rows: number;
      readonly ms: number;
    };

export type PartnerEvent = Extract<FederatedEvent, { kind: 'partner' }>;

export interface FederationDeps extends AskPartnerDeps {
  readonly source: ProvenanceSource;
  readonly sealed: SealedStore;
  readonly judge: Judge;
  readonly openings: Pick<Openings, 'held'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Told of a partner whose log has grown beyond what is held here. */
  readonly onBehind: (partner: Partner) => void;
  /** 0 to 1; chooses whom to try out. */
  readonly random?: () => number;
}

export interface FederatedOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds after which the answer ends, whoever is missing. */
  readonly deadlineMs?: number;
  /** Partners asked at most. */
  readonly fanOut?: number;
  /** Only these partners; all when it is left out. */
  readonly partners?: readonly string[];
  /** Share of questions, 0 to 1, in which one partner is asked for what it holds of the logs of the others too. */
  readonly audit?: number;
  /** Wait for every partner until the deadline, also for those that have not answered lately. */
  readonly waitForAll?: boolean;
}
