// What happens on a node, told to whoever watches (the event stream of the API). Watchers never slow the node down.

/** Kinds of events; data is the JSON view of the thing. */
export type EventKind =
  | 'card'
  | 'receipt'
  | 'revocation'
  | 'head'
  | 'peer'
  | 'task'
  | 'guild'
  | 'channel'
  | 'artifact';

export interface NodeEvent {
  readonly kind: EventKind;
  readonly data: unknown;
}

type Watcher = (event: NodeEvent) => void;

/** A small, synchronous event bus. */
export class Events {
  readonly #watchers = new Set<Watcher>();

  /** Tells every watcher. `view` is only made when somebody watches. */
  emit(kind: EventKind, view: () => unknown): void {
    if (this.#watchers.size === 0) return;
    const event = { kind, data: view() };
    for (const watcher of this.#watchers) watcher(event);
  }

  /** Adds a watcher; answers a function that removes it. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
