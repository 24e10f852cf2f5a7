// The HTTP API when there is too much: which operations give way, that rows count until the last, and what a client makes of the answer.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { Overload } from '../../../node/admission/index.ts';
import { OPERATIONS, type OperationName } from '../../../node/api/operations.ts';
import { type ApiServer, startApi } from '../../../node/api/server.ts';
import { send } from '../../../node/client/send.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { API_TOKEN, AUTHORIZED, apiAlone } from '../../support/api-alone.ts';

const BULK: OperationName = 'reputation.log';
const operation = (id: OperationName) => OPERATIONS.find((one) => one.id === id)!;

describe('the API under overload', () => {
  const load = { lagMs: 0 };
  const metrics = createMetrics();
  const overload = new Overload({ metrics, lagMs: () => load.lagMs });
  let api: ApiServer;
  let rows: Readable;

  before(async () => {
    const served = async (id: OperationName) => {
      if (id !== BULK) return { id };
      rows = new Readable({ read() {} });
      rows.push('{"row":1}\n');
      return rows;
    };
    api = await startApi(apiAlone({ overload, route: ({ id }) => ({ handler: () => served(id) }) }));
  });
  beforeEach(() => {
    load.lagMs = 0;
  });
  after(() => api.close());

  const ask = async (id: OperationName, token = API_TOKEN) => {
    const { method, path } = operation(id);
    const headers = { authorization: `Bearer ${token}` };
    return await fetch(api.url + path.replaceAll(/:\w+/g, 'x'), { method, headers });
  };
  const statuses = async (ids: readonly OperationName[]) =>
    await Promise.all(
      ids.map(async (id) => {
        const response = await ask(id);
        await response.body?.cancel();
        return response.status;
      }),
    );
  /** What is under way; a request that has been answered is seen to have ended a turn later. */
  const emptied = async () => {
    for (let turn = 0; turn < 1_000 && overload.load.underWay > 0; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    return overload.load.underWay;
  };

  it('refuses bulk first, then what somebody waits for, never what stops things or looks', async () => {
    const always: OperationName[] = [
      'tasks.cancel',
      'cards.revoke',
      'provenance.revoke',
      'tokens.revoke',
      'quarantine.order',
      'quarantine.release',
      'policy.rollback',
      'node.get',
      'tasks.get',
    ];
    load.lagMs = 600;
    assert.deepEqual(await statuses([BULK, 'node.backup', 'artifacts.content']), [503, 503, 503]);
    assert.deepEqual(await statuses(['agents.find', 'provenance.query']), [200, 200]);
    load.lagMs = 60_000;
    const waited: OperationName[] = ['agents.find', 'tasks.submit', 'partners.query', 'provenance.query'];
    assert.deepEqual(await statuses(waited), [503, 503, 503, 503]);
    assert.deepEqual(await statuses(always), Array(always.length).fill(200));
    const refused = await ask('agents.find');
    const { error } = (await refused.json()) as { error: { code: string; details: object } };
    assert.deepEqual([error.code, error.details], ['OVERLOADED', { class: 'timed', retryMs: 1_000 }]);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.match(await metrics.render(), /zerostate_shed_total\{class="bulk"\} 3/);
    assert.equal(await emptied(), 0);
  });

  it('counts rows as under way until the last is sent, or until whoever asked has gone', async () => {
    const whole = await ask(BULK);
    assert.equal(overload.load.underWay, 1);
    rows.push(null);
    assert.equal(await whole.text(), '{"row":1}\n');
    assert.equal(await emptied(), 0);
    const gone = await ask(BULK);
    assert.equal(overload.load.underWay, 1);
    await gone.body?.cancel();
    assert.equal(await emptied(), 0);
  });

  it('reads nothing for who asks for the head of rows alone', async () => {
    const { path } = operation(BULK);
    const headers = AUTHORIZED;
    const head = await fetch(api.url + path, { method: 'HEAD', headers });
    assert.equal(head.status, 200);
    assert.equal(rows.destroyed, true);
    assert.equal(await emptied(), 0);
  });

  it('counts nobody who may not ask', async () => {
    load.lagMs = 60_000;
    assert.equal((await ask(BULK, 'wrong')).status, 401);
    assert.equal(overload.load.underWay, 0);
  });

  it('is asked again by a client where it says when, and only there', async () => {
    let tries = 0;
    const answers = [503, 503, 200].map((status) => ({ status, headers: { 'retry-after': '0' } }));
    const at = { url: api.url, token: API_TOKEN, patient: true };
    const fetched = async () => {
      tries += 1;
      return new Response('{}', answers.shift());
    };
    const found = await send({ ...at, fetch: fetched }, operation('agents.find'), '/v1/find', { body: {} });
    assert.deepEqual([found.status, tries], [200, 3]);
    const plain = async () => new Response('{}', { status: 503 });
    await assert.rejects(send({ ...at, fetch: plain }, operation('node.get'), '/v1/node', {}), /HTTP 503/);
  });
});
