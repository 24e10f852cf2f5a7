// A folder goes from a node of ours to one with Helia's Bitswap, and another comes back: npm run interop:bitswap. Needs the network for the
// packages of that node, which are installed apart, in a folder that is gone afterwards.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { multiaddr } from '@multiformats/multiaddr';
import { readArguments } from '../../../scripts/source/arguments.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

readArguments(import.meta.filename, {});

const run = promisify(execFile);
const FILES = ['client.mjs', 'package.json', 'package-lock.json'];
/** Longest time for installing the other node's packages. */
const INSTALL_MS_MAX = 180_000;
const LARGE = Uint8Array.from({ length: 6_000_000 }, (_, i) => (i * 17 + (i >> 9)) & 255);
const FOLDER = [
  { path: 'readme.txt', content: new TextEncoder().encode('made here') },
  { path: 'data/large.bin', content: LARGE },
  { path: 'data/empty', content: new Uint8Array() },
];
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const folder = await mkdtemp(join(tmpdir(), 'zerostate-interop-'));
try {
  for (const file of FILES) await copyFile(join(import.meta.dirname, file), join(folder, file));
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    timeout: INSTALL_MS_MAX,
  });
  await using nodes = new TestNodes();
  const ours = await nodes.start('ours');
  const { node } = ours;
  const { root } = await node.artifacts.add(FOLDER, { name: 'ours' });
  const client = spawn(process.execPath, ['client.mjs', addressOf(ours), root], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
    const next = async <T>() => JSON.parse((await lines.next()).value as string) as T;
    const { files } = await next<{ files: Record<string, string> }>();
    assert.deepEqual(files, Object.fromEntries(FOLDER.map(({ path, content }) => [path, digest(content)])));
    console.log(`ok  Helia's Bitswap read ${FOLDER.length} files, ${LARGE.length} bytes, from our node`);
    const { address, serving } = await next<{ address: string; peer: string; serving: string }>();
    const { remotePeer } = await node.host.dial(multiaddr(address));
    await node.artifacts.fetch(serving, { from: [remotePeer.toString()] });
    const got = await node.artifacts.files(serving);
    const sizes = Object.fromEntries(Object.entries(got).map(([path, bytes]) => [path, bytes.length]));
    assert.deepEqual(sizes, { 'theirs/large.bin': 5_000_000, 'theirs/note.txt': 14 });
    console.log(`ok  our node read ${Object.keys(got).length} files, 5000014 bytes, from Helia's Bitswap`);
  } finally {
    client.stdin.end();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
