// zerostate status: the node as it sees itself; for scripts, one member of it, or a wait until the node is ready.

import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import type { NodeView } from '../../api/views.ts';
import { ANSWER_MS_MAX, ApiClient } from '../client.ts';
import { resolveTarget } from '../home.ts';
import { plain, print, runAction, style } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { positiveInteger } from './find.ts';

/** Pause between two looks at a node that is not ready. */
const LOOK_MS = 200;
const SECOND_MS = 1_000;

interface Readiness {
  readonly checks: readonly { name: string; ok: boolean; detail: string }[];
}

/** What keeps the node from being ready; undefined when nothing does. */
async function obstacle(flags: ClientFlags, end: AbortSignal): Promise<string | undefined> {
  try {
    const { api } = await resolveTarget(flags);
    const { checks } = (await (await fetch(`${api}/readyz`, { signal: end })).json()) as Readiness;
    const bad = checks.find(({ ok }) => !ok);
    return bad === undefined ? undefined : `${bad.name}: ${bad.detail}`;
  } catch (error) {
    if (isZeroError(error) && error.code !== 'NODE_UNREACHABLE') throw error;
    return end.aborted ? 'its process is there and does not answer' : (error as Error).message;
  }
}

async function untilReady(flags: ClientFlags, seconds: number): Promise<void> {
  // A node that hangs takes the question and never answers.
  const end = AbortSignal.timeout(seconds * SECOND_MS);
  for (let why = await obstacle(flags, end); why !== undefined; why = await obstacle(flags, end)) {
    if (end.aborted) throw new ZeroError('NODE_UNREACHABLE', `not ready after ${seconds} s: ${plain(why)}`);
    await delay(LOOK_MS);
  }
}

/** What a node says of itself takes it a moment, or it hangs. Throws NODE_UNREACHABLE. */
async function viewOf(flags: ClientFlags): Promise<NodeView> {
  const limit = AbortSignal.timeout(ANSWER_MS_MAX);
  try {
    return await (await ApiClient.connect(flags, limit)).get<NodeView>('/v1/node');
  } catch (error) {
    if (!limit.aborted) throw error;
    throw new ZeroError('NODE_UNREACHABLE', `the node has not answered for ${ANSWER_MS_MAX / SECOND_MS} s`, {
      hint: 'Its process is there and hangs, or was stopped: "zerostate doctor" says more.',
    });
  }
}

/** One member of a document, named by its path such as `addresses.0`. Throws NOT_FOUND. */
function memberOf(document: unknown, path: string): string {
  let at: unknown = document;
  for (const name of path.split('.')) {
    const isThere = typeof at === 'object' && at !== null && Object.hasOwn(at, name);
    if (!isThere)
      throw new ZeroError('NOT_FOUND', `the status has no member ${path}`, {
        hint: 'It has those that "zerostate status --json" prints.',
      });
    at = (at as Record<string, unknown>)[name];
  }
  return typeof at === 'string' ? at : JSON.stringify(at);
}

function nodeText(node: NodeView): string {
  return [
    `${style.bold(plain(node.name))}  ${node.region}  ${node.roles.join(', ')}  up ${node.uptimeSeconds} s`,
    `  peer id  ${node.peerId}`,
    ...node.addresses.map((address) => `  address  ${address}`),
    `  network  ${node.network}, ${node.peers} peers, ${node.cards} cards known, ${node.agents.length} agents here`,
    `  log      ${node.log.size} entries, root ${node.log.root}`,
    ...(node.index === null
      ? []
      : [`  index    ${node.index.cards} cards, ${node.index.embedder}, graph ${node.index.graph}`]),
  ].join('\n');
}

export function registerNodeStatus(program: Command): void {
  withTarget(program.command('status').description('the node: identity, peers, log'))
    .option('--wait <seconds>', 'first wait until it is ready, so long at most', positiveInteger)
    .option('--get <member>', 'print one member alone, such as addresses.0 or log.size')
    .action(async (flags: ClientFlags & { wait?: number; get?: string }) => {
      await runAction(flags, async () => {
        if (flags.wait !== undefined) await untilReady(flags, flags.wait);
        const node = await viewOf(flags);
        print(flags, node, (view) => (flags.get === undefined ? nodeText(view) : memberOf(view, flags.get)));
      });
    });
}
