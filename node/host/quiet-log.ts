// The log of the host's library, off. The library makes a log for every stream, and to make one asks the system whether it writes to a
// terminal; it then words what it would say, though nobody listens.

import type { ComponentLogger, Logger } from '@libp2p/interface';

const quiet: Logger = Object.assign(() => {}, {
  enabled: false,
  error: () => {},
  trace: () => {},
  newScope: () => quiet,
});

/** Says nothing. */
export const quietLog: ComponentLogger = { forComponent: () => quiet };
