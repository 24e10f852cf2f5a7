// What must never happen at real nodes, looked at with every sample and at the end: something acknowledged is gone, a card that nobody wrote is
// believed, a node goes back in a log. The first failure of each stays. Reads what nodes hold and changes nothing.

import { equalBytes } from '../../protocol/bytes/index.ts';
import type { CheckResult } from '../scenario/index.ts';
import type { Fleet } from './fleet.ts';
import { forkedLogs, unwritten } from './lies.ts';

/** A card or revocation that its publisher was told is safe. */
export interface Acknowledged {
  readonly id: string;
  readonly node: number;
}

/** How far a node held a log when it was looked at last. */
interface Held {
  readonly size: number;
  readonly root: Uint8Array;
}

interface Look {
  readonly looked: number;
  /** What is wrong; empty when nothing is. */
  readonly detail: string;
}

export class Safety {
  readonly #fleet: Fleet;
  readonly #acknowledged: readonly Acknowledged[];
  readonly #failures: readonly string[];
  /** By node and origin. No more than the nodes hold themselves. */
  readonly #held = new Map<string, Held>();
  readonly #results = new Map<string, CheckResult>();

  /** `acknowledged` and `failures` (what publishing refused) grow while the run goes on. */
  constructor(fleet: Fleet, acknowledged: readonly Acknowledged[], failures: readonly string[]) {
    this.#fleet = fleet;
    this.#acknowledged = acknowledged;
    this.#failures = failures;
  }

  /** Looks at everything once, at a second of the scenario; answers what has come of all looks so far. */
  look(at: number): CheckResult[] {
    this.#note('acknowledged-kept', at, this.#acknowledgedKept());
    this.#note('no-false-accept', at, unwritten(this.#fleet));
    this.#note('monotonic-heads', at, this.#monotonicHeads());
    return [...this.#results.values()];
  }

  #note(name: string, at: number, { detail, looked }: Look): void {
    const before = this.#results.get(name);
    if (before?.ok === false) return;
    const ok = detail === '';
    this.#results.set(name, { name, kind: 'safety', ok, looked, detail, at: ok ? -1 : at });
  }

  #acknowledgedKept(): Look {
    const { nodes } = this.#fleet;
    const lost = this.#acknowledged.find(
      ({ id, node }) => this.#fleet.isHere(node) && nodes[node]!.book.get(id as never) === undefined,
    );
    const gone = lost === undefined ? '' : `${lost.id} is gone from node ${lost.node}`;
    return { looked: this.#acknowledged.length, detail: this.#failures[0] ?? gone };
  }

  #monotonicHeads(): Look {
    const forked = forkedLogs(this.#fleet);
    let detail = '';
    for (const [n, { store }] of this.#fleet.nodes.entries()) {
      if (!this.#fleet.isHere(n) || !this.#fleet.cast.isHonest(n)) continue;
      for (const { origin, root, size } of store.states()) {
        if (forked.has(origin)) continue;
        const key = `${n} ${origin}`;
        const before = this.#held.get(key);
        if (before !== undefined && size < before.size)
          detail ||= `node ${n} went back in the log ${origin} from ${before.size} to ${size}`;
        else if (before !== undefined && size === before.size && !equalBytes(root, before.root))
          detail ||= `node ${n} has another history of the log ${origin}`;
        this.#held.set(key, { size, root });
      }
    }
    return { looked: this.#held.size, detail };
  }
}
