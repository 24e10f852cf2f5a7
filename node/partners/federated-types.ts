// What a federated query answers: events, in the order in which things become known. Types only.

import type { Opened, Opening } from '../../protocol/partner/index.ts';
import type { Completeness, EndReason, VerifiedRow } from '../../protocol/provenance/index.ts';
import type { Verified } from '../../protocol/verified.ts';

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
