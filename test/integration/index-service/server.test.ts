// The index as a server: forms, batches, imports, limits, refusals, and an end that loses nothing. Real HTTP on loopback.

import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@ipld/dag-cbor';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
  type CardEntry,
  type CardIndex,
  CBOR_TYPE,
  type Embedder,
  type IndexServer,
  indexClient,
  loadOrCreateToken,
  openIndex,
  serveIndex,
} from '../../../index-service/index.ts';
import { decodeEnvelope, envelopeToJson } from '../../../protocol/envelope/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { cardEntries } from '../../support/card-entries.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const TOKEN = 'a-token-of-the-test';
const DRAFTS = [
  { name: 'Bell Founder', description: 'Casts new bells.', region: 'eu' },
  { name: 'Bell Tuner', description: 'Tunes old bells.', region: 'us' },
  { name: 'Rope Maker', description: 'Makes ropes of hemp.', region: 'eu' },
  { name: 'Clock Maker', description: 'Makes clocks of brass.', region: 'us' },
];

/** Members of the answers that are looked at. */
interface Answered {
  results: { name: string }[];
  matched: number;
  answers: { answer: { results: { name: string }[] }; error: { code: string } }[];
  accepted: number;
  refusedCount: number;
  refused: { at: number; code: string }[];
}

const jsonOf = ({ envelope }: CardEntry) => envelopeToJson(decodeEnvelope(envelope));

describe('an index served over HTTP', function () {
  this.timeout(300_000);
  let dir: string;
  let index: CardIndex;
  let server: IndexServer;
  let hold: Promise<void> | undefined;
  const words = wordEmbedder();
  /** Waits for `hold`, so that a test can fill the server with work. */
  const embedder: Embedder = {
    ...words,
    embed: async (text) => {
      await hold;
      return words.embed(text);
    },
  };
  const entries = cardEntries(DRAFTS);

  beforeEach(async () => {
    hold = undefined;
    dir = await mkdtemp(join(tmpdir(), 'zs-serve-'));
    index = await openIndex({ dir, embedder });
    server = await serveIndex({ index, token: TOKEN, queriesActiveMax: 2, queriesWaitingMax: 1 });
    await server.warm;
  });
  afterEach(async () => {
    await server.close();
    await index.close();
    await rm(dir, { recursive: true });
  });

  function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    });
  }
  const binary = { 'content-type': CBOR_TYPE, accept: CBOR_TYPE };
  const read = async (response: Promise<Response>) => (await (await response).json()) as Answered;
  const codeOf = async (response: Response) =>
    ((await response.json()) as { error: { code: string } }).error.code;
  const text = async (path: string) => await (await fetch(`${server.url}${path}`)).text();

  it('answers the same in JSON and in the binary form, by text and by vector', async () => {
    await index.upsertBatch(entries);
    const filter = { region: 'eu' };
    const inJson = await read(post('/v1/query', { text: 'new bells', k: 2, filter }));
    assert.equal(inJson.results[0]!.name, 'Bell Founder');
    assert.equal(inJson.matched, 2);
    const response = await post('/v1/query', encode({ text: 'new bells', k: 2, filter }), binary);
    assert.equal(response.headers.get('content-type'), CBOR_TYPE);
    assert.deepEqual(decode(new Uint8Array(await response.arrayBuffer())), inJson);

    const vector = await words.embed('ropes of hemp');
    const asked = { k: 1, embedder: words.id };
    const numbers = await read(post('/v1/query', { ...asked, vector: Array.from(vector) }));
    const bytes = await post('/v1/query', encode({ ...asked, vector: new Uint8Array(vector.buffer) }), {
      'content-type': CBOR_TYPE,
    });
    assert.equal(numbers.results[0]!.name, 'Rope Maker');
    assert.deepEqual(await bytes.json(), numbers);
  });

  it('answers a batch in its order, each query for itself', async () => {
    await index.upsertBatch(entries);
    const queries = [
      { text: 'ropes', k: 1 },
      { k: 1 },
      { vector: [1, 2], embedder: 'other/1', k: 1 },
      { text: 'brass clocks', k: 1 },
    ];
    const { answers } = await read(post('/v1/query/batch', { queries }));
    assert.equal(answers[0]!.answer.results[0]!.name, 'Rope Maker');
    assert.equal(answers[1]!.error.code, 'INDEX_QUERY_INVALID');
    assert.equal(answers[2]!.error.code, 'EMBEDDER_MISMATCH');
    assert.equal(answers[3]!.answer.results[0]!.name, 'Clock Maker');
  });

  it('takes cards that verify, names those that do not, and hands them out as they were signed', async () => {
    const broken = jsonOf(entries[1]!);
    broken.signatures[0]!.sig = `AA${broken.signatures[0]!.sig.slice(2)}`;
    const report = await read(post('/v1/cards', { cards: [jsonOf(entries[0]!), broken, {}] }));
    assert.deepEqual([report.accepted, report.refusedCount], [1, 2]);
    assert.deepEqual(
      report.refused.map(({ at, code }) => [at, code]),
      [
        [2, 'DECODE_FAILED'],
        [1, 'SIGNATURE_INVALID'],
      ],
    );
    const { agentId, cardId } = entries[0]!;
    const url = `${server.url}/v1/cards/${agentId}`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    const stored = await (await fetch(url, { headers })).json();
    assert.deepEqual(stored, { agentId, cardId, envelope: jsonOf(entries[0]!) });
    assert.equal((await fetch(url, { method: 'DELETE', headers })).status, 204);
    assert.equal((await fetch(url, { headers })).status, 404);
  });

  it('imports line by line, with progress and the numbers of the lines that it refused', async () => {
    const lines = Array.from({ length: 70 }, (_, i) => JSON.stringify(jsonOf(entries[i % entries.length]!)));
    lines[66] = '{"payloadType":1}';
    const response = await post('/v1/import', `\n${lines.join('\n')}`, {
      'content-type': 'application/x-ndjson',
    });
    const answered = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(answered[0], { done: 64, accepted: 64, refused: 0 });
    assert.deepEqual([answered[1].refusedLine, answered[1].code], [67, 'DECODE_FAILED']);
    assert.deepEqual(answered.at(-1), { done: 70, accepted: 69, refused: 1, finished: true });
    assert.equal(index.stats().cards, entries.length);

    const tooLong = await post('/v1/import', 'x'.repeat(300_000), { 'content-type': 'application/x-ndjson' });
    assert.equal(JSON.parse(await tooLong.text()).error.code, 'LIMIT_EXCEEDED');
  });

  it('refuses who has no token, who comes by another name, and what it does not know', async () => {
    const asked = { text: 'bells', k: 1 };
    assert.equal((await post('/v1/query', asked, { authorization: 'Bearer wrong' })).status, 401);
    const { port } = new URL(server.url);
    const headers = { host: 'evil.example', authorization: `Bearer ${TOKEN}` };
    const other = httpRequest({ port, path: '/v1/stats', headers });
    other.end();
    const [answer] = await once(other, 'response');
    assert.equal(answer.statusCode, 401);
    answer.resume();
    // A condition that is not understood must not be left out in silence.
    const unknown = await post('/v1/query', { ...asked, filter: { not: { regoin: 'eu' } } });
    assert.deepEqual([unknown.status, await codeOf(unknown)], [400, 'USAGE']);
    const bomb = `{"text":"x","k":1,"filter":${'{"not":'.repeat(5_000)}{}${'}'.repeat(5_001)}`;
    assert.equal(await codeOf(await post('/v1/query', bomb)), 'LIMIT_EXCEEDED');
    const nested = encode(Array.from({ length: 500 }).reduce((inner) => ({ not: inner }), {}));
    assert.equal(
      await codeOf(await post('/v1/query', nested, { 'content-type': CBOR_TYPE })),
      'LIMIT_EXCEEDED',
    );
    assert.equal(await codeOf(await post('/v1/query', { ...asked, k: 1_001 })), 'USAGE');
    assert.equal(await codeOf(await post('/v1/nothing', {})), 'NOT_FOUND');
    assert.equal((await post('/v1/query', ' '.repeat(9_000_000))).status, 413);
  });

  it('says at once that too much waits, and goes on when there is room', async () => {
    await index.upsertBatch(entries);
    let release = () => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const asked = { text: 'bells', k: 1 };
    const patient = Array.from({ length: 3 }, () => post('/v1/query', asked));
    // Two are at work and one waits as soon as the gauge says so.
    while (!/zerostate_index_waiting\{kind="query"\} 1/.test(await text('/metrics'))) await null;
    const refused = await post('/v1/query', asked);
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
    assert.equal(await codeOf(refused), 'INDEX_OVERLOADED');
    release();
    for (const response of await Promise.all(patient)) assert.equal(response.status, 200);
    assert.match(await text('/metrics'), /zerostate_index_overloaded_total\{kind="query"\} 1/);
  });

  it('shows health and metrics to everybody, and describes itself in OpenAPI 3.1', async () => {
    assert.deepEqual(JSON.parse(await text('/livez')), { ok: true });
    assert.equal(JSON.parse(await text('/readyz')).ok, true);
    assert.match(await text('/metrics'), /zerostate_index_cards 0/);
    const document = JSON.parse(await text('/v1/openapi.json'));
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(Object.keys(document.paths).sort(), [
      '/livez',
      '/metrics',
      '/readyz',
      '/v1/cards',
      '/v1/cards/{agentId}',
      '/v1/compact',
      '/v1/import',
      '/v1/query',
      '/v1/query/batch',
      '/v1/reputations',
      '/v1/stats',
    ]);
    // The validator resolves references in place.
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors));
    validator.resolveRefs();
    const broken = structuredClone(document);
    broken.paths['/v1/query'].post.responses['200'].description = 7;
    assert.equal((await new Validator().validate(broken)).valid, false);
    assert.ok(JSON.stringify(document).includes('"$ref":"#/components/schemas/CardFilter"'));
  });

  it('lists its cards a page at a time, each once, in the order of their agents', async () => {
    const many = cardEntries(Array.from({ length: 60 }, (_, i) => ({ name: `Smith ${i}` })));
    await index.upsertBatch(many);
    const listed: string[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const response = await fetch(`${server.url}/v1/cards?limit=3&after=${next}`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      const page = (await response.json()) as { cards: { agentId: string }[]; next?: string };
      listed.push(...page.cards.map(({ agentId }) => agentId));
      next = page.next;
    }
    assert.deepEqual(listed, many.map(({ agentId }) => agentId).sort());
  });

  it('ends in order: what is under way is answered, what comes later is not', async () => {
    await index.upsertBatch(entries);
    let release = () => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const underWay = post('/v1/query', { text: 'bells', k: 1 });
    while (!/zerostate_index_active\{kind="query"\} 1/.test(await text('/metrics'))) await null;
    const closed = server.close();
    release();
    assert.equal((await underWay).status, 200);
    await closed;
    await assert.rejects(post('/v1/query', { text: 'bells', k: 1 }));
    assert.equal((await index.query({ text: 'bells', k: 1 })).results.length, 1);
  });

  it('has a client: cards in parts, batches, and the errors of the server as they are', async () => {
    const client = indexClient({ url: server.url, token: TOKEN });
    const seen: number[] = [];
    const bytes = entries.map(({ envelope }) => envelope);
    const cut = bytes[2]!.slice(0, -1);
    const report = await client.importCards([...bytes, cut], (done) => seen.push(done));
    assert.deepEqual([report.accepted, report.refused[0]?.at, seen], [4, 4, [5]]);
    const { results } = await client.query({
      text: 'bells',
      k: 3,
      filter: { region: 'us', priceMax: { amount: 10n ** 30n, currency: 'EUR' } },
    });
    assert.equal(results[0]!.name, 'Bell Tuner');
    const vector = await words.embed('ropes of hemp');
    const [first, second] = await client.queryBatch([
      { vector, embedder: words.id, k: 1 },
      { vector, embedder: 'other/1', k: 1 },
    ]);
    assert.equal('answer' in first! && first.answer.results[0]!.name, 'Rope Maker');
    assert.equal('error' in second! && second.error.code, 'EMBEDDER_MISMATCH');
    assert.deepEqual((await client.get(entries[0]!.agentId))?.envelope, entries[0]!.envelope);
    await client.remove(entries[0]!.agentId);
    assert.equal(await client.get(entries[0]!.agentId), null);
    assert.equal((await client.stats()).cards, 3);
    const stranger = indexClient({ url: server.url, token: 'no' });
    await assert.rejects(stranger.stats(), (error) => isZeroError(error) && error.code === 'UNAUTHORIZED');
  });

  it('keeps its token in a file that only the owner can read', async () => {
    const path = join(dir, 'token');
    const token = await loadOrCreateToken(path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal(await loadOrCreateToken(path), token);
    await chmod(path, 0o644);
    await assert.rejects(
      loadOrCreateToken(path),
      (error) => isZeroError(error) && error.code === 'KEY_FILE_UNSAFE',
    );
  });
});

describe('zerostate index serve', function () {
  this.timeout(300_000);

  it('runs alone with the commands of the manual, and ends at a signal', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'zs-alone-'));
    const program = fileURLToPath(new URL('../../../bin/zerostate.ts', import.meta.url));
    const run = (...words: string[]) =>
      spawn(process.execPath, [program, 'index', ...words, '--json'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const server = run('serve', '--dir', dir, '--port', '0');
    try {
      let said = '';
      server.stdout.setEncoding('utf8');
      while (!said.includes('}')) said += (await once(server.stdout, 'data'))[0];
      const { url, tokenFile, cards } = JSON.parse(said);
      assert.equal(cards, 0);
      const client = indexClient({ url, token: (await readFile(tokenFile, 'utf8')).trim() });
      await client.importCards(cardEntries(DRAFTS).map(({ envelope }) => envelope));
      const asked = run('query', 'who repairs a church bell', '--url', url, '--token-file', tokenFile);
      let answer = '';
      asked.stdout.setEncoding('utf8').on('data', (part: string) => {
        answer += part;
      });
      await once(asked, 'close');
      assert.match(JSON.parse(answer).results[0].name, /^Bell/);
      server.kill('SIGTERM');
      const [code] = await once(server, 'close');
      assert.equal(code, 0);
      const again = await openIndex({ dir, embedder: wordEmbedder() });
      assert.equal(again.stats().cards, DRAFTS.length);
      await again.close();
    } finally {
      server.kill('SIGKILL');
      await rm(dir, { recursive: true });
    }
  });
});
