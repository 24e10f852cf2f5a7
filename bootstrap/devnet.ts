// Runs the devnet: real processes, real keys, real ports. Tells what it does through `say`; leaves nothing behind when it stops.

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { ApiClient, readRunFile } from '../node/cli/index.ts';
import { completeConfig, renderConfigFile } from '../node/config/index.ts';
import type { CardView, NodeView } from '../node/index.ts';
import { ZeroError } from '../protocol/errors/index.ts';
import { bootAddress, configOf, type PlannedNode, planDevnet } from './devnet-plan.ts';
import { type NodeProcess, startNodeProcess } from './node-process.ts';

/** Publishing and spreading takes some 10 s on two cores; longer means that something is broken. */
const SETTLE_MS_MAX = 60_000;
const POLL_MS = 150;

export interface DevnetOptions {
  /** Folder of all nodes' homes. */
  readonly root: string;
  readonly nodes: number;
  readonly basePort: number;
  /** Folder of card drafts; each edge publishes its share. */
  readonly cards: string;
  /** The program that node processes run: bin/zerostate. */
  readonly program: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A node of a running devnet. */
export interface DevnetNode {
  readonly name: string;
  readonly peerId: string;
  readonly region: string;
  readonly api: string;
  readonly token: string;
  readonly home: string;
}

/** A devnet that is up and settled. */
export interface Devnet {
  readonly nodes: readonly DevnetNode[];
  readonly cards: number;
  readonly reused: boolean;
  readonly processes: readonly NodeProcess[];
  stop(): Promise<void>;
}

/** Starts everything and waits until every node resolves every card. Throws DATA_LOCKED when it runs already; stops what it started on failure. */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const { root, say, signal } = options;
  await mkdir(root, { recursive: true, mode: 0o700 });
  if ((await readRunFile(join(root, 'boot-1'))) !== undefined)
    throw new ZeroError('DATA_LOCKED', `a devnet runs already with its data in ${root}`);
  const reused = existsSync(join(root, 'boot-1', 'keys', 'node.key'));
  const plan = await planDevnet(options);
  say(`${reused ? 'Reusing' : 'Creating'} ${plan.length} nodes in ${root}`);
  const processes: NodeProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map((one) => one.stop()));
  };
  try {
    const nodes = await startAll(plan, options, processes);
    signal.throwIfAborted();
    const cards = await publishCards(nodes, options);
    await settle(nodes, cards, options);
    return { nodes, cards, reused, processes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  plan: readonly PlannedNode[],
  { program, say }: DevnetOptions,
  processes: NodeProcess[],
): Promise<DevnetNode[]> {
  const start = async (node: PlannedNode, joins: readonly string[]): Promise<DevnetNode> => {
    await mkdir(node.home, { recursive: true, mode: 0o700 });
    await writeFile(join(node.home, 'config.yaml'), renderConfigFile(completeConfig(configOf(node, joins))));
    const running = await startNodeProcess({ name: node.name, home: node.home, program });
    processes.push(running);
    say(`  ${node.name} is up (${node.region}, ${node.roles.join(' + ')})`);
    return { name: node.name, region: node.region, home: node.home, ...running.ready };
  };
  const [bootPlan, ...edgePlans] = plan as [PlannedNode, ...PlannedNode[]];
  say('Starting nodes');
  const boot = await start(bootPlan, []);
  const results = await Promise.allSettled(
    edgePlans.map((edge) => start(edge, [bootAddress(bootPlan, boot.peerId)])),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return [boot, ...results.map((result) => (result as PromiseFulfilledResult<DevnetNode>).value)];
}

/** Each edge publishes its share of the drafts, unless it did so in an earlier run. Answers how many cards the network has. */
async function publishCards(nodes: readonly DevnetNode[], { cards, say }: DevnetOptions): Promise<number> {
  const edges = nodes.length > 1 ? nodes.slice(1) : nodes;
  const files = (await readdir(cards)).filter((file) => /\.ya?ml$/.test(file)).sort();
  say(`Publishing ${files.length} agent cards`);
  let published = 0;
  await Promise.all(
    edges.map(async (edge, i) => {
      const api = new ApiClient(edge);
      const own = new Set(
        (await api.get<{ cards: CardView[] }>('/v1/cards')).cards
          .filter((card) => card.local)
          .map((card) => card.name),
      );
      for (const file of files.filter((_, at) => at % edges.length === i)) {
        const draft = parseYaml(await readFile(join(cards, file), 'utf8')) as { name: string };
        if (own.has(draft.name)) continue;
        await api.post('/v1/cards', { draft });
        published += 1;
      }
    }),
  );
  say(
    published === 0
      ? '  all of them are published already'
      : `  ${published} published, each with keys of its own`,
  );
  return files.length;
}

/** Waits until every node knows every card, resolves it, and can find. */
async function settle(
  nodes: readonly DevnetNode[],
  cards: number,
  { say, signal }: DevnetOptions,
): Promise<void> {
  say('Waiting until every node resolves every card');
  const deadline = Date.now() + SETTLE_MS_MAX;
  const wait = (node: DevnetNode, missing: Missing) => until(deadline, signal, node, missing);
  await Promise.all(
    nodes.map(async (node) => {
      const api = new ApiClient(node);
      await wait(node, async () => {
        const { cards: held, index, peers } = await api.get<NodeView>('/v1/node');
        if (peers === 0 && nodes.length > 1) return 'has no peer';
        const found = Math.min(held, index?.cards ?? held);
        return found < cards ? `has ${found} of ${cards} cards in its index` : undefined;
      });
      const { cards: known } = await api.get<{ cards: CardView[] }>('/v1/cards');
      const source = nodes.length === 1 ? 'log' : 'dht';
      for (const { agentId, name } of known) {
        const path = `/v1/cards/${encodeURIComponent(agentId)}/resolve`;
        await wait(node, async () => {
          const answer = await api.get<{ source: string }>(path);
          return answer.source === source ? undefined : `resolves ${name} from its ${answer.source} alone`;
        });
      }
      say(`  ${node.name}: ${known.length} cards resolved`);
    }),
  );
  // The first question loads the sentence encoder and shows that revocations are known to be fresh everywhere.
  await Promise.all(nodes.map((node) => wait(node, () => unfound(new ApiClient(node)))));
  say('Every node finds');
}

/** What a node still lacks, in words; undefined when nothing. */
type Missing = () => Promise<string | undefined>;

async function unfound(api: ApiClient): Promise<string | undefined> {
  const { rejected, results } = await api.post<{
    results: object[];
    rejected: { reasons: { code?: string }[] }[];
  }>('/v1/find', { text: 'count words', limit: 5 });
  const unknown = rejected.some(({ reasons }) => reasons.some(({ code }) => code === 'REVOCATION_UNKNOWN'));
  if (unknown) return 'does not know how fresh its revocations are';
  return results.length === 0 ? 'finds nothing' : undefined;
}

async function until(
  deadline: number,
  signal: AbortSignal,
  node: DevnetNode,
  missing: Missing,
): Promise<void> {
  for (;;) {
    const lack = await missing().catch((error: Error) => `does not answer: ${error.message}`);
    if (lack === undefined) return;
    signal.throwIfAborted();
    if (Date.now() > deadline)
      throw new ZeroError('PEER_UNREACHABLE', `the network did not settle in time: ${node.name} ${lack}`, {
        hint: 'Look into the node.log files below the devnet folder.',
      });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
