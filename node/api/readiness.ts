// Whether a node can do what others rely on: each check looks at the thing itself, at the moment of the question. Shared by /readyz and the
// metrics, so that an alert and a load balancer never disagree.

import type { NodeContext } from '../context.ts';

/** Clocks that differ by more judge freshness and validity wrongly (milliseconds). */
const CLOCK_OFFSET_MS_MAX = 60_000;

/** One thing that was looked at. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Looks at everything. Never throws. */
export async function readiness(node: NodeContext): Promise<ReadinessCheck[]> {
  const { size, origin } = node.ownLog.state();
  const readable =
    size === 0 ? true : (await node.store.record(origin, size - 1).catch(() => undefined)) !== undefined;
  const { failure } = node.db;
  const { lost, restored } = node.ownLog;
  const peers = node.host.getPeers().length;
  const alone = node.config.join.length === 0;
  return [
    {
      name: 'database',
      ok: readable,
      detail: readable ? 'the newest log entry reads back' : 'the newest log entry does not read back',
    },
    {
      name: 'disk',
      ok: failure === undefined,
      detail: failure === undefined ? 'takes writes' : `read-only: ${failure.message.slice(0, 200)}`,
    },
    {
      name: 'own log',
      ok: lost === undefined && restored === undefined,
      detail:
        lost !== undefined
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
    epochCheck(node),
    ...(node.config.roles.some((role) => role === 'index' || role === 'index-shard')
      ? [indexCheck(node)]
      : []),
  ];
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

function indexCheck({ index }: NodeContext): ReadinessCheck {
  try {
    return { name: 'index', ok: true, detail: `${index?.stats().cards ?? 0} cards` };
  } catch (error) {
    return { name: 'index', ok: false, detail: (error as Error).message };
  }
}
