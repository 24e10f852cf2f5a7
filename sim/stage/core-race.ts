// The race of the paths of one new link over a stage, told again from node/routing/path-race.ts.

import type { CoreNode, CoreWorld } from './core-world.ts';

/** Milliseconds in which further paths are begun for a link, as there. */
const SETUP_MS_MAX = 10_000;
/** Paths that are tried for one link, as in `path-race.ts`. */
const PATHS_TRIED_MAX = 3;
/** A path that is sealed. */
export interface Sealed {
  readonly relays: readonly number[];
  readonly tookMs: number;
}

/** Relays that a path shall not begin with, and shall not go through. */
export interface Around {
  readonly first: readonly number[];
  readonly anywhere: readonly number[];
}

/** Told of a path while it is opened. */
export interface Watch {
  mayTry?(relay: number): boolean;
  opened?(relays: readonly number[]): void;
  /** It was opened, and carried nothing. */
  silent?(relays: readonly number[]): void;
}

/** Opens and seals one path; undefined when it comes to nothing. */
export type Attempt = (around: Around, impatient: boolean, watch?: Watch) => Promise<Sealed | undefined>;

/** The first path that is sealed; undefined when none is. */
export function firstSealed(world: CoreWorld, caller: CoreNode, open: Attempt): Promise<Sealed | undefined> {
  const { pace } = caller.policy;
  const broken: (readonly number[])[] = [];
  const running = new Set<{ path: readonly number[] }>();
  const deadline = world.now + SETUP_MS_MAX;
  let launched = 0;
  let isOver = false;
  return new Promise((resolve) => {
    const done = (path: Sealed | undefined) => {
      isOver = true;
      resolve(path);
    };
    const around = (): Around => {
      const paths = [...broken, ...[...running].map(({ path }) => path)];
      const first = paths.flatMap((path) => path.slice(0, 1));
      return { first, anywhere: launched === 1 ? [...new Set(paths.flat())] : [] };
    };
    const launch = (): void => {
      const goesRound = around();
      const own: { path: readonly number[] } = { path: [] };
      running.add(own);
      launched += 1;
      const at = launched;
      const began = world.now;
      let wasSilent = false;
      const watch: Watch = {
        mayTry(relay) {
          own.path = [relay];
          return !isOver;
        },
        opened(path) {
          own.path = path;
        },
        silent(path) {
          wasSilent = true;
          broken.push(path);
        },
      };
      void open(goesRound, at < PATHS_TRIED_MAX, watch).then((path) => {
        running.delete(own);
        if (path !== undefined) {
          pace?.took(world.now - began);
          if (!isOver) done(path);
          return;
        }
        if (isOver) return;
        const isMore = launched < PATHS_TRIED_MAX && world.now < deadline;
        if (wasSilent && isMore) launch();
        else if (running.size > 0) return;
        else if (broken.length > 0 && isMore && !wasSilent) launch();
        else if (broken.length === 0 || wasSilent) done(undefined);
        else void open({ first: [], anywhere: [] }, false).then(done);
      });
      if (pace !== undefined && launched < PATHS_TRIED_MAX)
        world.after(pace.lateMs, () => {
          if (!isOver && launched === at && pace.spend()) launch();
        });
    };
    launch();
  });
}
