// Which numbers of each issuer are known: holes tell of orders that are not here, doubles of a key in two hands. Pure.

import type { AgentId } from '../identity/index.ts';
import { ISSUERS_MAX, SEQUENCES_MAX } from './limits.ts';

interface Line {
  /** Number to statement id. */
  readonly numbers: Map<number, string>;
  isForked: boolean;
  isTrusted: boolean;
}

/** The numbers of every issuer. */
export class IssuerSequences {
  readonly #lines = new Map<AgentId, Line>();

  note(issuer: AgentId, sequence: number, id: string, isTrusted: boolean): void {
    const line = this.#lines.get(issuer) ?? {
      numbers: new Map<number, string>(),
      isForked: false,
      isTrusted,
    };
    line.isTrusted ||= isTrusted;
    const twin = line.numbers.get(sequence);
    if (twin !== undefined && twin !== id) line.isForked = true;
    if (twin === undefined && line.numbers.size < SEQUENCES_MAX) line.numbers.set(sequence, id);
    this.#lines.set(issuer, line);
    if (this.#lines.size <= ISSUERS_MAX) return;
    for (const [other, { isTrusted: stays }] of this.#lines)
      if (!stays || this.#lines.size > 2 * ISSUERS_MAX) {
        this.#lines.delete(other);
        return;
      }
  }

  /** Numbers up to this one that are not known. */
  missing(issuer: AgentId, upTo: number): number {
    const known = [...(this.#lines.get(issuer)?.numbers.keys() ?? [])].filter((number) => number <= upTo);
    return upTo - known.length;
  }

  forked(): AgentId[] {
    return [...this.#lines].filter(([, { isForked }]) => isForked).map(([issuer]) => issuer);
  }
}
