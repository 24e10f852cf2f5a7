// What happens on a node, told to whoever watches (the event stream of the API). Watchers never slow the node down.

/** Kinds of events; data is the JSON view of the thing. */
export type EventKind =
  | 'card'
  | 'receipt'
  | 'revocation'
  | 'quarantine'
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
  readonly #watchers = new Set<{ readonly tell: Watcher; readonly kind: EventKind | undefined }>();

  /** Tells every watcher of this kind. `view` is only made when somebody watches. */
  emit(kind: EventKind, view: () => unknown): void {
    let event: NodeEvent | undefined;
    for (const watcher of this.#watchers)
      if (watcher.kind === undefined || watcher.kind === kind) {
        event ??= { kind, data: view() };
        watcher.tell(event);
      }
  }

  /** Adds a watcher, of one kind or of all; answers a function that removes it. */
  watch(tell: Watcher, kind?: EventKind): () => void {
    const watcher = { tell, kind };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
