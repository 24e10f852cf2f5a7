// Counts what the process has asked of its thread pool (files, LevelDB) and not yet been told. Virtual time may not move on while
// something is under way. With a pool of one thread the answers also come in the order of the questions. Signatures are not counted:
// those that are made at once look the same from here, so globals.ts makes all of them at once.

import { createHook } from 'node:async_hooks';

/** Kinds of requests that are answered once. Handles, timers and sockets are none. */
const ASKED = /^(?:FSREQ|FILEHANDLECLOSEREQ|classic_level\.|ZLIB|GETADDRINFO|GETNAMEINFO)/;

/** What says nothing of a run: how often the loop turned while the disk was at work, and what ran in between. */
const TURNS = /^(?:Immediate|TickObject|Microtask)$/;

/** How much native work is under way. */
export interface NativeWork {
  readonly pending: number;
  /** Told of everything asynchronous that begins and ends, for a journal. */
  listener?: ((what: string) => void) | undefined;
}

/** Begins to count, for the life of the process. */
export function watchNativeWork(): NativeWork {
  const asked = new Set<number>();
  const isAnswered = (id: number): void => {
    if (asked.delete(id)) native.listener?.('answered');
  };
  createHook({
    init(id, type) {
      if (ASKED.test(type)) asked.add(id);
      if (!TURNS.test(type)) native.listener?.(`begins ${type}`);
    },
    after: isAnswered,
    destroy: isAnswered,
    trackPromises: false,
  }).enable();
  const native: NativeWork = {
    get pending() {
      return asked.size;
    },
  };
  return native;
}
