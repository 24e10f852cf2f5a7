// Tells systemd that a node is up, that it still works, and that it stops. Elsewhere it does nothing. It runs systemd's own
// systemd-notify: Node has no datagram sockets of the file system.

import { execFile } from 'node:child_process';

/** A notification that takes longer is given up; the next one comes. */
const NOTIFY_MS_MAX = 5_000;
const MICROS = 1_000;

/** Whoever started the process and wants to know how it is. */
export interface Supervisor {
  /** Begins to report while `works` says so; a node that does not is killed by systemd after WatchdogSec. */
  ready(works: () => Promise<boolean>): void;
  stopping(): void;
}

function say(...words: string[]): void {
  // A missing program, or a refusal, is systemd's to complain about: it waits in vain and says so.
  execFile('systemd-notify', words, { timeout: NOTIFY_MS_MAX }, () => {});
}

/** The supervisor of this process, by the environment that systemd sets. */
export function supervisorOf(env: NodeJS.ProcessEnv = process.env): Supervisor {
  if (env.NOTIFY_SOCKET === undefined) return { ready: () => {}, stopping: () => {} };
  let timer: NodeJS.Timeout | undefined;
  return {
    ready(works) {
      say('--ready', '--status=the node is up');
      const everyMs = Math.floor(Number(env.WATCHDOG_USEC ?? 0) / MICROS / 2);
      if (!(everyMs > 0)) return;
      const beat = () => {
        works().then(
          (fine) => (fine ? say('WATCHDOG=1') : undefined),
          () => {},
        );
      };
      beat();
      timer = setInterval(beat, everyMs);
    },
    stopping() {
      clearInterval(timer);
      say('--stopping');
    },
  };
}
