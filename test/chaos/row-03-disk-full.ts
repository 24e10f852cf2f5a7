// Row 3: the disk is full. The node answers that it is read-only, stays alive, and writes again by itself when there is room; what it
// acknowledges afterwards survives a kill. On a small tmpfs in a mount namespace of its own; where the machine allows none, the row fails.
// The small form makes every write of the database fail as a disk does that answers EIO, which needs no namespace.

import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TestNodes } from '../support/nodes.ts';
import { breakDisk } from './break-disk.ts';
import { chaosFolder } from './folder.ts';
import { chaosDraft, knownAgents, publishLoad, startChaosNode } from './node-processes.ts';
import { type ChaosRow, type Figure, secondsUntil, timeMax } from './rig.ts';

const RECOVER_SECONDS_MAX = 15;
const SELF = import.meta.filename;

/** Runs this file again where a small disk can be mounted. */
function inNamespace(folder: string): Figure[] {
  const script = `mount -t tmpfs -o size=24m none "${folder}" && exec "${process.execPath}" "${SELF}" "${folder}"`;
  const flags = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m'];
  const ran = spawnSync('unshare', [...flags, 'sh', '-c', script], { encoding: 'utf8', timeout: 110_000 });
  if (ran.status !== 0) throw new Error(`no small disk can be mounted here: ${ran.stderr.slice(-2000)}`);
  return JSON.parse(ran.stdout) as Figure[];
}

async function fillTheDisk(folder: string): Promise<Figure[]> {
  const home = join(folder, 'home');
  const node = await startChaosNode(home);
  let full = false;
  const before = await publishLoad(node, { label: 'before', workers: 4, stop: hundredTimes() });
  const fill = join(folder, 'fill');
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${fill}`, 'bs=64k'], { stdio: 'ignore' });
  } catch {
    full = true; // dd fails exactly because the disk is full
  }
  const refused = async (path: string, label: string): Promise<boolean> => {
    // LevelDB has room for a while in the file at hand.
    for (let n = 0; n < 4_000; n++) {
      const { status, json } = await node.call(path, { draft: chaosDraft(`${label} ${n}`) });
      if (status !== 200 && status !== 201)
        return status === 503 && (json.error as { code: string }).code === 'STORAGE_FAILED';
      if (status === 201) during.push(json.agentId as string);
    }
    return false;
  };
  const during: string[] = [];
  // A new agent needs a key file; a new version of a card only the log.
  const refusals = [
    await refused('/v1/cards', 'during'),
    await refused(`/v1/cards/${encodeURIComponent(before[0] as string)}`, 'update'),
  ];
  const ready = await node.call('/readyz');
  const reads = await knownAgents(node);
  const stillAlive = node.alive();
  rmSync(fill);
  const started = performance.now();
  let recoveredMs = Number.POSITIVE_INFINITY;
  while (performance.now() - started < RECOVER_SECONDS_MAX * 1_000) {
    const again = await node.call('/readyz');
    if (again.status === 200) {
      recoveredMs = performance.now() - started;
      break;
    }
    await delay(100);
  }
  const after = await publishLoad(node, { label: 'after', workers: 4, stop: hundredTimes() });
  await node.end('SIGKILL');
  const back = await startChaosNode(home);
  const known = await knownAgents(back);
  await back.end('SIGTERM');
  const all = [...before, ...during, ...after];
  const lost = all.filter((agentId) => !known.has(agentId)).length;
  const bool = (value: boolean) => ({ value: Number(value), unit: 'bool', min: 1 });
  return [
    { name: 'the disk was full', ...bool(full) },
    { name: 'publishing answered 503', ...bool(refusals.every(Boolean)) },
    { name: '/readyz answered 503', ...bool(ready.status === 503) },
    { name: 'the process lived on', ...bool(stillAlive) },
    { name: 'cards readable meanwhile', value: reads.size, unit: 'cards', min: before.length },
    { name: 'writing again, with room', value: recoveredMs / 1000, unit: 's', max: RECOVER_SECONDS_MAX },
    { name: 'cards acknowledged afterwards', value: after.length, unit: 'cards', min: 1 },
    { name: 'acknowledged, lost after kill -9', value: lost, unit: 'cards', max: 0 },
  ];
}

async function failEveryWrite(): Promise<Figure[]> {
  await using nodes = new TestNodes();
  const { node, api, token } = await nodes.start('node');
  const call = (path: string, body?: unknown) =>
    fetch(api.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const publish = (name: string) => call('/v1/cards', { draft: chaosDraft(name) });
  const idOf = async (response: Response) => ((await response.json()) as { agentId: string }).agentId;
  const before = await idOf(await publish('before'));
  const mend = breakDisk(node.db);
  const refusals: number[] = [];
  let ready = 0;
  let known = 0;
  try {
    refusals.push((await publish('during')).status);
    refusals.push((await call(`/v1/cards/${encodeURIComponent(before)}`, { draft: chaosDraft('x') })).status);
    ready = (await call('/readyz')).status;
    known = ((await (await call('/v1/cards')).json()) as { cards: unknown[] }).cards.length;
  } finally {
    mend();
  }
  const secondsMax = timeMax(RECOVER_SECONDS_MAX, { quick: true });
  const seconds = await secondsUntil(async () => (await call('/readyz')).status === 200, secondsMax);
  const after = await publish('after');
  const acknowledged = [before, ...(after.status === 201 ? [await idOf(after)] : [])];
  await nodes.stop('node');
  const again = await nodes.start('node');
  const lost = acknowledged.filter((agentId) => again.node.book.get(agentId) === undefined).length;
  return [
    {
      name: 'publishing answered 503',
      value: refusals.filter((status) => status === 503).length,
      unit: 'calls',
      min: 2,
    },
    { name: '/readyz answered 503', value: Number(ready === 503), unit: 'bool', min: 1 },
    { name: 'cards readable meanwhile', value: known, unit: 'cards', min: 1 },
    { name: 'writing again, when it can', value: seconds, unit: 's', max: secondsMax },
    { name: 'cards acknowledged afterwards', value: acknowledged.length - 1, unit: 'cards', min: 1 },
    { name: 'acknowledged, lost', value: lost, unit: 'cards', max: 0 },
  ];
}

function hundredTimes(): () => boolean {
  let left = 100;
  return () => left-- <= 0;
}

export const row03: ChaosRow = {
  row: 3,
  title: 'disk full',
  pass: 'read-only with 503, no crash, writes again by itself; nothing acknowledged is lost',
  async run({ quick }) {
    if (quick) return await failEveryWrite();
    using folder = chaosFolder();
    return inNamespace(folder.path);
  },
};

if (process.argv[1] === SELF)
  process.stdout.write(JSON.stringify(await fillTheDisk(process.argv[2] as string)));
