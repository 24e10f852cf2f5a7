// Fields of the cards of a log, without vectors: what an index keeps in memory when another engine searches. No files.

import type { CardKeeper } from '../compaction.ts';
import { REPUTATION_UNKNOWN } from '../limits.ts';
import type { CardFields } from '../store/record.ts';

interface Shelved {
  readonly fields: CardFields;
  readonly offset: number;
  reputation: number;
}

const NO_WORDS: readonly string[] = [];

export class CardShelf implements CardKeeper {
  readonly #cards = new Map<string, Shelved>();
  /** Records of the log that no card stands for any more. */
  #dead = 0;

  get cards(): number {
    return this.#cards.size;
  }

  get dead(): number {
    return this.#dead;
  }

  agentIds(): IterableIterator<string> {
    return this.#cards.keys();
  }

  find(agentId: string): Readonly<Shelved> | undefined {
    return this.#cards.get(agentId);
  }

  /** Adds a card, or replaces the one of its agent. The vector stays in the log. */
  put(fields: CardFields, _vector: Float32Array, offset: number, reputation?: number): void {
    const known = this.#cards.get(fields.agentId);
    if (known !== undefined) this.#dead++;
    this.#cards.set(fields.agentId, {
      fields: { ...fields, words: NO_WORDS },
      offset,
      reputation: reputation ?? known?.reputation ?? REPUTATION_UNKNOWN,
    });
  }

  remove(agentId: string): void {
    if (this.#cards.delete(agentId)) this.#dead++;
  }

  reputation(agentId: string): number | undefined {
    return this.#cards.get(agentId)?.reputation;
  }

  /** False when the agent has no card here, or had this reputation before. */
  setReputation(agentId: string, value: number): boolean {
    const card = this.#cards.get(agentId);
    if (card === undefined || card.reputation === value) return false;
    card.reputation = value;
    return true;
  }

  /** Cards past their expiry at a time. */
  expired(now: number): number {
    let count = 0;
    for (const { fields } of this.#cards.values()) if (fields.expiresAtMs <= now) count++;
    return count;
  }

  async retire(): Promise<void> {}
}
