// The API as programs meet it: scopes, rate limits, idempotency keys, events; and the typed client with its example.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { ZerostateClient } from '../../../node/client/index.ts';
import type { RunningNode } from '../../../node/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { eventually, zerostate } from '../../support/cli.ts';
import { draft, TestNodes } from '../../support/nodes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const _read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const code = (wanted: string) => (error: unknown) => isZeroError(error) && error.code === wanted;

describe('the API', () => {
  const nodes = new TestNodes();
  let node: RunningNode;
  let owner: ZerostateClient;
  const clientOf = (token: string) => new ZerostateClient({ url: node.api.url, token });
  const made = async (scope: 'read' | 'operate' | 'admin', days?: number) => {
    const name = `t-${crypto.randomUUID()}`;
    const body = { name, scope, ...(days === undefined ? {} : { days }) };
    const { token } = (await owner.call('tokens.create', { body })) as { token: string };
    return { name, token, client: clientOf(token) };
  };

  before(async () => {
    node = await nodes.start('desk', { roles: ['boot', 'index'] });
    owner = clientOf(node.token);
    const does = 'count the words in text documents and rank them by frequency';
    const capabilities = [{ name: 'count', description: does, tags: ['text'] }];
    await node.node.cards.publish({ ...draft('Counter', ['text']), capabilities });
    await eventually('the card to be found', 60_000, async () => (node.node.index?.stats()?.cards ?? 0) >= 1);
  });
  after(async () => {
    await nodes[Symbol.asyncDispose]();
  });

  it('serves the console under a policy that lets nothing in from elsewhere', async () => {
    const { headers } = await fetch(`${node.api.url}/`);
    const policy = headers.get('content-security-policy') ?? '';
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "trusted-types 'none'",
    ])
      assert.ok(policy.includes(rule), rule);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  });

  it('answers no page of another origin, not even one whose name leads here', async () => {
    const { hostname, port } = new URL(node.api.url);
    const ask = (host: string) =>
      new Promise<{ status: number | undefined; cors: unknown }>((resolve, reject) => {
        const headers = { host, origin: 'http://evil.example', authorization: `Bearer ${node.token}` };
        get({ hostname, port, path: '/v1/node', headers }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, cors: response.headers['access-control-allow-origin'] });
        }).once('error', reject);
      });
    assert.deepEqual(await ask(`evil.example:${port}`), { status: 401, cors: undefined });
    assert.deepEqual(await ask(`localhost:${port}`), { status: 200, cors: undefined });
  });

  it('gives a token what its scope allows and no more', async () => {
    const read = await made('read');
    const operate = await made('operate');
    assert.equal((await read.client.call('node.get')).name, 'desk');
    await read.client.call('agents.find', { body: { text: 'count words' } });
    const guild = { name: 'ring', members: [] };
    await assert.rejects(read.client.call('guilds.create', { body: guild }), code('FORBIDDEN'));
    await assert.rejects(operate.client.call('tokens.list'), code('FORBIDDEN'));
    await assert.rejects(read.client.open('node.backup'), code('FORBIDDEN'));
    const head = (path: string) =>
      fetch(node.api.url + path, { method: 'HEAD', headers: { authorization: `Bearer ${read.token}` } });
    assert.deepEqual([(await head('/v1/node')).status, (await head('/v1/backup')).status], [200, 403]);
    await assert.rejects(clientOf('wrong').call('node.get'), code('UNAUTHORIZED'));
    const { tokens } = await owner.call('tokens.list');
    assert.ok(tokens.length >= 2 && !JSON.stringify(tokens).includes(read.token));
    await owner.call('tokens.revoke', { params: { name: read.name } });
    await assert.rejects(read.client.call('node.get'), code('UNAUTHORIZED'));
  });

  it('refuses a body with a member too many or of another type, and says which; a body where there is none, too', async () => {
    const post = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' };
      const answer = await fetch(`${node.api.url}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      const { error } = (await answer.json()) as { error?: { code: string; message: string; hint: string } };
      return { status: answer.status, error };
    };
    const misspelt = await post('/v1/find', { text: 'count words', limt: 3 });
    assert.deepEqual([misspelt.status, misspelt.error?.code], [400, 'USAGE']);
    assert.equal(
      misspelt.error?.message,
      'body has no member "limt": there are text, limit, explain, filter',
    );
    assert.match(misspelt.error?.hint ?? '', /openapi\.json/);
    const wrong = await post('/v1/find', { text: 'count words', limit: '3' });
    assert.deepEqual([wrong.status, wrong.error?.message], [400, 'body/limit must be integer, not string']);
    const needless = await post('/v1/tasks/none/cancel', { why: 'x' });
    assert.equal(needless.status, 400);
    assert.match(needless.error?.message ?? '', /tasks\.cancel takes no body.*"why"/);
    assert.equal((await post('/v1/tasks/none/cancel', {})).error?.code, 'NOT_FOUND');
  });

  it('keeps tokens, and no more than their digests, over a restart', async () => {
    const { client, token } = await made('read', 1);
    await nodes.stop('desk');
    // Before anybody else is given its port.
    await assert.rejects(client.call('node.get'), code('NODE_UNREACHABLE'));
    node = await nodes.start('desk', {
      roles: ['boot', 'index'],
      api: { host: '127.0.0.1', port: 0, requestsPerSecond: 20 },
    });
    owner = clientOf(node.token);
    assert.equal((await clientOf(token).call('node.get')).name, 'desk');
  });

  it('does once what is sent twice with one key, also after a restart', async () => {
    const body = { draft: draft('Once') };
    const count = () => node.node.vault.list().length;
    const before = count();
    const options = { idempotencyKey: 'build-17' };
    const first = await owner.call('cards.publish', { body }, options);
    const second = await owner.call('cards.publish', { body }, options);
    assert.deepEqual([second, count()], [first, before + 1]);
    const other = { draft: draft('Other') };
    await assert.rejects(owner.call('cards.publish', { body: other }, options), code('ALREADY_EXISTS'));
    await nodes.stop('desk');
    node = await nodes.start('desk', {
      roles: ['boot', 'index'],
      api: { host: '127.0.0.1', port: 0, requestsPerSecond: 20 },
    });
    owner = clientOf(node.token);
    assert.deepEqual(await owner.call('cards.publish', { body }, options), first);
    assert.equal(count(), before + 1);
    // Without a key of the caller's, each call is one of its own.
    await owner.call('cards.publish', { body });
    assert.equal(count(), before + 2);
  });

  it('gives a new token again to who asks twice, and writes it nowhere', async () => {
    const body = { name: 'kept-nowhere', scope: 'read' } as const;
    const options = { idempotencyKey: 'token-1' };
    const { token } = (await owner.call('tokens.create', { body }, options)) as { token: string };
    const again = (await owner.call('tokens.create', { body }, options)) as { token: string };
    assert.equal(again.token, token);
    for await (const [key, value] of node.node.db.iterator<Uint8Array, Uint8Array>({
      keyEncoding: 'view',
      valueEncoding: 'view',
    }))
      assert.ok(!Buffer.from(value).includes(token), `${Buffer.from(key)} holds the token`);
  });

  it('asks again when an answer was lost, and still does it once', async () => {
    const before = node.node.vault.list().length;
    let lost = 0;
    const flaky: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (lost++ > 0) return response;
      await response.arrayBuffer();
      throw new TypeError('the connection broke');
    };
    const client = new ZerostateClient({ url: node.api.url, token: node.token, fetch: flaky });
    await client.call('cards.publish', { body: { draft: draft('Lost') } });
    assert.deepEqual([lost, node.node.vault.list().length], [2, before + 1]);
  });

  it('lets one token make so many requests a second, and others are not slowed by it', async () => {
    const greedy = await made('read');
    const ask = (token: string) =>
      fetch(`${node.api.url}/v1/node`, { headers: { authorization: `Bearer ${token}` } });
    const answers = await Promise.all(Array.from({ length: 400 }, () => ask(greedy.token)));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0, 'some are refused');
    assert.equal(refused[0]?.headers.get('retry-after'), '1');
    assert.equal((await ask(node.token)).status, 200);
    // It may not cancel, which is another matter than being over its rate.
    const cancel = await fetch(`${node.api.url}/v1/tasks/q/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${greedy.token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    assert.equal(cancel.status, 403, 'what stops things is not refused for the rate of the rest');
  });

  it('tells what happens as it happens', async () => {
    const stop = new AbortController();
    const kinds = new Set<string>();
    const watching = (async () => {
      for await (const { kind } of owner.events(stop.signal)) {
        kinds.add(kind);
        if (kind === 'card') stop.abort();
      }
    })();
    await eventually('a card event', 60_000, async () => {
      await owner.call('cards.publish', { body: { draft: draft('Seen') } });
      return kinds.has('card');
    });
    await watching;
  });

  it('tells a token that was revoked nothing more, on a stream that is open too', async () => {
    const { client, name } = await made('read');
    const stop = new AbortController();
    const heard: string[] = [];
    const listening = (async () => {
      for await (const event of client.events(stop.signal)) heard.push(JSON.stringify(event));
    })();
    await eventually('the stream to be open', 60_000, async () => {
      await node.node.cards.publish(draft('Before'));
      return heard.some((event) => event.includes('Before'));
    });
    await owner.call('tokens.revoke', { params: { name } });
    await node.node.cards.publish(draft('Afterwards'));
    await listening;
    assert.equal(stop.signal.aborted, false, 'the node ended it');
    assert.ok(!heard.some((event) => event.includes('Afterwards')));
  });

  it('runs the example of the client as it is written', async () => {
    const child = spawn(process.execPath, ['--conditions=zerostate-source', 'examples/client/story.ts'], {
      cwd: ROOT,
      env: { ...process.env, ZEROSTATE_API: node.api.url, ZEROSTATE_TOKEN: node.token },
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.pipe(process.stderr);
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0, out);
    assert.match(out, /Counter .*signed by/s);
    assert.match(out, /6 words/);
    assert.match(out, /receipt bafk\S+ verified/);
  });

  it('is one command away from a token of one’s own', async () => {
    const home = ['--home', nodes.home('desk')];
    const { stdout } = await zerostate(['token', 'create', 'tool', '--scope', 'read', ...home]);
    assert.equal((await clientOf(stdout.trim()).call('node.get')).name, 'desk');
    assert.match((await zerostate(['token', 'list', ...home])).stdout, /tool +read/);
    assert.equal((await zerostate(['token', 'revoke', 'tool', ...home])).code, 0);
    await assert.rejects(clientOf(stdout.trim()).call('node.get'), code('UNAUTHORIZED'));
  });
});
