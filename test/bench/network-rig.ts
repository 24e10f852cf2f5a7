// The fleet that the benchmarks of the network run on, and what they measure on it. Nodes share two processes; what one process sends to
// another, or to itself, takes 30 ms in one direction.

import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from '../fleet/fleet.ts';

/** Milliseconds in one direction: a round trip takes twice as long. */
export const ONE_WAY_MS = 30;
const PROCESSES = 2;
const PUTS_AT_ONCE = 5;
const VISIBLE_MS_MAX = 20_000;
const SETTLE_MS_MAX = 90_000;
/** A fleet counts as calm when its nodes have had the same number of connections for so many looks with this pause between. */
const CALM_LOOKS = 5;
const CALM_PAUSE_MS = 2_000;
const CALM_LOOKS_MAX = 30;
/** Bytes of a card's envelope. */
const CARD_BYTES = 2_600;

/** The fleet that stands: benchmarks of one run share it, since fifty nodes take most of a minute to start. */
let standing: Fleet | undefined;

/** `count` nodes, the first one the boot node, over slow links, past the dialling of their start. They go on until `endFleet`. */
export async function startFleet(count: number): Promise<Fleet> {
  if (standing?.names.length === count) return standing;
  await endFleet();
  standing = await Fleet.start({ nodes: count, hosts: PROCESSES, link: { oneWayMs: ONE_WAY_MS } });
  let before = Number.NaN;
  for (let looks = 0, calm = 0; looks < CALM_LOOKS_MAX && calm < CALM_LOOKS; looks++) {
    await delay(CALM_PAUSE_MS);
    const connections = (await standing.standing()).reduce((sum, one) => sum + one.connections, 0);
    calm = connections === before ? calm + 1 : 0;
    before = connections;
  }
  return standing;
}

/** Ends what `startFleet` started. */
export async function endFleet(): Promise<void> {
  const ended = standing;
  standing = undefined;
  await ended?.[Symbol.asyncDispose]();
}

/** The value that a share `p` (0 to 1) of the samples does not exceed. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] ?? Number.NaN;
}

/** What a node takes, in words: memory of its process shared out, and connections. */
export async function whatNodesTake(fleet: Fleet): Promise<string> {
  const memory = await fleet.all('memory', null);
  const resident = memory.reduce((sum, one) => sum + one.resident, 0) / fleet.names.length / 1_048_576;
  const held = memory.reduce((sum, one) => sum + one.held, 0) / fleet.names.length / 1_048_576;
  const connections = (await fleet.standing()).map((one) => one.connections);
  const [least, median, most] = [0, 0.5, 1].map((p) => percentile(connections, p));
  return `a node: ${resident.toFixed(1)} MiB resident, ${held.toFixed(1)} MiB held, connections ${least} / ${median} / ${most} (least, median, most)`;
}

/** How heads and rounds of anti-entropy went so far on all nodes, in words. */
export async function whatTravelled(fleet: Fleet): Promise<string> {
  const sum = async (name: string, labels: string): Promise<number> =>
    (await fleet.all('metric', { name, labels })).reduce((total, one) => total + one, 0);
  const heads = async (verdict: string): Promise<number> =>
    await sum('zerostate_gossip_messages_total', `topic="heads",verdict="${verdict}"`);
  return `heads accepted ${await heads('accept')}, ignored ${await heads('ignore')}, refused ${await heads('reject')}; rounds of anti-entropy ${await sum('zerostate_sync_rounds_total', 'ok')}, failed ${await sum('zerostate_sync_rounds_total', 'failed')}`;
}

/** Milliseconds from publish until each other node has the card on its disk, and from a plain broadcast until each has it. */
export async function measureVisible(fleet: Fleet, rounds: number) {
  const { names } = fleet;
  const others = names.length - 1;
  while (Math.min(...(await fleet.all('plain', null))) < Math.min(4, others)) await delay(250);
  const ours: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const name = names[round % names.length]!;
    const [card] = await fleet.on(name, 'publish', { name, labels: [`Visible ${round}`] });
    const seen = await fleet.seen(`card ${card!.agentId}`, names.length, VISIBLE_MS_MAX);
    ours.push(
      ...missing(
        seen
          .map((at) => at - card!.startedMs)
          .sort(upwards)
          .slice(1),
        others,
      ),
    );
    const { startedMs } = await fleet.on(name, 'shout', { name, number: round, bytes: CARD_BYTES });
    const heard = await fleet.seen(`plain ${round}`, others, VISIBLE_MS_MAX);
    plain.push(
      ...missing(
        heard.map((at) => at - startedMs),
        others,
      ),
    );
  }
  return { ours, plain };
}

/** Milliseconds from revocation until 99 % of the nodes refuse the card, one for each revocation. */
export async function measureSpread(fleet: Fleet, rounds: number): Promise<number[]> {
  const { names } = fleet;
  const cards = await fleet.publish(rounds, 'Revoked');
  const known = new Map((await fleet.standing()).map(({ name, cards: size }) => [name, size]));
  await fleet.until(
    (all) => all.every(({ cards: size }) => size >= Math.max(...known.values())),
    SETTLE_MS_MAX,
  );
  const spread: number[] = [];
  for (const { name, agentId } of cards) {
    const { startedMs } = await fleet.on(name, 'revoke', { name, agentId });
    const seen = await fleet.seen(`revoked ${agentId}`, names.length, VISIBLE_MS_MAX);
    spread.push(
      percentile(
        missing(
          seen.map((at) => at - startedMs),
          names.length,
        ),
        0.99,
      ),
    );
  }
  return spread;
}

/** Waits until no news of logs goes round any more: heads are told again as they are cosigned, some time after what was published has arrived. */
export async function untilQuiet(fleet: Fleet): Promise<void> {
  const heads = { name: 'zerostate_gossip_messages_total', labels: 'topic="heads"' };
  let before = Number.NaN;
  for (let looks = 0, calm = 0; looks < CALM_LOOKS_MAX && calm < CALM_LOOKS; looks++) {
    await delay(CALM_PAUSE_MS);
    const heard = (await fleet.all('metric', heads)).reduce((sum, one) => sum + one, 0);
    calm = heard === before ? calm + 1 : 0;
    before = heard;
  }
}

/** Milliseconds from a quarantine order, and from its release, until 99 % of the nodes hold to it, one of each for every round. */
export async function measureQuarantine(fleet: Fleet, rounds: number) {
  const { names } = fleet;
  const cards = await fleet.publish(rounds + 1, 'Kept apart');
  const known = Math.max(...(await fleet.standing()).map(({ cards: size }) => size));
  await fleet.until((all) => all.every(({ cards: size }) => size >= known), SETTLE_MS_MAX);
  await untilQuiet(fleet);
  const authority = cards.pop()!;
  const { name } = authority;
  await fleet.all('obey', { agentId: authority.agentId });
  const p99 = async (what: string, startedMs: number): Promise<number> => {
    const seen = await fleet.seen(what, names.length, VISIBLE_MS_MAX);
    return percentile(
      missing(
        seen.map((at) => at - startedMs),
        names.length,
      ),
      0.99,
    );
  };
  const held: number[] = [];
  const released: number[] = [];
  const orders: string[] = [];
  for (const { agentId } of cards) {
    const given = await fleet.on(name, 'quarantine', { name, by: authority.agentId, agentId });
    held.push(await p99(`held ${agentId}`, given.startedMs));
    orders.push(given.order);
  }
  // What proves each release here is the order before it: any statement that is held will do for the way it takes.
  for (const [n, order] of orders.entries()) {
    const evidence = orders[(n + 1) % orders.length]!;
    const { startedMs } = await fleet.on(name, 'release', { name, order, evidence });
    released.push(await p99(`released ${order}`, startedMs));
  }
  return { held, released };
}

/** Milliseconds to resolve cards that are in the DHT and nowhere else: cold, and at once again. */
export async function measureResolve(fleet: Fleet, count: number) {
  const { names } = fleet;
  const times: Record<'cold' | 'warm' | 'ping', number[]> = { cold: [], warm: [], ping: [] };
  let missed = 0;
  const agents: string[] = [];
  let next = 0;
  const put = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const name = names[n % names.length]!;
      agents[n] = (await fleet.on(name, 'put', { name, label: `Resolved ${n}` })).agentId;
    }
  };
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, put));
  for (const [n, agentId] of agents.entries()) {
    const name = names[(n + 1 + (n % (names.length - 1))) % names.length]!;
    for (const kind of ['cold', 'warm'] as const) {
      const { found, ms } = await fleet.on(name, 'resolve', { name, agentId });
      if (found) times[kind].push(ms);
      else missed += 1;
    }
    const { ms } = await fleet.on(name, 'ping', { name });
    if (ms !== null) times.ping.push(ms);
  }
  return { ...times, missed };
}

/** What never arrived counts as taking forever. */
function missing(samples: readonly number[], count: number): number[] {
  const lost = Math.max(0, count - samples.length);
  return [...samples, ...Array.from({ length: lost }, () => Number.POSITIVE_INFINITY)];
}

function upwards(a: number, b: number): number {
  return a - b;
}
