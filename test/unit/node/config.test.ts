// Configuration: which source wins, and what is refused.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  completeConfig,
  configKeys,
  readConfigFile,
  renderConfigFile,
  resolveConfig,
} from '../../../node/config/index.ts';
import { refused } from '../../support/agents.ts';

describe('configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-config-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('takes a flag before the environment, the environment before the file, the file before the default', () => {
    const file = { name: 'file', region: 'file', api: { port: 1000 } };
    const env = { ZEROSTATE_NAME: 'env', ZEROSTATE_REGION: 'env', ZEROSTATE_SYNC_INTERVAL_SECONDS: '7' };
    const config = resolveConfig(file, env, { name: 'flag', region: undefined });
    assert.equal(config.name, 'flag');
    assert.equal(config.region, 'env');
    assert.equal(config.api.port, 1000);
    assert.equal(config.api.host, '127.0.0.1');
    assert.equal(config.sync.intervalSeconds, 7);
    assert.equal(config.network, 'local');
  });

  it('reads lists, numbers and truth values from the environment', () => {
    const config = resolveConfig(
      {},
      {
        ZEROSTATE_ROLES: 'edge, index',
        ZEROSTATE_TASKS_ACCEPT: 'false',
        ZEROSTATE_JOIN: '',
        ZEROSTATE_FIND_MIN_SCORE: '0.5',
      },
      {},
    );
    assert.deepEqual(config.roles, ['edge', 'index']);
    assert.deepEqual(config.join, []);
    assert.equal(config.tasks.accept, false);
    assert.equal(config.find.minScore, 0.5);
  });

  it('names each wrong or unknown key', () => {
    const message = (input: unknown): string => {
      try {
        completeConfig(input, 'the file');
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'CONFIG_INVALID');
        return (error as Error).message;
      }
      throw new Error('was accepted');
    };
    assert.match(message({ nmae: 'x' }), /the file: nmae: unknown key/);
    assert.match(message({ api: { prot: 1 } }), /api\.prot: unknown key/);
    assert.match(message({ api: { port: 70_000 } }), /api\.port/);
    assert.match(message({ roles: ['king'] }), /roles/);
    assert.match(message({ sync: { intervalSeconds: 'soon' } }), /sync\.intervalSeconds/);
  });

  it('refuses text from the environment that is no number', () => {
    for (const text of ['many', '', ' '])
      assert.throws(() => resolveConfig({}, { ZEROSTATE_API_PORT: text }, {}), refused('CONFIG_INVALID'));
  });

  it('writes a file that reads back as the same configuration, with every key described', async () => {
    const config = completeConfig({ name: 'round-trip', join: ['/ip4/127.0.0.1/tcp/1'] });
    const path = join(folder, 'config.yaml');
    writeFileSync(path, renderConfigFile(config));
    assert.deepEqual(completeConfig(await readConfigFile(path)), config);
    assert.deepEqual(completeConfig(parse(renderConfigFile(completeConfig({})))), completeConfig({}));
    for (const key of configKeys()) assert.ok(key.description.length > 10, key.path.join('.'));
    const names = configKeys().map(({ env }) => env);
    assert.equal(new Set(names).size, names.length);
  });

  it('refuses a file that is missing, no mapping, no YAML, full of aliases or too large', async () => {
    const wrong = {
      list: '- a\n',
      broken: 'a: [',
      alias: 'a: &x [1]\nb: *x\n',
      large: `# ${'x'.repeat(70_000)}\n`,
    };
    await assert.rejects(readConfigFile(join(folder, 'nothing.yaml')), refused('CONFIG_INVALID'));
    for (const [name, text] of Object.entries(wrong)) {
      const path = join(folder, `${name}.yaml`);
      writeFileSync(path, text);
      await assert.rejects(readConfigFile(path), refused('CONFIG_INVALID'), name);
    }
  });
});
