// A served index against callers who mean it no good: bombs in both forms, filters without end, numbers that are none, bodies by the
// hundred, callers that stop in the middle. Whatever they send, the answer is one typed error, and the next caller is served.

import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from '@ipld/dag-cbor';
import {
  type CardIndex,
  CBOR_TYPE,
  type IndexServer,
  openIndex,
  serveIndex,
} from '../../../index-service/index.ts';
import { checkCborItems, checkJsonItems } from '../../../index-service/server/items.ts';
import {
  BODIES_BYTES_MAX,
  BODY_BYTES_MAX,
  BODY_ITEMS_MAX,
  QUERY_BYTES_MAX,
} from '../../../index-service/server/limits.ts';
import { refused } from '../../support/agents.ts';
import { cardEntries } from '../../support/card-entries.ts';
import { eventually } from '../../support/cli.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const TOKEN = 'a-token-of-the-test';
const LIST_HEAD = 0x9a;

/** A CBOR list of so many times one byte, which is an item of its own. */
function bomb(byte: number, count: number): Buffer {
  const bytes = Buffer.alloc(5 + count, byte);
  bytes[0] = LIST_HEAD;
  bytes.writeUInt32BE(count, 1);
  return bytes;
}

describe('what a body holds, counted before it is decoded', () => {
  it('is the number of its values, in both forms', () => {
    const value = {
      a: [1, -2, 300, 70_000, 2 ** 40, 'text', 'x'.repeat(300), new Uint8Array(70_000)],
      b: {},
    };
    const filled = (count: number) => ({ ...value, c: Array(count).fill(null) });
    // Eight values and six members beside those of the list.
    const room = BODY_ITEMS_MAX - 15;
    checkCborItems(encode(filled(room)));
    assert.throws(() => checkCborItems(encode(filled(room + 1))), refused('LIMIT_EXCEEDED'));
    const list = (count: number) => Buffer.from(`[${'0,'.repeat(count)}0]`);
    checkJsonItems(list(BODY_ITEMS_MAX - 1));
    assert.throws(() => checkJsonItems(list(BODY_ITEMS_MAX)), refused('LIMIT_EXCEEDED'));
  });

  it('is not counted on where lengths lie', () => {
    for (const hex of ['', '5a', '5affffffff01', '7bffffffffffffffff', '9bffffffffffffffff01', 'ff', '1c'])
      checkCborItems(Buffer.from(hex, 'hex'));
  });
});

describe('an index among hostile callers', function () {
  this.timeout(300_000);
  const words = wordEmbedder();
  let dir: string;
  let index: CardIndex;
  let server: IndexServer;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-hostile-'));
    index = await openIndex({ dir, embedder: words });
    await index.upsertBatch(cardEntries([{ name: 'Bell Founder' }, { name: 'Rope Maker' }]));
    server = await serveIndex({ index, token: TOKEN });
    await server.warm;
  });
  after(async () => {
    await server.close();
    await index.close();
    await rm(dir, { recursive: true });
  });
  afterEach(async () => {
    const answer = await ask('/v1/query', JSON.stringify({ text: 'bells', k: 1 }));
    assert.equal(answer.status, 200);
  });

  async function ask(path: string, body: string | Uint8Array, type = 'application/json') {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': type },
      body: body as string,
    });
    const answer = (await response.json()) as { error?: { code: string }; results?: { score: number }[] };
    return { status: response.status, code: answer.error?.code, results: answer.results };
  }
  const query = (members: object) => ask('/v1/query', JSON.stringify({ k: 1, ...members }));
  const binary = (members: object) => ask('/v1/query', encode({ k: 1, ...members }), CBOR_TYPE);

  it('decodes no bomb', async () => {
    const batch = (body: string | Uint8Array, type?: string) => ask('/v1/query/batch', body, type);
    for (const byte of [0x80, 0xa0, 0x01, 0x60])
      assert.equal((await batch(bomb(byte, BODY_ITEMS_MAX), CBOR_TYPE)).code, 'LIMIT_EXCEEDED');
    for (const item of ['[]', '{}', '""', '1'])
      assert.equal((await batch(`[${`${item},`.repeat(BODY_ITEMS_MAX)}1]`)).code, 'LIMIT_EXCEEDED');
    assert.equal((await batch(Buffer.alloc(BODY_ITEMS_MAX / 2, 0x81), CBOR_TYPE)).code, 'DECODE_FAILED');
    assert.equal((await query({ text: 'x'.repeat(QUERY_BYTES_MAX) })).status, 413);
  });

  it('takes no vector that is none', async () => {
    const named = { embedder: words.id };
    const floats = (value: number, count = words.dims) =>
      new Uint8Array(new Float32Array(count).fill(value).buffer);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      assert.equal((await binary({ ...named, vector: floats(value) })).code, 'USAGE');
    // A number in JSON that is too large for 32 bits.
    const large = await query({ ...named, vector: Array(words.dims).fill(1e300) });
    assert.equal(large.code, 'INDEX_QUERY_INVALID');
    assert.equal((await binary({ ...named, vector: floats(1, 3) })).code, 'INDEX_QUERY_INVALID');
    assert.equal((await binary({ ...named, vector: new Uint8Array(7) })).code, 'DECODE_FAILED');
    assert.equal((await query({ vector: Array(words.dims).fill(1) })).code, 'INDEX_QUERY_INVALID');
    for (const value of [0, 3e38, 1e-45]) {
      const { results } = await query({ ...named, vector: Array(words.dims).fill(value) });
      assert.ok(results!.every(({ score }) => score >= 0 && score <= 1));
    }
  });

  it('evaluates no filter without end', async () => {
    const tags = (count: number) => Array.from({ length: count }, (_, i) => `tag ${i}`);
    const both = (count: number) => ({
      tagsAll: tags(count / 2),
      or: [{ tagsNone: tags(count / 2 - 1), region: 'eu' }],
    });
    assert.equal((await query({ text: 'x', filter: both(1_024) })).status, 200);
    assert.equal((await query({ text: 'x', filter: both(1_026) })).code, 'INDEX_QUERY_INVALID');
    const parts = (count: number) => ({ and: Array(count - 1).fill({}) });
    assert.equal((await query({ text: 'x', filter: parts(64) })).status, 200);
    assert.equal((await query({ text: 'x', filter: parts(65) })).code, 'INDEX_QUERY_INVALID');
    assert.equal((await ask('/v1/query', '{"text":"x","filter":{"__proto__":{}}}')).code, 'DECODE_FAILED');
    assert.equal((await query({ text: 'x', filter: { constructor: 1 } })).code, 'USAGE');
  });

  it('answers in its form also what is refused before any route', async () => {
    for (const path of [`/v1/cards/${'a'.repeat(300)}`, '/v1/cards/%ff', '/v1/%'])
      assert.match((await ask(path, '{}')).code ?? '', /^(USAGE|NOT_FOUND)$/, path);
  });

  it('holds so many bodies and no more, and has room again when their callers go', async () => {
    const sockets: Socket[] = [];
    const port = Number(new URL(server.url).port);
    // Each says how much it will send, and then sends nothing.
    for (let bytes = 0; bytes < BODIES_BYTES_MAX; bytes += BODY_BYTES_MAX) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(
        `POST /v1/query/batch HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\ncontent-length: ${BODY_BYTES_MAX}\r\n\r\n[`,
      );
      sockets.push(socket);
    }
    await eventually(
      'the refusal',
      60_000,
      async () => (await query({ text: 'x' })).code === 'INDEX_OVERLOADED',
    );
    for (const socket of sockets) socket.destroy();
    await eventually('the room', 60_000, async () => (await query({ text: 'x' })).status === 200);
  });
});
