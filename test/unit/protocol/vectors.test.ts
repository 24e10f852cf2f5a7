// The published vectors: every case is what it says, and none changes without a new version.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { crypto as native } from '../../../protocol/crypto/native.ts';
import { crypto as noble } from '../../../protocol/crypto/noble.ts';
import type { JsonObject } from '../../../protocol/json/index.ts';
import { VECTORS_FOLDER, vectorFiles, vectorsDigest } from '../../vectors/files.ts';
import { vectorSuites } from '../../vectors/index.ts';
import { outcomeOf, VECTORS_VERSION, type VectorCase } from '../../vectors/suite.ts';

interface VectorFile {
  readonly suite: string;
  readonly version: number;
  readonly cases: VectorCase[];
}

const read = (name: string): string => readFileSync(VECTORS_FOLDER + name, 'utf8');
const suites = await vectorSuites();
const parsed = new Map(suites.map(({ name }) => [name, JSON.parse(read(`${name}.json`)) as VectorFile]));

describe('published vectors', () => {
  for (const { name, check } of suites) {
    it(`${name}: every case holds`, () => {
      const file = parsed.get(name)!;
      assert.deepEqual([file.suite, file.version], [name, VECTORS_VERSION]);
      for (const each of file.cases) {
        const outcome = outcomeOf(check, each.input);
        if (each.valid) assert.deepEqual(outcome, { code: null, output: each.output }, each.name);
        else assert.equal(outcome.code, each.code, each.name);
      }
    });
  }

  it('hold more invalid cases than valid ones, each under its own name', () => {
    const cases = [...parsed.values()].flatMap((file) => file.cases);
    const valid = cases.filter((each) => each.valid).length;
    assert.ok(cases.length - valid > valid, `${valid} valid of ${cases.length}`);
    for (const file of parsed.values())
      assert.equal(new Set(file.cases.map((each) => each.name)).size, file.cases.length, file.suite);
  });

  it('give the same verdict by both crypto adapters', () => {
    for (const { name, input, valid } of parsed.get('ed25519')!.cases) {
      const { publicKey, message, signature } = input as Record<keyof JsonObject, string>;
      for (const adapter of [native, noble]) {
        const bytes = [publicKey!, message!, signature!].map((text) => Uint8Array.fromHex(text)) as [
          Uint8Array,
          Uint8Array,
          Uint8Array,
        ];
        assert.equal(adapter.verifyEd25519(...bytes), valid, `${adapter.name}: ${name}`);
      }
    }
  });

  it('change only with a new version: run `npm run vectors`, and raise VECTORS_VERSION when it says so', async () => {
    const files = await vectorFiles();
    for (const [name, text] of files)
      assert.equal(read(name), text, `${name} is not what the generator makes`);
    const versions = JSON.parse(read('versions.json')) as Record<string, string>;
    assert.equal(versions[VECTORS_VERSION], vectorsDigest(files), 'a vector changed under the same version');
  });
});
