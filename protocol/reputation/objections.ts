// Who disputes or takes back which event. Whether somebody does is asked by name, so that a crowd of strangers who object as well cannot
// crowd out the few whose word counts.

import { RecentMap } from '../bounded/index.ts';
import { EVENTS_PER_PAIR_MAX, STATEMENTS_MAX } from './limits.ts';

/** A statement of somebody that an event was wrong, or that it is disputed. */
export interface Objection {
  readonly id: string;
  readonly issuer: string;
}

/** Objections of one kind. */
export class Objections {
  readonly #said = new RecentMap<string, Objection>(STATEMENTS_MAX);
  readonly #shown = new RecentMap<string, Objection[]>(STATEMENTS_MAX);

  add(eventId: string, objection: Objection): void {
    const key = `${eventId} ${objection.issuer}`;
    const known = this.#said.get(key);
    // Said twice: the smaller id stands for both, in whatever order they came.
    if (known !== undefined && known.id <= objection.id) return;
    this.#said.set(key, objection);
    const others = (this.#shown.get(eventId) ?? []).filter(({ issuer }) => issuer !== objection.issuer);
    const list = [...others, objection].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#shown.set(eventId, list.slice(0, EVENTS_PER_PAIR_MAX));
  }

  /** True when anybody objects: what is said of an event is shown at least as long. */
  any(eventId: string): boolean {
    return this.#shown.has(eventId);
  }

  /** True when this agent objects. */
  by(eventId: string, issuer: string): boolean {
    return this.#said.has(`${eventId} ${issuer}`);
  }

  /** Some of those who object, for people. */
  list(eventId: string): readonly Objection[] {
    return this.#shown.get(eventId) ?? [];
  }
}
