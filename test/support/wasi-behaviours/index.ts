// All behaviours, and our host as one that can be tried. Must not: know another host.

import { Buffer } from 'node:buffer';
import { ExitEnd } from '../../../wasm-runner/wasi/ends.ts';
import { Guest } from '../wasi-guest.ts';
import type { Behaviour, Subject } from './behaviour.ts';
import { directoryBehaviours } from './directories.ts';
import { fileBehaviours } from './files.ts';
import { nameBehaviours } from './names.ts';
import { processBehaviours } from './process.ts';
import { streamBehaviours } from './streams.ts';

export type { Behaviour, BehaviourWorld, Subject } from './behaviour.ts';

export const BEHAVIOURS: readonly Behaviour[] = [
  ...processBehaviours,
  ...streamBehaviours,
  ...fileBehaviours,
  ...directoryBehaviours,
  ...nameBehaviours,
];

/** Our host, started as a behaviour asks. */
export function ourSubject({ world = {} }: Behaviour): Subject {
  const guest = new Guest({
    args: world.args ?? [],
    env: world.env ?? {},
    stdin: Buffer.from(world.stdin ?? ''),
    clockOriginNs: 1_704_067_200_000_000_000n,
  });
  return {
    wasi: guest,
    printed: () => Buffer.from(guest.host.stdout.content()).toString(),
    exit(code) {
      try {
        guest.call('proc_exit', code);
        return null;
      } catch (error) {
        if (error instanceof ExitEnd) return error.exitCode;
        throw error;
      }
    },
  };
}
