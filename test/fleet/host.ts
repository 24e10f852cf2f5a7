// A host of the fleet: a process with some nodes in it, which does what the test orders through its pipe and notes when things arrive.
// Real nodes, real TCP, real databases; in a network namespace of its own if the fleet gave it one.

import { randomStream } from '../../sim/random.ts';
import { watchNode } from '../../sim/real/watch.ts';
import { breakDisk } from '../chaos/break-disk.ts';
import { stateOf } from '../chaos/rig.ts';
import { fleetDraft, strayCard } from './card.ts';
import { slowLinks } from './link.ts';
import { weigh } from './memory.ts';
import { type OrderName, type Orders, steadyMs } from './orders.ts';
import { profile } from './profile.ts';
import { countStreams, workSoFar } from './work.ts';
import { WrongClock } from './wrong-clock.ts';

// The links must be slow before anything opens a socket.
const { completeConfig } = await import('../../node/config/index.ts');
const { openNode } = await import('../../node/index.ts');
const { createLogger } = await import('../../node/logger/index.ts');
const { smallTask } = await import('./small-task.ts');
const { Learner } = await import('../../node/sync/learner.ts');
const { SyncService } = await import('../../node/sync/sync-service.ts');
/** A node without its HTTP API: nobody asks it here, and making one takes as long as the rest of a start. */
interface Running {
  readonly clock: WrongClock;
  readonly node: Awaited<ReturnType<typeof openNode>>;
}

/** Gossip as heads are gossiped: to every peer at once. */
interface Flooding {
  publish(topic: string, data: Uint8Array, options: { floodPublish: boolean }): Promise<unknown>;
}
const PLAIN_TOPIC = '/fleet/plain/1';
/** Revocations that are counted; more than any test makes. */
const REVOCATIONS_MAX = 5_000;

const running = new Map<string, Running>();
/** What arrived: name of the thing, then when at each node. */
const arrived = new Map<string, { name: string; atMs: number }[]>();
let folder = '';
/** Ends the faults of the disk. */
let mend: (() => void) | undefined;

function note(what: string, name: string): void {
  const list = arrived.get(what) ?? [];
  arrived.set(what, list);
  list.push({ name, atMs: steadyMs() });
}

function nodeOf(name: string): Running {
  const found = running.get(name);
  if (found === undefined) throw new Error(`no node ${name} here`);
  return found;
}

function standing(name: string, one: Running) {
  const { node } = one;
  return {
    name,
    peerId: node.peerId,
    address: String(node.host.getMultiaddrs()[0]),
    cards: node.book.size,
    revocations: node.revocations.list(REVOCATIONS_MAX).length,
    peers: node.host.getPeers().length,
    connections: node.host.getConnections().length,
    results: node.executor.kept,
    meshed: node.host.services.pubsub.getSubscribers(`/zerostate/${node.config.network}/heads/1`).length,
    indexes: node.directory.nodes().filter(({ roles }) => roles.includes('index')).length,
    penalized: node.admission.list().filter(({ state }) => state === 'penalized').length,
    state: stateOf(one),
  };
}

const serve: { [K in OrderName]: (order: Orders[K][0]) => Promise<Orders[K][1]> | Orders[K][1] } = {
  prepare(order) {
    folder = order.folder;
    if (order.link !== undefined) {
      const stream = randomStream(order.seed, 'link');
      slowLinks(order.link, () => stream.unit());
    }
    if (order.antiEntropy === false) {
      SyncService.prototype.syncWith = async () => false;
      // What others ask it would tell it as much as its own questions do.
      Learner.prototype.take = () => {};
    }
    return null;
  },
  async start({ name, config }) {
    const level = process.env.TEST_LOG ?? 'silent';
    const complete = completeConfig({ name, network: 'fleet', region: 'here', roles: ['edge'], ...config });
    const clock = new WrongClock();
    const node = await openNode({
      home: `${folder}/${name}`,
      config: complete,
      log: createLogger({ level: level as 'silent', name }),
      clock,
      processMetrics: false,
    });
    await node.start();
    countStreams(node.host);
    const one = { node, clock };
    watchNode(node, (kind, id) => note(`${kind} ${id}`, name));
    node.events.watch(({ data }) => {
      const { obeyed, order, state } = data as { obeyed: { id: string }[]; order: string; state: string };
      for (const { id } of obeyed) note(`held ${id}`, name);
      if (state === 'released') note(`released ${order}`, name);
    }, 'quarantine');
    running.set(name, one);
    return standing(name, one);
  },
  async stop({ name }) {
    const one = nodeOf(name);
    running.delete(name);
    await one.node.stop();
    return null;
  },
  standing: () => [...running].map(([name, one]) => standing(name, one)),
  async memory() {
    return { ...(await weigh()), nodes: running.size };
  },
  publish({ name, labels }) {
    const { cards } = nodeOf(name).node;
    return Promise.all(
      labels.map(async (label) => {
        const startedMs = steadyMs();
        const { agentId } = await cards.publish(fleetDraft(label));
        return { name, agentId, startedMs, doneMs: steadyMs() };
      }),
    );
  },
  async publishDrafts({ name, drafts }) {
    const { cards } = nodeOf(name).node;
    for (const draft of drafts) await cards.publish(draft);
    return null;
  },
  async find({ name, text, limit }) {
    const { find } = nodeOf(name).node;
    const startedMs = steadyMs();
    const outcome = await find.find({ text, limit }).catch((error: Error) => error);
    const ms = steadyMs() - startedMs;
    if (outcome instanceof Error) return { ms, results: 0, computed: 0, error: outcome.message };
    const computed = outcome.results.filter(({ reasons }) => reasons[0]?.detail.includes('computed here'));
    return { ms, results: outcome.results.length, computed: computed.length, error: null };
  },
  async revoke({ name, agentId }) {
    const startedMs = steadyMs();
    await nodeOf(name).node.revocations.revoke(agentId, 'fleet', false);
    return { startedMs, doneMs: steadyMs() };
  },
  obey({ agentId }) {
    // As if the configuration of each had named it before the start; the agent is made later.
    for (const { node } of running.values()) (node.config.quarantine.authorities as string[]).push(agentId);
    return null;
  },
  async quarantine({ agentId, by, name }) {
    const startedMs = steadyMs();
    const { statementId } = await nodeOf(name).node.quarantineDesk.order({
      targets: [{ kind: 'agent', id: agentId }],
      regions: [],
      seconds: 3_600,
      reason: 'fleet',
      evidence: [],
      by: by as never,
    });
    return { startedMs, order: statementId };
  },
  async release({ evidence, name, order }) {
    const startedMs = steadyMs();
    await nodeOf(name).node.quarantineDesk.release({ order, reason: 'fleet', evidence: [evidence] });
    return { startedMs };
  },
  refused({ name }) {
    const { book, revocations } = nodeOf(name).node;
    return book.list().filter((entry) => revocations.verdict(entry).state === 'revoked').length;
  },
  async task({ members, name, seconds }) {
    const { requester, tasks } = nodeOf(name).node;
    const startedMs = steadyMs();
    const { taskId } = await requester.submit(smallTask(members, seconds));
    const { task } = await tasks.ended(taskId, seconds * 1_000);
    return { taskId, phase: task.phase, ms: steadyMs() - startedMs };
  },
  phases: ({ name, taskIds }) =>
    taskIds.map((taskId) => nodeOf(name).node.tasks.find(taskId)?.task.phase ?? 'unknown'),
  agents({ name }) {
    const { book, revocations } = nodeOf(name).node;
    const cards = book.list();
    const refused = cards.filter((entry) => revocations.verdict(entry).state === 'revoked');
    return { known: cards.map(({ agentId }) => agentId), refused: refused.map(({ agentId }) => agentId) };
  },
  clock({ name, offsetMs }) {
    nodeOf(name).clock.offsetMs = offsetMs;
    return null;
  },
  disk({ broken }) {
    const [one] = running.values();
    mend?.();
    mend = broken && one !== undefined ? breakDisk(one.node.db) : undefined;
    return null;
  },
  seen: ({ what }) => arrived.get(what) ?? [],
  plain() {
    let least = Number.POSITIVE_INFINITY;
    for (const [name, { node }] of running) {
      const { pubsub } = node.host.services;
      const { allowedTopics } = pubsub as unknown as { allowedTopics: Set<string> };
      if (!allowedTopics.has(PLAIN_TOPIC)) {
        // A host lets in only the topics that it knows; this one is for the comparison.
        allowedTopics.add(PLAIN_TOPIC);
        pubsub.subscribe(PLAIN_TOPIC);
        pubsub.addEventListener('message', ({ detail }) => {
          if (detail.topic === PLAIN_TOPIC)
            note(`plain ${Buffer.from(detail.data.subarray(0, 4)).readUInt32BE()}`, name);
        });
      }
      least = Math.min(least, pubsub.getSubscribers(PLAIN_TOPIC).length);
    }
    return least;
  },
  async shout({ name, number, bytes }) {
    const data = Buffer.from(randomStream(number, 'shout').bytes(bytes));
    data.writeUInt32BE(number);
    const startedMs = steadyMs();
    const pubsub = nodeOf(name).node.host.services.pubsub as unknown as Flooding;
    await pubsub.publish(PLAIN_TOPIC, data, { floodPublish: true });
    return { startedMs };
  },
  async put({ name, label }) {
    const { agentId, bytes } = strayCard(label);
    return { agentId, holders: await nodeOf(name).node.records.put(agentId, bytes) };
  },
  async resolve({ name, agentId }) {
    const startedMs = steadyMs();
    const found = await nodeOf(name).node.records.get(agentId as never);
    return { found: found !== undefined, ms: steadyMs() - startedMs };
  },
  async ping({ name }) {
    const { host } = nodeOf(name).node;
    const peers = host.getPeers();
    const peer = peers[Math.floor(Math.random() * peers.length)];
    // The node itself may be measuring that neighbour at this moment.
    const ms =
      peer === undefined
        ? undefined
        : await host.services.ping.ping(peer, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    return { ms: ms ?? null };
  },
  async metric({ name, labels, node }) {
    let sum = 0;
    for (const [own, one] of running) {
      if (node !== undefined && node !== own) continue;
      for (const line of (await one.node.metrics.render()).split('\n'))
        if (line.startsWith(name) && line.includes(labels)) sum += Number(line.split(' ').at(-1));
    }
    return sum;
  },
  profile: ({ file }) => profile(file),
  work: () => workSoFar(),
  async end() {
    await Promise.all([...running.values()].map((one) => one.node.stop()));
    running.clear();
    return null;
  },
};

process.on('message', (message: { id: number; order: OrderName; body: never }) => {
  void (async () => {
    try {
      const answer = await serve[message.order](message.body);
      process.send?.({ id: message.id, answer });
    } catch (error) {
      process.send?.({ id: message.id, error: `${message.order}: ${(error as Error).stack}` });
    }
  })();
});
// Whoever gave the orders is gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.send?.({ id: 0, answer: null });
