// Where a node keeps its things, and how a command finds the node it talks to.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type RunFile, readRunFile } from '../run-file.ts';

const FOLDER = '.zerostate';
/** The devnet node that commands talk to when none is named. */
const DEVNET_DEFAULT = 'edge-1';

/** Flags that every command of a running node has. */
export interface TargetFlags {
  home?: string;
  node?: string;
  api?: string;
  tokenFile?: string;
}

/** --home, else ZEROSTATE_HOME, else the nearest .zerostate from here upwards, else ~/.zerostate. */
export function resolveHome(
  flag: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  cwd: string = process.cwd(),
): string {
  if (flag !== undefined) return resolve(flag);
  if (env.ZEROSTATE_HOME) return resolve(env.ZEROSTATE_HOME);
  for (let at = cwd; ; at = dirname(at)) {
    const candidate = join(at, FOLDER);
    if (existsSync(candidate)) return candidate;
    if (dirname(at) === at) return join(homedir(), FOLDER);
  }
}

/** Where the API of the meant node is, and the token for it. */
export interface Target {
  readonly api: string;
  readonly token: string;
  /** Its home folder, where it is on this machine. */
  readonly home?: string;
}

/** Finds the node that a command means. Throws NODE_UNREACHABLE or USAGE with what to do. */
export async function resolveTarget(
  flags: TargetFlags,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Target> {
  const api = flags.api ?? env.ZEROSTATE_API;
  if (api !== undefined) {
    const token =
      env.ZEROSTATE_TOKEN ??
      (flags.tokenFile === undefined ? undefined : await readTokenFile(flags.tokenFile));
    if (token === undefined) throw new ZeroError('USAGE', '--api needs --token-file or ZEROSTATE_TOKEN');
    // What stands before an @ or behind a ? may be a secret: it is not said again, and no token travels that way.
    if (/[@?#]/.test(api))
      throw new ZeroError('USAGE', 'the address of an API holds a name, a password or a query', {
        hint: 'Give the address alone, such as http://127.0.0.1:7480, and the token by --token-file or ZEROSTATE_TOKEN.',
      });
    if (!/^https?:/.test(api) || !URL.canParse(api))
      throw new ZeroError('USAGE', `${api} is not the address of an API`, {
        hint: 'It is what "zerostate up" prints, such as http://127.0.0.1:7480',
      });
    return { api: api.replace(/\/$/, ''), token };
  }
  const home = resolveHome(flags.home, env);
  for (const place of placesOf(flags, home)) {
    const run = await readRunFile(place);
    if (run !== undefined) return { api: run.api, token: await readToken(place, run), home: place };
  }
  throw new ZeroError(
    'NODE_UNREACHABLE',
    flags.node === undefined
      ? `no node runs with its data in ${home}`
      : `no node named ${flags.node} runs below ${home}`,
  );
}

/** Folders in which the meant node may live, the likeliest first. */
function placesOf(flags: TargetFlags, home: string): string[] {
  return flags.node === undefined
    ? [home, join(home, 'devnet', DEVNET_DEFAULT)]
    : [join(home, 'devnet', flags.node), join(home, flags.node)];
}

/** The home folder of the node that a command means: of the one that runs, else where it would be. */
export async function homeOf(flags: TargetFlags, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const home = resolveHome(flags.home, env);
  const places = placesOf(flags, home);
  for (const place of places) if ((await readRunFile(place)) !== undefined) return place;
  return places.find((place) => existsSync(place)) ?? (places[0] as string);
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new ZeroError('USAGE', `cannot read the token file ${path}`, {
      cause,
      hint: 'It is the file "api-token" in the home folder of the node.',
    });
  }
}

async function readToken(home: string, run: RunFile): Promise<string> {
  try {
    return (await readFile(join(home, run.tokenFile), 'utf8')).trim();
  } catch (cause) {
    throw new ZeroError('UNAUTHORIZED', `cannot read the API token below ${home}`, { cause });
  }
}
