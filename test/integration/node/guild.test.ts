// Guilds of real nodes: formed, talked in, changed, dissolved; unreadable to everybody else; and nothing of them is left, also after a crash.

import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GuildView, ZerostateNode } from '../../../node/index.ts';
import { fromUtf8, utf8 } from '../../../protocol/bytes/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const SECRET = 'the plaintext of the ring, which nobody else may ever read';
const GUILD_PROTOCOL = '/zerostate/test/guild/1';
const BEAT_MS = 150;
const SOON_MS = 60_000;
const GUILDS = { guilds: { beatMs: BEAT_MS } };
/** A guild that a node does not know yet is not there yet. */
const until = (done: () => boolean) =>
  eventually(done.toString(), SOON_MS, async () => {
    try {
      return done();
    } catch {
      return false;
    }
  });
const code = (wanted: string) => (error: unknown) => isZeroError(error) && error.code === wanted;

interface Rig {
  readonly nodes: TestNodes;
  readonly all: ZerostateNode[];
  readonly agents: string[];
}

describe('guilds of real nodes', () => {
  let rig: Rig;
  const node = (n: number) => rig.all[n] as ZerostateNode;
  const agent = (n: number) => rig.agents[n] as string;
  const others = (...ns: number[]) => ns.map((n) => ({ agent: agent(n) }));
  const guildAt = (n: number, id: string): GuildView => node(n).guilds.show(id);
  const stateAt = (n: number, id: string) =>
    node(n)
      .guilds.list()
      .find((one) => one.id === id)?.state;

  // One network for all: a node that a test lets die is started again on its data.
  before(async () => {
    const nodes = new TestNodes();
    const config = GUILDS;
    const first = await nodes.start('g-0', { roles: ['boot', 'index'], ...config });
    const running = [first];
    for (let n = 1; n < 5; n++)
      running.push(await nodes.start(`g-${n}`, { join: [addressOf(first)], ...config }));
    const all = running.map(({ node: one }) => one);
    const agents: string[] = [];
    for (const [n, one] of all.entries())
      agents.push((await one.cards.publish(draft(`Guild agent ${n}`))).agentId);
    await until(() => all.every(({ book }) => book.size === all.length));
    rig = { nodes, all, agents };
  });

  after(async () => {
    await rig.nodes[Symbol.asyncDispose]();
  });

  it('forms, talks, removes a member and dissolves; nobody else reads a word', async () => {
    const heard: string[][] = rig.all.map(() => []);
    for (const [n, one] of rig.all.entries())
      one.guilds.handle('words', async ({ data, from }) => {
        heard[n]!.push(`${from} ${fromUtf8(data)}`);
        return utf8(`${n} heard`);
      });
    const wire = tap(rig.all);
    const made = await node(0).guilds.create({ name: 'first ring', members: others(1, 2, 3) });
    assert.deepEqual([made.state, made.epoch, made.members.length], ['active', 1, 4]);
    await until(() => [1, 2, 3].every((n) => guildAt(n, made.id).members.every(({ joined }) => joined)));
    assert.throws(() => guildAt(4, made.id), code('GUILD_UNKNOWN'));

    const sent = await node(1).guilds.send(made.id, 'words', utf8(SECRET));
    assert.deepEqual([...sent.delivered].sort(), [agent(0), agent(2), agent(3)].sort());
    await until(() => [0, 2, 3].every((n) => heard[n]!.includes(`${agent(1)} ${SECRET}`)));
    assert.equal(fromUtf8(await node(0).guilds.request(made.id, agent(3), 'words', utf8(SECRET))), '3 heard');
    await assert.rejects(node(0).guilds.request(made.id, agent(3), 'nothing', utf8('x')), code('NOT_FOUND'));

    await node(0).guilds.remove(made.id, [agent(3)], 'enough');
    await until(() => stateAt(3, made.id) === 'removed');
    await assert.rejects(node(3).guilds.send(made.id, 'words', utf8('x')), code('GUILD_UNKNOWN'));
    await assert.rejects(node(1).guilds.remove(made.id, [agent(2)]), code('GUILD_NOT_ALLOWED'));
    await node(2).guilds.send(made.id, 'words', utf8('after'));
    await until(() => [0, 1].every((n) => heard[n]!.includes(`${agent(2)} after`)));
    assert.ok(!heard[3]!.some((line) => line.endsWith('after')));

    await node(0).guilds.dissolve(made.id, 'done');
    await until(() => [0, 1, 2].every((n) => stateAt(n, made.id) === 'dissolved'));
    await assert.rejects(node(1).guilds.send(made.id, 'words', utf8('x')), code('GUILD_UNKNOWN'));

    const seen = wire();
    assert.ok(seen.length > 10);
    assert.ok(seen.every((bytes) => Buffer.from(bytes).indexOf(SECRET) < 0));
    assert.ok(
      seen.some((bytes) => Buffer.from(bytes).indexOf('creation') >= 0),
      'the tap sees requests',
    );
  });

  it('members are found by meaning, one a node, and more than there are is an error', async () => {
    await until(() => (node(0).index?.stats()?.cards ?? 0) >= 5);
    const made = await node(0).guilds.create({
      name: 'found',
      find: { text: 'does one thing well', count: 2 },
    });
    assert.equal(made.members.length, 3);
    assert.equal(new Set(made.members.map(({ peer }) => peer)).size, 3);
    await assert.rejects(
      node(0).guilds.create({ name: 'found', find: { text: 'does one thing well', count: 9 } }),
      code('NO_MEMBER'),
    );
  });

  it('a member that cannot be dialled hears over gossip; the frames there are sealed', async () => {
    const heard: string[] = [];
    node(2).guilds.handle('words', async ({ data }) => {
      heard.push(fromUtf8(data));
      return undefined;
    });
    const made = await node(1).guilds.create({ name: 'apart', members: others(2) });
    const frames: Uint8Array[] = [];
    const pubsub = node(4).host.services.pubsub;
    pubsub.addEventListener('message', ({ detail }) => {
      if (detail.topic.endsWith('/guild/1')) frames.push(detail.data);
    });
    // No stream of the guild protocol reaches it, nor one that was opened ahead, and whatever else connects the two stays.
    await node(2).host.unhandle(GUILD_PROTOCOL);
    for (const [one, other] of [
      [1, 2],
      [2, 1],
    ] as const)
      for (const { streams } of node(one).host.getConnections(node(other).host.peerId))
        for (const stream of streams.filter(({ protocol }) => protocol === GUILD_PROTOCOL))
          stream.abort(new Error('no guild here'));
    const sent = await node(1).guilds.send(made.id, 'words', utf8(SECRET));
    assert.deepEqual([sent.delivered, sent.gossiped], [[], [agent(2)]]);
    await until(() => heard.includes(SECRET) && frames.length > 0);
    assert.ok(frames.every((bytes) => Buffer.from(bytes).indexOf(SECRET) < 0));
    await crash(rig, 2);
    await revive(rig, 2);
  });

  it('a person decides where the node asks: invited, listed, joined', async () => {
    await rig.nodes.stop('g-4');
    await revive(rig, 4, { guilds: { beatMs: BEAT_MS, accept: 'ask' } });
    const made = await node(0).guilds.create({ name: 'asked', members: others(1, 4) });
    assert.equal(made.members.length, 2);
    await until(() => node(4).guilds.invitations().length === 1);
    const [invitation] = node(4).guilds.invitations();
    assert.deepEqual([invitation?.guild, invitation?.name, invitation?.from], [made.id, 'asked', agent(0)]);
    await node(4).guilds.join(made.id);
    await until(() =>
      [0, 1, 4].every((n) => guildAt(n, made.id).members.filter(({ joined }) => joined).length === 3),
    );
    node(1).guilds.handle('words', async () => utf8('welcome'));
    assert.equal(
      fromUtf8(await node(4).guilds.request(made.id, agent(1), 'words', utf8('hello'))),
      'welcome',
    );
    await node(4).guilds.leave(made.id);
    await until(() => guildAt(1, made.id).members.length === 2);
  });

  it('a member that dies is removed, and the keys change; a leader that dies ends the guild', async () => {
    const made = await node(0).guilds.create({ name: 'mortal', members: others(1, 2) });
    await crash(rig, 2);
    await until(() => [0, 1].every((n) => guildAt(n, made.id).members.length === 2));
    assert.equal(guildAt(1, made.id).epoch, made.epoch + 1);
    await crash(rig, 0);
    await until(() => stateAt(1, made.id) === 'lost');
    await assert.rejects(node(1).guilds.send(made.id, 'words', utf8('x')), code('GUILD_UNKNOWN'));
    await revive(rig, 2);
    await revive(rig, 0);
  });

  it('a coordinator leads while the owner is silent', async () => {
    const made = await node(0).guilds.create({
      name: 'deputy',
      members: [{ agent: agent(1), role: 'coordinator' }, ...others(2, 3)],
    });
    await until(() => guildAt(2, made.id).members.every(({ joined }) => joined));
    await crash(rig, 0);
    // Each member notices the silence by its own clock: the coordinator leads when it has noticed it itself.
    await until(() => [1, 2].every((n) => guildAt(n, made.id).leader === agent(1)));
    await node(1).guilds.remove(made.id, [agent(3)]);
    await until(() => guildAt(2, made.id).members.length === 3 && stateAt(3, made.id) === 'removed');
    await revive(rig, 0);
  });

  it('a crash leaves nothing that the next start does not clean; the others hear of it, and may seat it again', async () => {
    const made = await node(0).guilds.create({ name: 'crashing', members: others(1, 2) });
    // The disk as it is at this moment is what a power cut leaves.
    const folder = join(rig.nodes.home('g-1'), 'db');
    cpSync(folder, `${folder}-cut`, { recursive: true });
    await crash(rig, 1);
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-cut`, folder);
    assert.ok(filesWith(rig, 1, made.id).length > 0);
    await revive(rig, 1);
    assert.deepEqual(node(1).guilds.list(), []);
    await until(() => [0, 2].every((n) => guildAt(n, made.id).members.length === 2));
    const heard: string[] = [];
    for (const n of [0, 1])
      node(n).guilds.handle('words', async ({ data }) => {
        heard.push(`${n} ${fromUtf8(data)}`);
        return undefined;
      });
    // It has no seat until it is asked again, and its old keys open nothing: they are gone.
    await node(2).guilds.send(made.id, 'words', utf8('meanwhile'));
    await assert.rejects(node(1).guilds.send(made.id, 'words', utf8('x')), code('GUILD_UNKNOWN'));
    assert.equal((await node(0).guilds.invite(made.id, [agent(1)])).members.length, 3);
    await until(() => [0, 1, 2].every((n) => guildAt(n, made.id).members.every(({ joined }) => joined)));
    await node(2).guilds.send(made.id, 'words', utf8('again'));
    await until(() => heard.length === 3);
    assert.deepEqual(heard.sort(), ['0 again', '0 meanwhile', '1 again']);
    await rig.nodes.stop('g-1');
    assert.deepEqual(filesWith(rig, 1, made.id), []);
  });
});

/** The node is gone without a word: its connections go first. */
async function crash({ all, nodes }: Rig, n: number): Promise<void> {
  await all[n]?.host.stop();
  await nodes.stop(`g-${n}`);
}

/** Starts a node again on its data, in the network of the others. */
async function revive(
  { all, nodes }: Rig,
  n: number,
  config: Record<string, unknown> = GUILDS,
): Promise<void> {
  const partner = all[(n + 1) % all.length] as ZerostateNode;
  const { node } = await nodes.start(`g-${n}`, {
    roles: n === 0 ? ['boot', 'index'] : ['edge'],
    join: [String(partner.host.getMultiaddrs()[0])],
    ...config,
  });
  all[n] = node;
  const others = () => all.filter(({ host }) => host.status === 'started').length - 1;
  await until(() => node.book.size === all.length && node.host.getPeers().length >= others());
}

/** Files of a node's database that name a guild. */
function filesWith({ nodes }: Rig, n: number, guild: string): string[] {
  const folder = join(nodes.home(`g-${n}`), 'db');
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(guild));
}

/** Keeps what leaves each node over the guild protocol and its answers, before the connection encrypts it: what a broken connection shows. */
function tap(all: readonly ZerostateNode[]): () => Uint8Array[] {
  const seen: Uint8Array[] = [];
  for (const { rpc } of all) {
    const call = rpc.call.bind(rpc);
    rpc.call = async (peer, protocol, request, options) => {
      const answer = await call(peer, protocol, request, options);
      if (protocol.id.endsWith('/guild/1')) seen.push(request, answer);
      return answer;
    };
  }
  return () => seen;
}
