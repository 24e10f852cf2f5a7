// Remembers how starts of a node ended, and the last configuration that worked, in its home folder.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type Config, completeConfig } from '../config/index.ts';
import { writeSecretFile } from '../keys/key-file.ts';
import {
  type ActivationRecord,
  decideStart,
  endWell,
  type FallbackPolicy,
  fallbackPolicy,
  type GoodEnd,
  LOOP_MS,
  NOTHING,
  REMEMBERED_MAX,
  STARTS_MAX,
  withdrawStart,
} from './decide.ts';

const RECORD_FILE = 'activation.json';
/** The last configuration that worked, in the home folder. */
export const GOOD_FILE = 'config.good.json';

/** One start. */
export interface Activation {
  /** What to start with. */
  readonly config: Config;
  /** Why that is not what was given; undefined when it is. */
  readonly fellBack: string | undefined;
  /** The last policy that worked, when starts under the one in force have failed: to start under instead. */
  readonly policy: FallbackPolicy | undefined;
  /** The node was ready for a while: this configuration, and this policy, are the last good ones from now on. Throws STORAGE_FAILED. */
  worked(end?: GoodEnd): Promise<void>;
  /** The node was stopped by who started it: that is no failure. Throws STORAGE_FAILED. */
  stopped(end?: GoodEnd): Promise<void>;
  /** There was no start, as another process runs the node of this folder: nothing of it is remembered. Throws STORAGE_FAILED. */
  withdrawn(): Promise<void>;
}

/**
 * Begins a start: it is on disk before anything else happens. Given is a configuration, or why it cannot be read: who supervises a node starts
 * it again with a typing error as well. Throws STORAGE_FAILED, and that error where nothing that worked takes over.
 */
export async function activate(home: string, given: Config | ZeroError, now: number): Promise<Activation> {
  const digest = digestOf(given);
  const before = await readRecord(home);
  const decided = decideStart(before, digest, now);
  await writeRecord(home, decided.record);
  const good = decided.use === 'good' ? await readGood(home, before.good) : undefined;
  const config = good ?? given;
  if (config instanceof ZeroError) throw config;
  const used = good === undefined ? digest : (before.good as string);
  const end = async (worked: boolean, how?: GoodEnd): Promise<void> => {
    if (worked && good === undefined)
      await writeSecretFile(join(home, GOOD_FILE), `${JSON.stringify(given)}\n`);
    await writeRecord(home, endWell(await readRecord(home), used, worked, how));
  };
  return {
    config,
    fellBack:
      good === undefined
        ? undefined
        : `the configuration ${given instanceof ZeroError ? `could not be read at ${STARTS_MAX} starts (${given.message})` : `ended ${STARTS_MAX} starts early`}, so the last one that worked, ${GOOD_FILE}, is in use; mend the file and restart, which tries it again`,
    policy: fallbackPolicy(before, decided.policy),
    worked: (how) => end(true, how),
    stopped: (how) => end(false, how),
    withdrawn: async () => await writeRecord(home, withdrawStart(await readRecord(home), used, now)),
  };
}

/** Starts with this configuration that came to no good end lately, as the home folder remembers them; and whether another one is known that worked. */
export async function failedStarts(
  home: string,
  given: Config,
  now: number,
): Promise<{ readonly count: number; readonly hasGood: boolean }> {
  const { good, starts } = await readRecord(home);
  const digest = digestOf(given);
  const count = starts.filter(({ at, config }) => config === digest && now - at < LOOP_MS).length;
  return { count, hasGood: good !== null && good !== digest };
}

/** Of what cannot be read, the reason stands for it: another mistake is another configuration. */
function digestOf(config: Config | ZeroError): string {
  const text = config instanceof ZeroError ? config.message : JSON.stringify(config);
  return createHash('sha256').update(text).digest('hex');
}

/** What is remembered; nothing, where it cannot be read: a node must not fail for it. */
async function readRecord(home: string): Promise<ActivationRecord> {
  try {
    const { good, policy, refused, starts } = JSON.parse(
      await readFile(join(home, RECORD_FILE), 'utf8'),
    ) as ActivationRecord;
    const sound = (Array.isArray(starts) ? starts : []).filter(
      (start) => Number.isSafeInteger(start?.at) && typeof start.config === 'string',
    );
    return {
      starts: sound.slice(-REMEMBERED_MAX),
      good: typeof good === 'string' ? good : null,
      policy: typeof policy === 'string' ? policy : null,
      refused: typeof refused === 'string' ? refused : null,
    };
  } catch {
    return NOTHING;
  }
}

async function writeRecord(home: string, record: ActivationRecord): Promise<void> {
  await writeSecretFile(join(home, RECORD_FILE), `${JSON.stringify(record)}\n`);
}

/** The last good configuration; undefined when it is not there or not the one that is remembered. */
async function readGood(home: string, digest: string | null): Promise<Config | undefined> {
  try {
    const config = completeConfig(JSON.parse(await readFile(join(home, GOOD_FILE), 'utf8')) as never);
    return digestOf(config) === digest ? config : undefined;
  } catch {
    return undefined;
  }
}
