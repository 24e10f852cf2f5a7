// The official MCP client, unmodified, over standard input and over HTTP: the whole story through tools.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { ApiClient } from '../../../node/cli/client.ts';
import { type McpEndpoint, serveMcp } from '../../../node/cli/mcp/http.ts';
import type { RunningNode } from '../../../node/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TASK = join(ROOT, 'examples/tasks/word-count/task.yaml');
const MODULE = readFileSync(join(ROOT, 'examples/tasks/word-count/word-count.wasm')).toString('base64');
const SOON_MS = 60_000;
const TOOLS = ['find', 'query', 'run', 'verify', 'why'];

const does = 'count the words in text documents and rank them by frequency';
const tags = ['text', 'statistics'];
const COUNTER = { ...draft('Counter', tags), capabilities: [{ name: 'count', description: does, tags }] };

const textOf = (result: CallToolResult) => (result.content[0]?.type === 'text' ? result.content[0].text : '');

describe('MCP, with the official client', () => {
  const nodes = new TestNodes();
  let node: RunningNode;
  let agentId: string;
  let stdio: Client;
  let http: Client;
  let endpoint: McpEndpoint;
  const call = async (client: Client, name: string, args: Record<string, unknown>) =>
    (await client.callTool({ name, arguments: args })) as CallToolResult;
  const data = <T>(result: CallToolResult): T => {
    assert.notEqual(result.isError, true, textOf(result));
    return result.structuredContent as T;
  };

  before(async () => {
    node = await nodes.start('desk', { roles: ['boot', 'index'] });
    const member = await nodes.start('member', { join: [addressOf(node)] });
    agentId = (await member.node.cards.publish(COUNTER)).agentId;
    await eventually(
      'the card to be found',
      SOON_MS,
      async () => (node.node.index?.stats()?.cards ?? 0) >= 1,
    );
    stdio = new Client({ name: 'test', version: '1' });
    const args = [join(ROOT, 'bin/zerostate.ts'), 'mcp', '--home', nodes.home('desk')];
    await stdio.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'inherit' }));
    endpoint = await serveMcp(new ApiClient({ api: node.api.url, token: node.token }), 0);
    http = new Client({ name: 'test', version: '1' });
    const headers = { authorization: `Bearer ${node.token}` };
    await http.connect(
      new StreamableHTTPClientTransport(new URL(endpoint.url), { requestInit: { headers } }) as never,
    );
  });
  after(async () => {
    await stdio?.close();
    await http?.close();
    await endpoint?.close();
    await nodes[Symbol.asyncDispose]();
  });

  it('lists the same five tools both ways', async () => {
    for (const client of [stdio, http]) {
      const { tools } = await client.listTools();
      assert.deepEqual(tools.map(({ name }) => name).sort(), TOOLS);
      assert.ok(
        tools.every(
          ({ description, outputSchema }) => description !== undefined && outputSchema !== undefined,
        ),
      );
    }
  });

  it('finds, runs with progress, verifies the receipt, and says why', async () => {
    const found = data<{ results: { agentId: string }[] }>(await call(stdio, 'find', { text: does }));
    assert.equal(found.results[0]?.agentId, agentId);
    const told: string[] = [];
    const ran = (await stdio.callTool({ name: 'run', arguments: { taskFile: TASK } }, undefined, {
      onprogress: ({ message }) => told.push(String(message)),
    })) as CallToolResult;
    const task = data<{ taskId: string; stdout: string; receiptId: string; state: string }>(ran);
    assert.equal(task.state, 'completed');
    assert.match(task.stdout, /359 words/);
    assert.ok(told.length > 0, 'progress was told');
    for (const client of [stdio, http]) {
      const report = data<{ ok: boolean; checks: object[] }>(
        await call(client, 'verify', { receipt: task.receiptId }),
      );
      assert.ok(report.ok && report.checks.length > 3);
      const why = await call(client, 'why', { task: task.taskId });
      assert.match(textOf(why), /Counter/);
    }
    assert.match(textOf(await call(http, 'why', { agent: agentId })), /Counter/);
    const { decisions } = data<{ decisions: { id: string }[] }>(await call(http, 'why', {}));
    assert.ok(decisions.length > 0);
    data(await call(http, 'why', { decision: decisions[0]?.id }));
    const known = data<{ rows: object[]; end: { kind: string } }>(
      await call(http, 'query', { things: [agentId] }),
    );
    assert.equal(known.end.kind, 'end');
  });

  it('runs a module that is sent along, and goes on waiting when asked again', async () => {
    const manifest = { name: 'count', capability: does, args: ['2'] };
    const inputs = { 'a.txt': 'one two two' };
    const begun = data<{ taskId: string }>(
      await call(http, 'run', { manifest, module: MODULE, inputs, waitSeconds: 0 }),
    );
    const ended = data<{ stdout: string; ended: boolean }>(await call(http, 'run', { task: begun.taskId }));
    assert.ok(ended.ended);
    assert.match(ended.stdout, /3 words/);
  });

  it('answers a failure with its code and what to do, and reads no file for a caller over HTTP', async () => {
    const unknown = await call(http, 'verify', { receipt: 'nobody-knows-it' });
    assert.equal(unknown.isError, true);
    assert.match(textOf(unknown), /\[NOT_FOUND\]\n./);
    const file = await call(http, 'verify', { file: TASK });
    assert.match(textOf(file), /\[USAGE\]/);
    assert.match(textOf(await call(http, 'run', { taskFile: TASK })), /\[USAGE\]/);
  });

  it('is closed to who has no token, to web pages and to other host names', async () => {
    const post = (headers: Record<string, string>) =>
      fetch(endpoint.url, { method: 'POST', headers, body: '{}' }).then(({ status }) => status);
    const authorization = `Bearer ${node.token}`;
    assert.equal(await post({}), 401);
    assert.equal(await post({ authorization, origin: 'https://evil.example' }), 401);
    assert.equal(await post({ authorization: `${authorization}x` }), 401);
  });
});
