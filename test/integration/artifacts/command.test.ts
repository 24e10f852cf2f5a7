// Artifacts as people use them: a folder goes in on one node and comes out on another.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactView } from '../../../node/artifacts/index.ts';
import { zerostate, zerostateJson } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

describe('zerostate artifact', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-artifact-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('adds a folder on one node and writes it out on another, byte for byte', async () => {
    await using nodes = new TestNodes();
    const a = await nodes.start('a');
    await nodes.start('b', { join: [addressOf(a)] });
    const [homeA, homeB] = [nodes.home('a'), nodes.home('b')];
    const source = join(folder, 'source');
    mkdirSync(join(source, 'sub'), { recursive: true });
    writeFileSync(join(source, 'a.txt'), 'one\n');
    writeFileSync(join(source, 'sub', 'b.bin'), Buffer.alloc(1_500_000, 7));
    const added = await zerostateJson<ArtifactView>(['artifact', 'add', source, '--home', homeA]);
    assert.equal(added.kind, 'folder');
    assert.equal(added.name, 'source');
    const out = join(folder, 'out');
    await zerostateJson(['artifact', 'get', added.cid, '--out', out, '--home', homeB]);
    for (const path of ['a.txt', 'sub/b.bin'])
      assert.deepEqual(readFileSync(join(out, path)), readFileSync(join(source, path)), path);

    const file = join(source, 'a.txt');
    const single = await zerostateJson<ArtifactView>(['artifact', 'add', file, '--no-pin', '--home', homeA]);
    const shown = await zerostate(['artifact', 'show', single.cid, '--home', homeA]);
    assert.match(shown.stdout, /file, 4 bytes, 1 entries, cached/);
    assert.match(
      (await zerostate(['artifact', 'pin', single.cid.slice(-8), '--home', homeA])).stdout,
      /pinned/,
    );
    const unpinned = ['artifact', 'unpin', single.cid, '--home', homeA];
    assert.equal((await zerostateJson<ArtifactView>(unpinned)).pinned, false);
    const list = await zerostateJson<{ artifacts: ArtifactView[] }>(['artifact', 'list', '--home', homeA]);
    assert.equal(list.artifacts.length, 2);
    const wrong = await zerostate(['artifact', 'get', 'nonsense', '--home', homeA]);
    assert.equal(wrong.code, 3, wrong.stderr);
    assert.match(wrong.stderr, /DECODE_FAILED/);
  });
});
