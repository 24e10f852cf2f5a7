// Whether a node can do what others rely on: each check looks at the thing itself, at the moment of the question. Shared by /readyz and the
// metrics, so that an alert and a load balancer never disagree.

import { statfs } from 'node:fs/promises';
import { loopLagMs } from '../busy.ts';
import type { NodeContext } from '../context.ts';
import { CLOCK_OFFSET_MS_MAX } from '../network/clock-offsets.ts';
import { silentAfterMs } from '../network/pace.ts';
import { mayWrite } from '../storage/write-probe.ts';

/** How late the thread may be with its work on average before it counts as stuck (milliseconds): requests of people run out of time by then. */
const LAG_MS_MAX = 2_000;
/** Room on the disk below which nothing may be written any more, in bytes: what the database asks for before it writes again. */
const ROOM_BYTES_MIN = 1_048_576;
/** How long nothing may be heard from connected neighbours at least (milliseconds); in large networks they speak more rarely, and it is longer. */
const SILENCE_MS_MIN = 60_000;
/** How long logs may not have been compared while neighbours are there, in rounds of anti-entropy. */
const ROUNDS_MISSED_MAX = 6;

/** Of many reasons of one kind, those that are told. */
const SHOWN_MAX = 3;

/** What the machine says. */
export interface MachineFacts {
  /** How late the thread is, on average. */
  readonly lagMs: number;
  /** Room in the folder of the database; undefined when that cannot be asked. */
  readonly roomBytes: (dir: string) => Promise<number | undefined>;
  /** Whether files can be written in the folder of the node. */
  readonly mayWrite: (dir: string) => Promise<boolean>;
}

/** One thing that was looked at. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Looks at everything. Never throws. */
export async function readiness(
  node: NodeContext,
  machine: MachineFacts = { lagMs: loopLagMs(), roomBytes, mayWrite },
): Promise<ReadinessCheck[]> {
  const { size, origin } = node.ownLog.state();
  // An empty log has no entry to read: then the database itself is asked for anything.
  const readable =
    size === 0
      ? await node.db
          .keys({ limit: 1 })
          .all()
          .then(
            () => true,
            () => false,
          )
      : (await node.store.record(origin, size - 1).catch(() => undefined)) !== undefined;
  const inPlace = node.db.inPlace();
  const { lost, restored } = node.ownLog;
  const forked = node.forks.has(origin);
  const peers = node.host.getPeers().length;
  const alone = node.config.join.length === 0;
  return [
    {
      name: 'database',
      ok: readable && inPlace,
      detail: !inPlace
        ? 'its folder was removed or replaced: what is written now is gone at the next start'
        : readable
          ? 'the newest log entry reads back'
          : 'the newest log entry does not read back',
    },
    await diskCheck(node, machine),
    {
      name: 'own log',
      ok: lost === undefined && restored === undefined && !forked,
      detail: forked
        ? 'two histories of it are signed, and everybody shuts it out: stop every node with this key, and publish from a new one'
        : lost !== undefined
          ? `entries up to ${lost.size} were lost; waiting for a peer that has them`
          : restored !== undefined
            ? `from a backup of ${restored.backupOf}: ${restored.heard} of ${restored.confirm} peers have shown that they hold nothing newer`
            : 'whole',
    },
    {
      name: 'network',
      ok: peers > 0 || alone,
      detail: peers > 0 ? `${peers} peers` : alone ? 'no peers, and none asked for' : 'no peer is connected',
    },
    clockCheck(node),
    gossipCheck(node),
    threadCheck(machine.lagMs),
    epochCheck(node),
    quarantineCheck(node),
    ...(node.config.roles.some((role) => role === 'index' || role === 'index-shard')
      ? [indexCheck(node)]
      : []),
  ];
}

async function diskCheck({ db, home }: NodeContext, machine: MachineFacts): Promise<ReadinessCheck> {
  const room = await machine.roomBytes(home);
  const mayBeWritten = await machine.mayWrite(home);
  const bad = (detail: string): ReadinessCheck => ({ name: 'disk', ok: false, detail });
  if (db.failure !== undefined) return bad(`read-only: ${db.failure.message.slice(0, 200)}`);
  if (!mayBeWritten)
    return bad('read-only, or the folder of the node is not its own any more: the next write will fail');
  if (room !== undefined && room < ROOM_BYTES_MIN)
    return bad(`${room} bytes are free: the next write will fail`);
  return { name: 'disk', ok: true, detail: 'takes writes' };
}

function clockCheck(node: NodeContext): ReadinessCheck {
  const { offsetMs } = node.directory.clocks.view();
  const ok = offsetMs === null || Math.abs(offsetMs) <= CLOCK_OFFSET_MS_MAX;
  const seconds = Math.round(Math.abs(offsetMs ?? 0) / 1_000);
  const side = (offsetMs ?? 0) > 0 ? 'behind' : 'ahead of';
  return {
    name: 'clock',
    ok,
    detail: ok
      ? offsetMs === null
        ? 'too few neighbours to compare with'
        : 'agrees with the neighbours'
      : `${seconds} s ${side} the neighbours: validity and freshness are judged wrongly`,
  };
}

/** Connected, and yet nothing arrives: a link that is up proves nothing. */
function gossipCheck({
  clock,
  config,
  directory,
  host,
  peerId,
  startedAt,
  sync,
}: NodeContext): ReadinessCheck {
  const name = 'gossip';
  const now = clock.now();
  const peers = host.getPeers().length;
  const since = (at: number) => now - Math.max(at, startedAt);
  const heard = Math.max(
    0,
    ...directory
      .nodes()
      .filter((one) => one.peerId !== peerId)
      .map(({ heardAtMs }) => heardAtMs),
  );
  const roundMs = config.sync.intervalSeconds * 1_000;
  const silenceMs = Math.max(SILENCE_MS_MIN, silentAfterMs(directory.nodes().length));
  if (peers === 0) return { name, ok: true, detail: 'no neighbours to hear' };
  if (since(heard) > silenceMs)
    return {
      name,
      ok: false,
      detail: `${peers} peers are connected, and none has been heard for ${seconds(since(heard))}`,
    };
  if (since(sync.lastRoundAt) > SILENCE_MS_MIN + ROUNDS_MISSED_MAX * roundMs)
    return {
      name,
      ok: false,
      detail: `logs have not been compared with anybody for ${seconds(since(sync.lastRoundAt))}`,
    };
  return { name, ok: true, detail: 'neighbours are heard, and logs compared' };
}

/** A thread that is stuck answers this late or not at all; one that hangs again and again is found here. */
function threadCheck(lagMs: number): ReadinessCheck {
  const ok = lagMs < LAG_MS_MAX;
  const detail = `${seconds(lagMs)} late with its work on average over the last second`;
  return { name: 'thread', ok, detail: ok ? 'keeps up with its work' : detail };
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** Bytes that the disk of a folder has left for this process; undefined when that cannot be asked. */
export async function roomBytes(dir: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function epochCheck({ policy: { bundles } }: NodeContext): ReadinessCheck {
  const { behind } = bundles;
  return {
    name: 'epoch',
    ok: behind === null,
    detail:
      behind === null
        ? 'the one in force is the newest that is known'
        : `others have begun with policy ${behind.sequence}, which is not here: nothing is decided until it is applied`,
  };
}

/** What others of the same house do not talk to serves nobody. An order that this node does not obey is none of those. */
function quarantineCheck(node: NodeContext): ReadinessCheck {
  const held = node.quarantines.peer(node.peerId);
  const apart = heldAgents(node);
  const but = apart.length === 0 ? 'not kept apart' : `degraded: ${fewOf(apart)}`;
  return { name: 'quarantine', ok: held === undefined, detail: held?.detail ?? but };
}

/** Agents of this node that it keeps apart itself, each with the reason: it serves without them, so it is degraded and not red. */
export function heldAgents({ book, quarantines, vault }: NodeContext): string[] {
  return vault.list().flatMap(({ agentId }) => {
    const held = quarantines.agent(agentId);
    return held === undefined ? [] : [`${book.get(agentId)?.card.name ?? agentId} is ${held.detail}`];
  });
}

/** The first of these, and how many more there are. */
export function fewOf(lines: readonly string[]): string {
  const more = lines.length > SHOWN_MAX ? `; and ${lines.length - SHOWN_MAX} more` : '';
  return `${lines.slice(0, SHOWN_MAX).join('; ')}${more}`;
}

function indexCheck({ index }: NodeContext): ReadinessCheck {
  try {
    return { name: 'index', ok: true, detail: `${index?.stats().cards ?? 0} cards` };
  } catch (error) {
    return { name: 'index', ok: false, detail: (error as Error).message };
  }
}
