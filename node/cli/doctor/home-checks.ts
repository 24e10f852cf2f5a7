// What can be seen of a node from its home folder, whether it runs or not: settings, keys, disk, program.

import { access, constants, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { failedStarts, LOOP_MS, STARTS_MAX } from '../../activation/index.ts';
import { type Config, completeConfig, readConfigFile, resolveConfig } from '../../config/index.ts';
import { readRunFile } from '../../run-file.ts';
import { DATA_FORM, formOfHome } from '../../upgrade/form.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Below this a node with a day's logs and artifacts can fill the disk. */
const FREE_BYTES_WANTED = 1024 ** 3;
/** Below this the database cannot compact, and the node becomes read-only. */
const FREE_BYTES_MIN = 128 * 1024 ** 2;
/** The Node that the protocol's crypto and type stripping need. */
const NODE_MAJOR = 26;
/** Key files that are looked at: as many agents as one node holds, two files each. */
const KEY_FILES_MAX = 2_002;
const OTHERS_MASK = 0o077;
/** Descriptors that a node takes at worst: `limits.md` has the sum. Without them the database cannot open its tables while the API is flooded. */
export const DESCRIPTORS_WANTED = 4_608;

/** The Node that runs this command. */
export function checkRuntime(version: string = process.versions.node): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= NODE_MAJOR) return ok('versions', `Node ${version}`);
  return fail(
    'versions',
    `Node ${version} runs this`,
    `Node ${NODE_MAJOR} is needed, and comes with the package`,
    'Start it with its own command, zerostate or npx zerostate, and reinstall if that does not help: npm ci.',
  );
}

/** Whether a process of this user may open as many files as a node does at worst; nothing where the system does not say. */
export function checkDescriptors(soft: string | number | undefined): Finding[] {
  const limit = Number(soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft);
  if (Number.isNaN(limit)) return [];
  if (limit >= DESCRIPTORS_WANTED) return [ok('files', `a process may have ${soft} files open`)];
  return [
    warn(
      'files',
      `a process may have ${limit} files open`,
      `with all its connections a node has up to ${DESCRIPTORS_WANTED}`,
      'Raise it: ulimit -n 8192 in the shell, LimitNOFILE=8192 in a systemd unit, --ulimit nofile=8192 for a container.',
    ),
  ];
}

/** What the system lets this process open. Node raises its own limit as far as it may when it starts. */
export function descriptorsSoft(): string | number | undefined {
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report;
  // Without this it asks for the names of all addresses of the machine.
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as unknown as {
    readonly userLimits?: { readonly open_files?: { readonly soft: string | number } };
  };
  return userLimits?.open_files?.soft;
}

/** Why a home folder cannot be used, by what the system says of it. */
export function unusable(home: string, code: string | undefined): Finding {
  const told = (cause: string, remedy: string) => fail('home', `${home} cannot be used`, cause, remedy);
  if (code === 'ENOENT')
    return told('there is no such folder', `Make it with: zerostate init --home ${home}`);
  if (code === 'EROFS')
    return told(
      'its disk is read-only',
      'A system makes a disk read-only when it fails: look into its log (dmesg), mend the disk, and mount it for writing.',
    );
  return told(
    'this user may not read and write it',
    `Give it to the user that runs the node: chown -R USER ${home}`,
  );
}

/** The home folder and its configuration; the configuration is undefined when it cannot be read. */
export async function checkHome(home: string): Promise<{ findings: Finding[]; config: Config | undefined }> {
  try {
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return { findings: [unusable(home, (error as NodeJS.ErrnoException).code)], config: undefined };
  }
  const path = join(home, 'config.yaml');
  const there = await access(path).then(
    () => true,
    () => false,
  );
  try {
    const config = completeConfig(
      resolveConfig(there ? await readConfigFile(path) : {}, process.env, {}),
      path,
    );
    const found = there
      ? ok('home', path)
      : warn(
          'home',
          `${home} has no config.yaml`,
          'defaults are in force',
          `Make it with: zerostate init --home ${home}`,
        );
    return { findings: [found], config };
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return {
      findings: [fail('home', `${path} cannot be used`, error.message, error.hint)],
      config: undefined,
    };
  }
}

/** Whether this program may open the data. */
export async function checkForm(home: string): Promise<Finding> {
  try {
    const form = await formOfHome(home);
    if (form === DATA_FORM) return ok('versions', `the data has form ${form}, today's`);
    return warn(
      'versions',
      `the data has form ${form}; today's is ${DATA_FORM}`,
      'an older version wrote it',
      'The next start upgrades it, after a backup.',
    );
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return fail('versions', 'the data is of a newer version', error.message, error.hint);
  }
}

/** Key files and the token: there, and nobody else's to read. */
export async function checkKeys(home: string): Promise<Finding[]> {
  const keys = join(home, 'keys');
  const agents = await readdir(join(keys, 'agents')).catch(() => [] as string[]);
  const files = [
    join(keys, 'node.key'),
    join(home, 'api-token'),
    ...agents.slice(0, KEY_FILES_MAX).map((name) => join(keys, 'agents', name)),
  ];
  const findings: Finding[] = [];
  for (const path of files) {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && process.platform !== 'win32' && (found.mode & OTHERS_MASK) !== 0)
      findings.push(
        fail(
          'keys',
          `${path} has mode ${(found.mode & 0o777).toString(8)}`,
          'others on this machine can read it, so the node refuses it',
          `chmod 600 ${path}, and rotate the key if the machine has other users: zerostate card rotate AGENT`,
        ),
      );
    else if (found === undefined && path.endsWith('node.key'))
      findings.push(
        warn(
          'keys',
          'there is no node key yet',
          'the node has not been started',
          'It is made by zerostate init or zerostate up.',
        ),
      );
  }
  const kept = agents.filter((name) => name.endsWith('.identity.json')).length;
  return findings.length > 0 ? findings : [ok('keys', `owner-only; ${kept} identity keys on this machine`)];
}

/** Room on the disk of the home folder. */
export async function checkDisk(home: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  const remedy = `Free some, or move the folder and start with --home. See what grows: du -sh ${home}/*`;
  if (free < FREE_BYTES_MIN) return fail('disk', text, 'a node without room becomes read-only', remedy);
  if (free < FREE_BYTES_WANTED) return warn('disk', text, 'logs and artifacts grow', remedy);
  return ok('disk', text);
}

/** A run file whose process is gone. */
export async function checkRunFile(home: string): Promise<Finding[]> {
  const path = join(home, 'run.json');
  const left = await readFile(path, 'utf8').catch(() => undefined);
  if (left === undefined || (await readRunFile(home)) !== undefined) return [];
  const cause = 'the node was killed, or the machine went down';
  return [
    warn(
      'node',
      `${path} is of a node that does not run`,
      cause,
      `Start it again: zerostate up --home ${home}`,
    ),
  ];
}

/** Starts that ended early: what a supervisor makes of a node that cannot run. Nothing, where there were none. */
export async function checkStarts(home: string, config: Config): Promise<Finding[]> {
  const { count, hasGood } = await failedStarts(home, config, Date.now());
  if (count === 0) return [];
  const times = count === 1 ? 'the last start' : `${count} starts`;
  const next = hasGood
    ? `after ${STARTS_MAX} of them the last configuration that worked is used instead, until config.yaml changes`
    : 'no configuration is known that worked';
  return [
    warn(
      'starts',
      `${times} with this configuration ended early in the last ${LOOP_MS / 60_000} minutes`,
      next,
      `See why: zerostate up --home ${home} --log-level info`,
    ),
  ];
}
