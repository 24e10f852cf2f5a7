// Who disputes or takes back which event. Whether somebody does is asked by name, so that a crowd of strangers who object as well cannot
// crowd out the few whose word counts.

import { EVENTS_PER_PAIR_MAX, STATEMENTS_MAX } from './limits.ts';

/** A statement of somebody that an event was wrong, or that it is disputed. */
export interface Objection {
  readonly id: string;
  readonly issuer: string;
}

/** Keeps the newest of a map, bounded. */
export function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > STATEMENTS_MAX) map.delete(map.keys().next().value as string);
}

/** Objections of one kind. */
export class Objections {
  readonly #said = new Map<string, Objection>();
  readonly #shown = new Map<string, Objection[]>();

  add(eventId: string, objection: Objection): void {
    const key = `${eventId} ${objection.issuer}`;
    const known = this.#said.get(key);
    // Said twice: the smaller id stands for both, in whatever order they came.
    if (known !== undefined && known.id <= objection.id) return;
    remember(this.#said, key, objection);
    const others = (this.#shown.get(eventId) ?? []).filter(({ issuer }) => issuer !== objection.issuer);
    const list = [...others, objection].sort((a, b) => (a.id < b.id ? -1 : 1));
    remember(this.#shown, eventId, list.slice(0, EVENTS_PER_PAIR_MAX));
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
