// "zerostate log" as people use it: heads, proofs that others verify, audits, witnesses, copies.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatVerifierKey, NOTE_ED25519, originKey } from '../../../protocol/log/index.ts';
import { eventually, zerostate, zerostateJson } from '../../support/cli.ts';
import { note } from '../../support/log-stores.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;

describe('the commands of logs', function () {
  this.timeout(300_000);
  let nodes: TestNodes;
  let home: string;
  let other: string;
  let peer: string;
  before(async () => {
    nodes = new TestNodes();
    const author = await nodes.start('author', { logs: { quorum: 1 } });
    const follower = await nodes.start('follower', { join: [addressOf(author)] });
    const appended = Array.from({ length: 300 }, (_, n) => author.node.ownLog.append(note(`entry ${n}`)));
    await Promise.all(appended);
    const { origin } = author.node.ownLog;
    await eventually('the copy', SOON_MS, async () => follower.node.store.state(origin).size === 300);
    await eventually('the quorum', SOON_MS, async () => {
      return (await author.node.logProofs.witnessQuorumOf(origin)).reached;
    });
    [home, other, peer] = [nodes.home('author'), nodes.home('follower'), author.node.peerId];
  });
  after(() => nodes[Symbol.asyncDispose]());

  it('print heads as they stand, which "verify" takes, and list those that were kept', async () => {
    const file = join(home, 'head');
    const ran = await zerostate(['log', 'checkpoint', '--witnessed', '--out', file, '--home', home]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stderr, /size 300; witnesses: 1 of 1 needed, reached/);
    assert.equal((await zerostate(['verify', file])).code, 0);
    const printed = await zerostate(['log', 'checkpoint', '--home', home]);
    assert.equal(printed.stdout, readFileSync(file, 'utf8'));
    const { checkpoints } = await zerostateJson<{ checkpoints: { size: number }[] }>([
      ...['log', 'checkpoint', peer, '--history', '--limit', '2', '--home', other],
    ]);
    assert.equal(checkpoints[0]?.size, 300);
    const gone = await zerostate(['log', 'checkpoint', '--size', '299999', '--home', home]);
    assert.match(gone.stderr, /NOT_FOUND/);
  });

  it('prove an entry by index or statement, at any holder, so that "verify" needs no network', async () => {
    const file = join(home, 'entry.tlog-proof');
    const made = await zerostate(['log', 'prove', '42', '--out', file, '--home', home]);
    assert.equal(made.code, 0, made.stderr);
    const report = await zerostateJson<{ ok: boolean; subject: { statementId: string } }>(['verify', file]);
    assert.equal(report.ok, true);
    const { statementId } = report.subject;
    const again = await zerostateJson<{ index: number; witnesses: { reached: boolean } }>([
      ...['log', 'prove', statementId, '--log', 'author', '--home', other],
    ]);
    assert.equal(again.index, 42);
    const absent = await zerostate(['log', 'prove', '300', '--home', home]);
    assert.deepEqual([absent.code, /NOT_FOUND/.test(absent.stderr)], [1, true]);
  });

  it('check a log whole: at home, as a peer shows it, and at any address', async () => {
    const here = await zerostate(['log', 'check', '--home', home]);
    assert.equal(here.code, 0, here.stderr);
    assert.match(here.stdout, /sound.*\n {2}300 entries in 2 bundles and 3 tiles/);
    const from = ['log', 'check', 'author', '--from', 'author', '--home', other];
    const shown = await zerostateJson<{ size: number; heads: number }>(from);
    assert.equal(shown.size, 300);
    assert.ok(shown.heads > 0);
    const { api } = JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as { api: string };
    const origin = `zerostate.dev/log/${peer}`;
    const key = formatVerifierKey({ name: origin, type: NOTE_ED25519, publicKey: originKey(origin) });
    const url = ['log', 'check', '--url', `${api}/log/${peer}`];
    assert.equal((await zerostate([...url, '--key', key])).code, 0);
    assert.equal((await zerostate(url)).code, 0);
    const wrong = formatVerifierKey({ name: origin, type: NOTE_ED25519, publicKey: new Uint8Array(32) });
    assert.equal((await zerostate([...url, '--key', wrong])).code, 3);
  });

  it('say who vouches for the log, and what is durable where', async () => {
    const { policy, witnessed } = await zerostateJson<{
      policy: { kind: string; text: string };
      witnessed: { size: number };
    }>(['log', 'witness', '--ask', '--home', home]);
    assert.deepEqual([policy.kind, witnessed.size], ['peers', 300]);
    assert.match(
      policy.text,
      /^log zerostate\.dev\/log\/.*\nwitness w1 .*\ngroup quorum 1 w1\nquorum quorum\n$/,
    );
    // What an outside auditor does with it: the head without its witness is not enough for the policy.
    const [file, head, bare] = ['policy', 'witnessed', 'bare'].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(file, policy.text);
    assert.equal(
      (await zerostate(['log', 'checkpoint', '--witnessed', '--out', head, '--home', home])).code,
      0,
    );
    const signatures = (await readFile(head, 'utf8')).split('\n').filter((line) => line.startsWith('— '));
    assert.ok(signatures.length >= 2);
    await writeFile(bare, (await readFile(head, 'utf8')).split(signatures[1]!)[0]!);
    const judged = await zerostate(['verify', head, '--policy', file]);
    assert.deepEqual([judged.code, /accepted by the policy: w1/.test(judged.stdout)], [0, true]);
    assert.equal((await zerostate(['verify', bare])).code, 0);
    assert.equal((await zerostate(['verify', bare, '--policy', file])).code, 3);
    const old = ['--at', '2046-01-01T00:00:00Z', '--max-age', '60'];
    assert.equal((await zerostate(['verify', head, '--policy', file, ...old])).code, 3);
    assert.equal((await zerostate(['verify', head, '--max-age', '60'])).code, 2);
    const text = await zerostate(['log', 'witness', '--home', home]);
    assert.match(text.stdout, /size 300: 1 of 1 needed, reached/);
    const copies = await zerostate(['log', 'copies', '7', '--copies', '1', '--home', home]);
    assert.deepEqual([copies.code, /1 other node proved to hold it/.test(copies.stdout)], [0, true]);
    const more = await zerostate(['log', 'copies', '7', '--copies', '3', '--home', home]);
    assert.deepEqual([more.code, /3 were asked for/.test(more.stdout)], [1, true]);
    const shown = await zerostate(['log', '--home', home]);
    assert.match(shown.stdout, /^zerostate\.dev\/log\/.*\n300\n/);
    assert.match(shown.stdout, /\n299 /);
    assert.equal((await zerostate(['log', 'show', peer, '--home', other])).stdout, shown.stdout);
  });
});
