// A node that is lost and comes back from a backup which is older than the newest it signed: nothing is signed twice, nothing is lost that
// any peer holds. And what is wrong with a backup is found before anything is made of it.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { encodeFrame, LEFT_OUT, readBackup, restore } from '../../../node/backup/index.ts';
import { isCarried } from '../../../node/backup/what-is-carried.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { refused } from '../../support/agents.ts';
import { eventually, zerostate, zerostateJson } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;
const log = createLogger({ level: 'silent', name: 'test' });

describe('a backup', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-backup-'));
  const nodes = new TestNodes();
  const file = join(folder, 'lost.zsbackup');
  let boot: string;

  before(async () => {
    const first = await nodes.start('first', { roles: ['boot', 'index'] });
    boot = addressOf(first);
    await nodes.start('second', { join: [boot] });
  });
  after(async () => {
    await nodes[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const readyOf = async (api: string) =>
    (await (await fetch(`${api}/readyz`)).json()) as {
      checks: { name: string; ok: boolean; detail: string }[];
    };

  it('is of one moment, only its owner can read it, and the node goes on meanwhile', async () => {
    const lost = await nodes.start('lost', { join: [boot] });
    for (let i = 0; i < 3; i++) await lost.node.cards.publish(draft(`Before ${i}`));
    const made = await zerostateJson<{ logSize: number; files: number }>([
      ...['backup', file, '--home', nodes.home('lost')],
    ]);
    assert.equal(made.logSize, lost.node.ownLog.state().size);
    assert.ok(made.files >= 2, 'keys of the node and of its agents');
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o077, 0);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.part')),
      [],
    );
    const again = await zerostate(['backup', file, '--home', nodes.home('lost')]);
    assert.match(again.stderr, /ALREADY_EXISTS/);
  });

  it('brings a node back that signs nothing before its peers have given back what it signed since', async () => {
    const { node } = nodes.get('lost');
    const { origin } = node.ownLog;
    const [agent] = node.vault.list();
    const newer = await node.cards.update(agent!.agentId, draft('After the backup'));
    const size = node.ownLog.state().size;
    for (const name of ['first', 'second'])
      await eventually(
        'replication',
        SOON_MS,
        async () => nodes.get(name).node.store.state(origin).size === size,
      );
    await nodes.stop('lost');

    const ran = await zerostate(['restore', file, '--home', nodes.home('back'), '--confirm', '3']);
    assert.equal(ran.code, 0, ran.stderr);
    // It still knows its peers, and finds them by itself.
    // With no round in reach, the two count by the questions that each other asks when they meet, whoever dialled.
    const rare = { sync: { intervalSeconds: 3_600 } };
    const back = await nodes.start('back', rare);
    assert.equal(back.node.peerId, node.peerId);
    await eventually(
      'two peers to be compared with',
      SOON_MS,
      async () => back.node.ownLog.restored?.heard === 2,
    );
    await assert.rejects(back.node.cards.publish(draft('Too early')), refused('LOG_RECOVERING'));
    const { checks } = await readyOf(back.api.url);
    assert.match(checks.find(({ name }) => name === 'own log')!.detail, /2 of 3 peers/);
    await nodes.start('third', { ...rare, join: [addressOf(back)] });
    await eventually('the third', SOON_MS, async () => back.node.ownLog.restored === undefined);
    assert.equal(back.node.ownLog.state().size, size);
    assert.equal(existsSync(join(nodes.home('back'), 'restored.json')), false);
    const next = await back.node.cards.update(agent!.agentId, draft('And on'));
    assert.equal(next.card.sequence, newer.card.sequence + 1);
    for (const name of ['first', 'second']) {
      await eventually('the next card', SOON_MS, async () => {
        const known = nodes.get(name).node.book.get(agent!.agentId);
        return known?.card.sequence === next.card.sequence;
      });
      assert.equal(nodes.get(name).node.forks.size, 0);
    }
  });

  it('is refused when anything in it was changed, is missing, or leads elsewhere; nothing is left behind then', async () => {
    const whole = gunzipSync(readFileSync(file));
    const frames = split(whole);
    const packed = (parts: readonly Buffer[]) => gzipSync(Buffer.concat(parts));
    const flipped = Buffer.from(whole);
    flipped[whole.length - 2_000]! ^= 1;
    const evil = (name: string) => encodeFrame({ kind: 'file', name, bytes: new Uint8Array(1) });
    const bad: [string, Buffer, string][] = [
      ['flipped', gzipSync(flipped), 'DATA_CORRUPT'],
      ['cut', packed(frames.slice(0, -1)), 'DATA_CORRUPT'],
      ['cut-within', readFileSync(file).subarray(0, -100), 'DATA_CORRUPT'],
      ['without-header', packed(frames.filter((_, i) => i !== frames.length - 3)), 'DATA_CORRUPT'],
      ['twice', packed([...frames, ...frames]), 'DATA_CORRUPT'],
      ['not-gzip', Buffer.from('hello'), 'DATA_CORRUPT'],
      ['huge-frame', gzipSync(Buffer.from('ffffffff00', 'hex')), 'LIMIT_EXCEEDED'],
      ['outside', packed([Buffer.from(evil('keys/../../outside')), ...frames]), 'DATA_CORRUPT'],
      ['absolute', packed([Buffer.from(evil('/etc/outside')), ...frames]), 'DATA_CORRUPT'],
      ['database', packed([Buffer.from(evil('db/CURRENT')), ...frames]), 'DATA_CORRUPT'],
    ];
    for (const [name, bytes, code] of bad) {
      const backup = join(folder, name);
      writeFileSync(backup, bytes);
      const home = join(folder, `home-${name}`);
      await assert.rejects(restore({ backup, home, confirm: 2, log }), refused(code), name);
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('home')),
      [],
    );
  });

  it('overwrites nothing, and a dry run writes nothing', async () => {
    const home = join(folder, 'taken');
    const dry = await zerostate(['restore', file, '--home', home, '--dry-run']);
    assert.equal(dry.code, 0, dry.stderr);
    assert.equal(existsSync(home), false);
    const full = nodes.home('first');
    await assert.rejects(restore({ backup: file, home: full, confirm: 2, log }), refused('ALREADY_EXISTS'));
  });

  it('holds no keys where they were left out, and none of the things that do harm when they are old', async () => {
    const bare = join(folder, 'bare.zsbackup');
    await zerostateJson(['backup', bare, '--no-keys', '--home', nodes.home('second')]);
    const names: string[] = [];
    const levels = new Set<string>();
    await readBackup(bare, {
      file: async (name) => void names.push(name),
      records: async (records) => {
        for (const [key] of records) levels.add(Buffer.from(key).toString('latin1').split('!')[1] as string);
      },
    });
    assert.deepEqual(names, []);
    assert.ok(levels.has('log-records'));
    for (const name of LEFT_OUT.keys()) assert.equal(levels.has(name), false);
    assert.equal(isCarried(Buffer.from('!channel-sides!zs:abc/payer')), false);
    assert.equal(isCarried(Buffer.from('!channel-sides!zs:abc/payee')), true);
  });
});

/** The frames of a backup, each with its length. */
function split(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}
