// The official A2A client, unmodified, against a real node: the card is fetched and its signature verified, a task is run in a guild, and
// the receipt that comes back verifies offline.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type AgentCard, type Part, Role, TaskState, verifyAgentCardSignature } from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client';
import type { RunningNode } from '../../../node/index.ts';
import { importA2aCard } from '../../../protocol/a2a/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { publicKeyOfDidKey } from '../../../protocol/envelope/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';
import { TICKER_FUEL } from '../../support/ticker.ts';
import { wat } from '../../support/wat.ts';

const WORD_COUNT = readFileSync(
  new URL('../../../examples/tasks/word-count/word-count.wasm', import.meta.url),
);
const FOREVER = wat('(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))');
const SOON_MS = 60_000;

const part = (content: Part['content'], mediaType = '', filename = ''): Part => ({
  content,
  mediaType,
  filename,
  metadata: undefined,
});
const text = (value: string) => part({ $case: 'text', value }, 'text/plain');
const data = (value: object) => part({ $case: 'data', value }, 'application/json');
const wasm = (bytes: Uint8Array) => part({ $case: 'raw', value: Buffer.from(bytes) }, 'application/wasm');
const raw = (value: string, filename: string) =>
  part({ $case: 'raw', value: Buffer.from(value) }, 'application/octet-stream', filename);
const request = (messageId: string, parts: Part[]) => ({
  tenant: '',
  message: {
    messageId,
    contextId: '',
    taskId: '',
    role: Role.ROLE_USER,
    parts,
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  },
  configuration: undefined,
  metadata: undefined,
});

/** The official client, which has one thing of ours: the token in its requests. */
async function clientOf(running: RunningNode, path?: string): Promise<Client> {
  const withToken: typeof fetch = (url, init) =>
    fetch(url, {
      ...init,
      headers: {
        ...Object.fromEntries(new Headers(init?.headers)),
        authorization: `Bearer ${running.token}`,
      },
    });
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [new JsonRpcTransportFactory({ fetchImpl: withToken })],
    cardResolver: new DefaultAgentCardResolver({ fetchImpl: fetch }),
  });
  return await new ClientFactory(options).createFromUrl(running.api.url, path);
}

describe('A2A, with the official client', () => {
  const nodes = new TestNodes();
  let asker: RunningNode;
  let guild: string;
  let memberIds: string[];
  let client: Client;

  before(async () => {
    asker = await nodes.start('asker', { roles: ['boot', 'index'] });
    const { agentId: own } = await asker.node.cards.publish(draft('Front desk'));
    memberIds = [];
    for (const name of ['Counter 1', 'Counter 2']) {
      const member = await nodes.start(name.replace(' ', '-'), { join: [addressOf(asker)] });
      memberIds.push((await member.node.cards.publish(draft(name))).agentId);
    }
    await eventually('the cards to be known', SOON_MS, async () =>
      memberIds.every((id) => asker.node.book.get(id) !== undefined),
    );
    await eventually(
      'the cards to be found',
      SOON_MS,
      async () => (asker.node.index?.stats()?.cards ?? 0) >= 3,
    );
    assert.ok(own);
    guild = (await asker.node.guilds.create({ name: 'ring', members: memberIds.map((agent) => ({ agent })) }))
      .id;
    await eventually('the members to sit', SOON_MS, async () =>
      asker.node.guilds.show(guild).members.every(({ joined }) => joined),
    );
    client = await clientOf(asker);
  });
  after(async () => {
    await nodes[Symbol.asyncDispose]();
  });

  it('serves a card whose signature the SDK verifies, and which proves which agent it is of', async () => {
    const fetched = await fetch(`${asker.api.url}/.well-known/agent-card.json`);
    const json = await fetched.text();
    const kids: string[] = [];
    await verifyAgentCardSignature(async (kid) => {
      kids.push(kid);
      const x = publicKeyOfDidKey(kid).toBase64({ alphabet: 'base64url', omitPadding: true });
      return { kty: 'OKP', crv: 'Ed25519', x, alg: 'EdDSA' };
    })(JSON.parse(json) as AgentCard);
    const { proof } = importA2aCard(json);
    assert.equal(proof.status, 'proven');
    assert.deepEqual(kids, [proof.status === 'proven' ? proof.card.card.operationalKey : '']);
    const card = await client.getAgentCard();
    assert.deepEqual([card.name, card.capabilities?.streaming], ['Front desk', true]);
  });

  it('lists its agents in a catalog, each with the address of its card', async () => {
    const answer = await fetch(`${asker.api.url}/.well-known/ai-catalog.json`);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/ai-catalog\+json/);
    const catalog = (await answer.json()) as {
      specVersion: string;
      entries: { url: string; type: string }[];
    };
    assert.equal(catalog.specVersion, '1.0');
    const [entry] = catalog.entries;
    const card = await fetch(String(entry?.url));
    assert.equal(card.headers.get('content-type')?.split(';')[0], entry?.type);
    assert.equal(((await card.json()) as { name: string }).name, 'Front desk');
  });

  it('runs a task in a guild and returns what it wrote, with a receipt that verifies offline', async () => {
    const task = { name: 'count', capability: 'Counter', args: ['2'], guild };
    const parts = [data(task), wasm(WORD_COUNT), raw('one two two', 'a.txt')];
    const result = await client.sendMessage(request('m-1', parts));
    assert.ok('status' in result && result.status !== undefined);
    assert.equal(result.status.state, TaskState.TASK_STATE_COMPLETED, JSON.stringify(result.status));
    const of = (id: string) =>
      result.artifacts.find(({ artifactId }) => artifactId === id)?.parts[0]?.content;
    const stdout = of('stdout');
    assert.match(stdout?.$case === 'text' ? stdout.value : '', /3 words/);
    const receipt = of('receipt');
    const file = utf8(JSON.stringify(receipt?.$case === 'data' ? receipt.value : null));
    const report = verify(file, { now: Date.now() });
    assert.deepEqual([report.kind, report.ok], ['receipt-file', true], JSON.stringify(report.checks));
    const said = result.status.message?.parts[1]?.content;
    const summary = (said?.$case === 'data' ? said.value : {}) as { executor?: string };
    assert.ok(memberIds.includes(String(summary.executor)), 'a member of the guild ran it');

    const later = await client.getTask({ tenant: '', id: result.id, historyLength: undefined });
    assert.deepEqual(later.artifacts, result.artifacts);
    const again = await client.sendMessage(request('m-1', parts));
    assert.equal(asker.node.tasks.list().length, 1, 'the same message is the same task');
    assert.ok('status' in again);
  });

  it('streams how a task goes, and cancels one on demand', async () => {
    const task = {
      name: 'forever',
      capability: 'Counter',
      guild,
      limits: { fuel: TICKER_FUEL, wallMs: 20_000 },
    };
    let id = '';
    const states: (TaskState | undefined)[] = [];
    const stream = client.sendMessageStream(request('m-2', [data(task), wasm(FOREVER)]));
    for await (const { payload } of stream) {
      if (payload?.$case === 'task') id = payload.value.id;
      if (payload?.$case !== 'statusUpdate') continue;
      states.push(payload.value.status?.state);
      if (states.length === 1) await client.cancelTask({ tenant: '', id, metadata: undefined });
    }
    assert.equal(states[0], TaskState.TASK_STATE_WORKING);
    assert.equal(states.at(-1), TaskState.TASK_STATE_CANCELED);
  });

  it('answers words alone with agents that can do it, each with its reasons', async () => {
    const result = await client.sendMessage(request('m-3', [text('does one thing well')]));
    assert.ok('parts' in result);
    const found = result.parts[1]?.content;
    const { results } = (found?.$case === 'data' ? found.value : {}) as { results: { reasons: object[] }[] };
    assert.ok(results.length >= 2 && results.every(({ reasons }) => reasons.length > 0));
  });

  it('rejects a message that is no task and says why; fetches no address; wants the token', async () => {
    const url = part({ $case: 'url', value: 'http://127.0.0.1:1/module.wasm' }, 'application/wasm');
    for (const parts of [[data({ name: 'x' })], [data({ name: 'x', capability: 'y' }), url]]) {
      const result = await client.sendMessage(request(crypto.randomUUID(), parts));
      assert.ok('status' in result);
      assert.equal(result.status?.state, TaskState.TASK_STATE_REJECTED);
      const said = result.status?.message?.parts[0]?.content;
      assert.match(said?.$case === 'text' ? said.value : '', /\[USAGE\]/);
    }
    const open = await fetch(`${asker.api.url}/a2a/${memberIds[0]}`, { method: 'POST', body: '{}' });
    assert.equal(open.status, 401);
  });

  it('knows its tasks after a restart', async () => {
    const before = await client.listTasks({
      tenant: '',
      contextId: '',
      status: TaskState.TASK_STATE_COMPLETED,
      pageToken: '',
      statusTimestampAfter: undefined,
    });
    await nodes.stop('asker');
    asker = await nodes.start('asker', { roles: ['boot', 'index'] });
    client = await clientOf(asker);
    const [first] = before.tasks;
    const task = await client.getTask({ tenant: '', id: String(first?.id), historyLength: undefined });
    assert.deepEqual(
      [task.status?.state, task.artifacts.map(({ artifactId }) => artifactId)],
      [TaskState.TASK_STATE_COMPLETED, ['stdout', 'files', 'receipt']],
    );
  });
});
