// Logs: no token and no private key, however it comes to be logged; and lines name the trace only while there is one.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecretFile, writeSecretFile } from '../../../node/keys/key-file.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { lineSink } from '../../../node/logger/sink.ts';

/** A logger and what it has written. */
function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ level: 'trace', name: 'n' }, { write: (line) => void lines.push(line) }));
  return lines.join('');
}

describe('node/logger', () => {
  it('censors what a name says is secret, at any depth, and shows no bytes', () => {
    const secret = 'hunter2-hunter2';
    const text = logged((log) => {
      log.info({ token: secret, apiToken: secret, 'api-key': secret, nextSeed: secret }, 'flat');
      log.info({ req: { headers: { authorization: secret, cookie: secret, host: 'here' } } }, 'nested');
      log.info({ list: [{ a: { b: { privateKey: secret, password: secret } } }] }, 'deep');
      log.info({ seed: randomBytes(32), bytes: randomBytes(32) }, 'bytes');
    });
    assert.doesNotMatch(text, /hunter2/);
    assert.match(text, /"host":"here"/);
    assert.match(text, /"bytes":"\[32 bytes\]"/);
  });

  it('censors the secrets of this process wherever they stand: in messages, errors, other spellings', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-logger-'));
    try {
      const agentId = `zs:bafkrei${'b'.repeat(52)}`;
      const [token, seed] = [randomBytes(32).toString('base64url'), randomBytes(32)];
      await writeSecretFile(join(folder, 'api-token'), `${token}\n`);
      await writeSecretFile(
        join(folder, 'agent.json'),
        JSON.stringify({ agentId, seed: seed.toString('base64') }),
      );
      await readSecretFile(join(folder, 'agent.json'));
      const text = logged((log) => {
        log.info(`GET /v1/node?access=${token} failed`);
        log.error({ err: new Error(`no such token: ${token}`), url: `http://x/${token}/y` }, 'failed');
        log.info({ agentId }, 'its id is public');
        for (const form of ['base64', 'base64url', 'hex'] as const)
          log.warn({ what: `key ${seed.toString(form)} is bad` }, `is ${seed.toString(form)}`);
      });
      assert.equal(text.split('\n').length, 7, 'six lines, each written');
      assert.ok(!text.includes(token));
      assert.ok(text.includes(agentId));
      for (const form of ['base64', 'base64url', 'hex'] as const)
        assert.ok(!text.includes(seed.toString(form).replace(/=+$/, '')), form);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('does not take the id of the agent that signs for a secret, though its file lies among the keys', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-logger-'));
    try {
      const agentId = `zs:bafkrei${'c'.repeat(52)}`;
      await writeSecretFile(join(folder, 'primary'), `${agentId}\n`);
      await readSecretFile(join(folder, 'primary'));
      assert.ok(logged((log) => log.info({ agentId }, 'published')).includes(agentId));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('outlives a disk that is full and a reader that is gone, and says how many lines are missing', () => {
    let written = '';
    let failure: string | undefined;
    let room = Number.POSITIVE_INFINITY;
    const sink = lineSink((bytes) => {
      if (failure !== undefined && room <= 0) throw Object.assign(new Error(failure), { code: failure });
      const some = Buffer.from(bytes).subarray(0, room);
      room -= some.length;
      written += some.toString();
      return some.length;
    });
    const log = createLogger({ level: 'info', name: 'n' }, sink);
    log.info('first');
    for (const code of ['ENOSPC', 'EPIPE', 'EAGAIN', 'EIO']) {
      failure = code;
      // The first line is cut in the middle, the next is not written at all.
      room = 10;
      log.info('cut');
      log.info('lost');
      room = Number.POSITIVE_INFINITY;
      log.info(`after ${code}`);
    }
    const whole = written.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    const lines = whole.map((line) => JSON.parse(line) as { msg: string; lost?: number });
    assert.deepEqual(
      lines.map(({ msg }) => msg).filter((msg) => !msg.startsWith('lines')),
      ['first', 'after ENOSPC', 'after EPIPE', 'after EAGAIN', 'after EIO'],
    );
    assert.deepEqual(
      lines.map(({ lost }) => lost).filter((lost) => lost !== undefined),
      [2, 2, 2, 2],
    );
  });

  it('censors private keys and authorization headers of others, and nothing that is public', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const id = `zs:bafkrei${'a'.repeat(52)}`;
    const text = logged((log) => {
      log.error({ err: new Error(pem) }, pem);
      log.info({ header: 'Authorization: Bearer abcdefgh12345678' }, 'asked');
      log.info({ id, digest: `sha256:${'0'.repeat(64)}` }, 'public');
    });
    assert.doesNotMatch(text, /PRIVATE KEY|abcdefgh12345678/);
    assert.ok(!text.includes(pem.split('\n')[1]!));
    assert.ok(text.includes(id) && text.includes('0'.repeat(64)));
  });

  it('censors what an address carries of passwords and tokens, and leaves the address', () => {
    const text = logged((log) => {
      log.warn({ err: new Error('no answer from https://me:hunter2@here.example/boot.json?v=1') }, 'failed');
      log.info(
        { url: 'http://h/x?access_token=hunter2&limit=5&key=hunter2' },
        'GET http://h/?X-Amz-Signature=hunter2',
      );
      log.info({ from: '/ip4/127.0.0.1/tcp/1', url: 'http://127.0.0.1:7480/v1/find?limit=5' }, 'plain');
    });
    assert.doesNotMatch(text, /hunter2/);
    for (const left of ['@here.example/boot.json?v=1', '&limit=5', '7480/v1/find?limit=5'])
      assert.ok(text.includes(left), left);
  });

  it('stays JSON, a line each, whatever is censored', () => {
    const cyclic: Record<string, unknown> = { name: 'x' };
    cyclic.self = cyclic;
    const text = logged((log) => {
      log.info({ cyclic, error: 'a "quoted" word' }, 'cyclic');
      log.info('plain');
    });
    const lines = text.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    for (const line of lines) {
      const { node, trace_id: trace } = JSON.parse(line) as { node: string; trace_id?: string };
      assert.deepEqual([node, trace], ['n', undefined]);
    }
  });
});
