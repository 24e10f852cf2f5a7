// The verifier is offline by construction: nothing it imports can reach a network or a disk, and its browser bundle runs in a
// context that has neither.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { build, type Metafile } from 'esbuild';
import * as verifier from '../../../protocol/verify/index.ts';
import { jsonFile, NOW, sampleReceipt } from '../../support/receipt-files.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const ENTRY = 'protocol/verify/index.ts';

async function bundle(platform: 'browser' | 'node'): Promise<{ code: string; metafile: Metafile }> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'zerostateVerify',
    platform,
    logLevel: 'silent',
  });
  return { code: result.outputFiles[0]!.text, metafile: result.metafile };
}

/** What a bundle imports from outside itself. */
function externals(metafile: Metafile): string[] {
  return [
    ...new Set(Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path))),
  ].sort();
}

describe('the verifier', () => {
  it('reaches nothing but node:crypto in Node, and nothing at all in a browser', async () => {
    assert.deepEqual(externals((await bundle('node')).metafile), ['node:crypto']);
    assert.deepEqual(externals((await bundle('browser')).metafile), []);
  });

  it('stays within protocol/ and six packages', async () => {
    const { metafile } = await bundle('browser');
    const packages = new Set<string>();
    for (const path of Object.keys(metafile.inputs)) {
      if (path.startsWith('node_modules/'))
        packages.add(
          path
            .split('/')
            .slice(1, path.startsWith('node_modules/@') ? 3 : 2)
            .join('/'),
        );
      else assert.match(path, /^protocol\//);
    }
    assert.deepEqual([...packages].sort(), [
      '@noble/curves',
      '@noble/hashes',
      '@noble/post-quantum',
      'canonicalize',
      'fflate',
      'multiformats',
    ]);
  });

  it('names no function that opens a connection, in any module of ours that it loads', async () => {
    const { metafile } = await bundle('node');
    for (const path of Object.keys(metafile.inputs).filter((input) => input.startsWith('protocol/'))) {
      const source = readFileSync(ROOT + path, 'utf8');
      assert.doesNotMatch(
        source,
        /\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\s*\(|\bimport\s*\(/,
        path,
      );
    }
  });

  it('verifies a receipt in a context without Node, network, clock or randomness', async () => {
    const { code } = await bundle('browser');
    const context = vm.createContext({ TextEncoder, TextDecoder });
    vm.runInContext(
      `${code}; globalThis.verifyText = (text, now) => JSON.stringify(zerostateVerify.verify(new TextEncoder().encode(text), { now }));`,
      context,
    );
    const verifyText = context.verifyText as (text: string, now: number) => string;
    const { file } = sampleReceipt();
    const report = JSON.parse(verifyText(JSON.stringify(file), NOW)) as verifier.Report;
    assert.deepEqual(
      report.checks.filter(({ ok }) => !ok),
      [],
    );
    assert.equal(report.ok, true);
    const forged = JSON.parse(verifyText(JSON.stringify({ ...file, entry: 'AAAA' }), NOW)) as verifier.Report;
    assert.equal(forged.ok, false);
  });

  it("is the package's entry zerostate/verify", () => {
    const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
      exports: Record<string, { default: string }>;
    };
    // The built file exists after a build only; that it loads is shown on the installed package.
    assert.equal(manifest.exports['./verify']?.default, './dist/protocol/verify/index.js');
    assert.equal(verifier.verify(jsonFile(sampleReceipt().file), { now: NOW }).ok, true);
  });
});
