// A node that nobody can dial takes a task through a relay: circuit relay v2 with our own bounds.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { StreamHandler, StreamHandlerOptions } from '@libp2p/interface';
import { readTask } from '../../../node/cli/task-file.ts';
import type { Host } from '../../../node/host/create.ts';
import type { RoutingStatusView } from '../../../node/routing/index.ts';
import { completeTask } from '../../../node/tasks/order.ts';
import { fromBase64 } from '../../../protocol/bytes/index.ts';
import { eventually, zerostateJson } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';
import { startRogue } from '../../support/rogue.ts';

const WORD_COUNT = join(import.meta.dirname, '../../../examples/tasks/word-count/task.yaml');

/** The library keeps 15 places; a circuit of its own ends after 128 KiB or two minutes. */
const CLIENTS = 20;
const CIRCUIT_BYTES_MIN = 32n * 1_048_576n;
const CIRCUIT_SECONDS_MIN = 600;

const SECRET = 'what only the members of the guild may read';
interface Registrar {
  getHandler(protocol: string): { readonly handler: StreamHandler; readonly options: StreamHandlerOptions };
  handle(protocol: string, handler: StreamHandler, options: StreamHandlerOptions): Promise<void>;
}

const HOP = '/libp2p/circuit/relay/0.2.0/hop';

/** Keeps what a relay passes on for those who dial through it, in both directions. */
async function captureAt(host: Host): Promise<() => Buffer> {
  const { registrar } = (host as unknown as { components: { registrar: Registrar } }).components;
  const { handler, options } = registrar.getHandler(HOP);
  const pieces: Uint8Array[] = [];
  const keep = (data: { subarray(): Uint8Array }) => pieces.push(data.subarray().slice());
  await registrar.handle(
    HOP,
    (stream, connection) => {
      stream.addEventListener('message', ({ data }) => keep(data));
      const send = stream.send.bind(stream);
      stream.send = (data) => {
        keep(data);
        return send(data);
      };
      return handler(stream, connection);
    },
    { ...options, force: true },
  );
  return () => Buffer.concat(pieces);
}

describe('relay', function () {
  this.timeout(300_000);

  it('reaches a node without any address of its own, runs a task there, and its receipt verifies', async () => {
    await using nodes = new TestNodes();
    const relay = await nodes.start('relay', { roles: ['boot', 'index', 'relay'] });
    const passedOn = await captureAt(relay.node.host);
    const hidden = await nodes.start('hidden', { listen: ['/p2p-circuit'], join: [addressOf(relay)] });
    const circuit = await eventually('a reservation', 60_000, async () =>
      hidden.node.host.getMultiaddrs().find((address) => String(address).includes('/p2p-circuit')),
    );
    assert.match(String(circuit), new RegExp(`/p2p/${relay.node.peerId}/p2p-circuit`));
    assert.equal(
      hidden.node.host.getMultiaddrs().every((address) => String(address).includes('/p2p-circuit')),
      true,
    );
    const card = await hidden.node.cards.publish(draft('Hidden Counter', ['text', 'statistics']));

    // The asker listens nowhere, so the hidden node cannot dial it either: the relay is the only way.
    const asker = await nodes.start('asker', { join: [addressOf(relay)], listen: [] });
    await eventually('the card to be acceptable', 60_000, async () => {
      const found = await asker.node.find.find({ text: 'Hidden Counter' }).catch(() => undefined);
      return found?.results.some(({ agentId }) => agentId === card.agentId);
    });
    const { manifest, module, files } = await readTask(WORD_COUNT);
    const inputs = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, fromBase64(text)]));
    const task = await asker.node.requester.submit({
      ...completeTask(manifest),
      module: fromBase64(module),
      stdin: new Uint8Array(),
      inputs,
    });
    const done = await asker.node.tasks.ended(task.taskId, 60_000);
    assert.equal(done.task.phase, 'completed', JSON.stringify(done.timeline));
    assert.ok(done.runs[0]?.receiptId);
    const [connection] = asker.node.host
      .getConnections()
      .filter(({ remotePeer }) => remotePeer.toString() === hidden.node.peerId);
    assert.match(String(connection?.remoteAddr), /p2p-circuit/);
    // Both ways through the relay are told apart from what is direct, in numbers too.
    const status = await zerostateJson<RoutingStatusView>(['relay', 'status', '--home', nodes.home('asker')]);
    assert.equal(status.paths.direct, 1);
    assert.equal(status.paths.relayed + status.paths.routed, 1);

    // A guild of the two: the relay passes on all of it, and finds neither words nor names in what it has.
    hidden.node.guilds.handle('words', async ({ data }) => data);
    const guild = await asker.node.guilds.create({ name: SECRET, members: [{ agent: card.agentId }] });
    const before = passedOn().length;
    const words = new TextEncoder().encode(SECRET.repeat(20));
    const echo = await asker.node.guilds.request(guild.id, card.agentId, 'words', words);
    assert.equal(new TextDecoder().decode(echo), SECRET.repeat(20));
    const captured = passedOn();
    assert.ok(
      before > words.length && captured.length - before > 2 * words.length,
      `${captured.length} bytes`,
    );
    for (const text of [SECRET, guild.id, card.agentId, 'creation'])
      assert.equal(captured.indexOf(text), -1, `the relay reads ${text}`);
    await asker.node.guilds.dissolve(guild.id);

    // Whoever comes over the relay and can be dialled is dialled by the one who cannot (DCUtR), and the circuit is given up.
    await using open = await startRogue({ isNamed: true });
    await open.host.handle('/libp2p/dcutr', () => {});
    const { id } = await open.dial(String(circuit));
    const direct = await eventually('a direct connection', 60_000, async () => {
      const all = hidden.node.host
        .getConnections()
        .filter(({ remotePeer }) => remotePeer.equals(open.host.peerId));
      return all.length === 1 && all[0]!.limits === undefined ? all[0] : undefined;
    });
    assert.equal(direct.direction, 'outbound');
    assert.doesNotMatch(String(direct.remoteAddr), /p2p-circuit/);
    // Its own end hears of it a moment later.
    await eventually('the end of the circuit', 60_000, async () =>
      open.host.getConnections().every((one) => one.id !== id),
    );
  });

  it('gives no place to a node that its policy forbids, and says why', async () => {
    await using nodes = new TestNodes();
    const relay = await nodes.start('relay', { roles: ['boot', 'relay'] });
    const text = `@id("rest") permit (principal, action, resource);
      @id("closed") @detail("no places for now") forbid (principal, action == Zerostate::Action::"relay", resource)
      when { context.purpose == "reserve" };`;
    await relay.node.policy.bundles.applyFiles([{ name: 'relay.cedar', text }], null);
    const hidden = await nodes.start('hidden', { listen: ['/p2p-circuit'], join: [addressOf(relay)] });
    const refusal = await eventually('the decision', 60_000, async () =>
      (await relay.node.policy.decisions(20, 'relay')).find(
        ({ record }) => record.principal.id === hidden.node.peerId,
      ),
    );
    assert.match(refusal.record.candidates[0]!.detail, /no places for now/);
    assert.deepEqual(hidden.node.host.getMultiaddrs(), []);
  });

  it('has places for more clients than the library would, and a circuit carries a task and lasts', async () => {
    await using nodes = new TestNodes();
    const relay = await nodes.start('relay', { roles: ['relay'] });
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => startRogue({ relay: addressOf(relay) })),
    );
    await using dialler = await startRogue({ relay: addressOf(relay) });
    try {
      assert.equal(relay.node.host.services.relay?.reservations.size, CLIENTS + 1);
      const circuit = await dialler.dial(String(clients[0]!.host.getMultiaddrs()[0]));
      assert.ok((circuit.limits?.bytes ?? 0n) >= CIRCUIT_BYTES_MIN, `${circuit.limits?.bytes} bytes`);
      assert.ok((circuit.limits?.seconds ?? 0) >= CIRCUIT_SECONDS_MIN, `${circuit.limits?.seconds} s`);
    } finally {
      await Promise.all(clients.map((client) => client.stop()));
    }
    await eventually(
      'the places of those who left to be free',
      60_000,
      async () => relay.node.host.services.relay?.reservations.size === 1,
    );
  });

  it('starts though its relay is down, and is reachable when the relay returns', async () => {
    await using nodes = new TestNodes();
    const first = await nodes.start('relay', { roles: ['relay'] });
    const address = addressOf(first);
    const listen = [address.replace(/\/p2p\/.*$/, '')];
    await nodes.stop('relay');
    const hidden = await nodes.start('hidden', { listen: ['/p2p-circuit'], join: [address] });
    assert.deepEqual(hidden.node.host.getMultiaddrs(), []);
    await nodes.start('relay', { roles: ['relay'], listen });
    await eventually('a reservation', 60_000, async () => hidden.node.host.getMultiaddrs().length > 0);
    // And again after the relay was restarted under a running client.
    await nodes.stop('relay');
    await eventually('the loss to be noticed', 60_000, async () => hidden.node.host.getPeers().length === 0);
    const again = await nodes.start('relay', { roles: ['relay'], listen });
    await eventually(
      'a new reservation',
      60_000,
      async () => (again.node.host.services.relay?.reservations.size ?? 0) > 0,
    );
  });
});
