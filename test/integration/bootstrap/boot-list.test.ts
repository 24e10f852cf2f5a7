// A network whose boot nodes are all lost, as its people see it: new boot node, new list signed by new keys, and everybody is together again.
// Real processes, the real command line.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeersView } from '../../../node/api/views.ts';
import { eventually, type StartedNode, startNode, zerostate, zerostateJson } from '../../support/cli.ts';

describe('boot lists at work', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-reseed-'));
  const path = (name: string) => join(folder, name);
  const running = new Set<StartedNode>();

  after(async () => {
    await Promise.all([...running].map((node) => node.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function up(name: string, ...flags: string[]): Promise<StartedNode> {
    const node = await startNode(['--home', path(name), ...flags]);
    running.add(node);
    return node;
  }
  async function stop(node: StartedNode): Promise<void> {
    running.delete(node);
    await node.stop();
  }
  const bootNode = (name: string) =>
    up(name, '--name', name, '--network', 'acme', '--roles', 'boot', '--api-port', '0');
  const newKey = async (name: string) =>
    (await zerostateJson<{ did: string }>(['boot', 'key', path(name)])).did;

  async function sign(sequence: number, boot: StartedNode, key: string, ...by: string[]): Promise<void> {
    const list = {
      network: 'acme',
      sequence,
      issuedAt: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, ''),
      expiresAt: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, ''),
      nodes: boot.info.addresses,
      signers: { keys: [key], threshold: 1 },
    };
    writeFileSync(path('list.json'), JSON.stringify(list));
    await zerostateJson(['boot', 'sign', path('list.json'), path('lists.json'), '--key', ...by.map(path)]);
  }
  async function connected(name: string, to: StartedNode): Promise<void> {
    const { api } = [...running].find(({ info }) => info.name === name)!.info;
    const token = readFileSync(path(`${name}/api-token`), 'utf8').trim();
    await eventually(`${name} to be connected to ${to.info.name}`, 60_000, async () => {
      const response = await fetch(`${api}/v1/peers`, { headers: { authorization: `Bearer ${token}` } });
      const { peers } = (await response.json()) as PeersView;
      return peers.some(({ peerId, connected }) => peerId === to.info.peerId && connected);
    });
  }

  it('a newcomer joins by profile; when every boot node is lost, old and new nodes meet at the one of the next list', async () => {
    const oldKey = await newKey('old.key');
    const firstBoot = await bootNode('boot-1');
    await newKey('stranger.key');
    await assert.rejects(sign(1, firstBoot, oldKey, 'stranger.key'), /SIGNATURE_INVALID/);
    await sign(1, firstBoot, oldKey, 'old.key');
    await assert.rejects(sign(1, firstBoot, oldKey, 'old.key'), /needs a sequence above 1/);
    writeFileSync(
      path('acme.json'),
      JSON.stringify({
        kind: 'zerostate-network-profile/v1',
        network: 'acme',
        signers: { keys: [oldKey], threshold: 1 },
        bootList: 'lists.json',
      }),
    );
    const init = (name: string) =>
      zerostate([
        'init',
        '--home',
        path(name),
        '--name',
        name,
        '--api-port',
        '0',
        '--profile',
        path('acme.json'),
      ]);
    const made = await init('veteran');
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /boot list 1 of acme: 1 boot nodes, signatures verified/);
    const veteran = await up('veteran');
    await connected('veteran', firstBoot);

    await stop(firstBoot);
    const newDid = await newKey('new.key');
    const secondBoot = await bootNode('boot-2');
    await sign(2, secondBoot, newDid, 'old.key', 'new.key');
    // Nobody restarts the veteran, and nobody tells it anything.
    await connected('veteran', secondBoot);
    await init('newcomer');
    const newcomer = await up('newcomer');
    await connected('newcomer', secondBoot);
    await connected('newcomer', veteran);
    assert.ok(newcomer);

    writeFileSync(path('lists.json'), '{"kind":"zerostate-boot-lists/v1","lists":[]}');
    const refused = await init('too-late');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /no boot list/);
  });
});
