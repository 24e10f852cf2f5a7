// Schemas of routes are compiled when a request first needs them, and check and write as fastify does by itself.

import assert from 'node:assert/strict';
import fastify from 'fastify';
import { compilers } from '../../../node/api/compilers.ts';

const SUM = {
  body: {
    type: 'object',
    required: ['one'],
    properties: {
      one: { type: 'integer' },
      other: { type: 'integer', default: 2 },
      maybe: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      list: { type: 'array', items: { type: 'string' } },
    },
  },
  response: { 200: { type: 'object', properties: { sum: { type: 'integer' } } } },
};
/** No schema at all: the compiler refuses it. */
const WRONG = { body: { type: 'no such type' } };

function api(schema: object, isEager?: boolean) {
  const app = fastify({ schemaController: compilers(isEager) });
  app.post('/sum', { schema: SUM }, async ({ body }) => {
    const { one, other } = body as { one: number; other: number };
    return { sum: one + other, kept: 'not in the schema' };
  });
  app.post('/other', { schema }, async () => ({}));
  return app;
}

describe('compilers of the API', () => {
  it('check requests, fill in defaults and write answers by their schemas', async () => {
    const app = api(SUM);
    const post = async (payload: object) => await app.inject({ method: 'POST', url: '/sum', payload });
    const good = await post({ one: 40 });
    assert.deepEqual([good.statusCode, good.json()], [200, { sum: 42 }]);
    for (let twice = 0; twice < 2; twice++) {
      const bad = await post({ one: 'no number' });
      assert.equal(bad.statusCode, 400);
      assert.match(bad.json().message, /body\/one must be integer/);
    }
    assert.equal((await post({ one: 1, other: 1 })).json().sum, 2, 'what was wrong before is forgotten');
    await app.close();
  });

  it('take a null for no number, no text and no truth, wherever it stands', async () => {
    const app = api(SUM);
    const post = async (payload: object) => {
      const answer = await app.inject({ method: 'POST', url: '/sum', payload });
      return [answer.statusCode, answer.json().message];
    };
    assert.deepEqual(await post({ one: null }), [400, 'body/one must be integer']);
    assert.deepEqual(await post({ one: 1, other: null }), [400, 'body/other must be integer']);
    assert.deepEqual(await post({ one: 1, list: ['a', null] }), [400, 'body/list/1 must be string']);
    const kept = fastify({ schemaController: compilers() });
    kept.post('/kept', { schema: { body: SUM.body } }, async ({ body }) => body as object);
    const answer = await kept.inject({ method: 'POST', url: '/kept', payload: { one: 1, maybe: null } });
    assert.deepEqual(answer.json(), { one: 1, other: 2, maybe: null }, 'where it is meant, it stays one');
    await kept.close();
    await app.close();
  });

  it('coerce what a query string says, and nothing that a body says; what a body has besides its schema is refused', async () => {
    const app = fastify({ schemaController: compilers() });
    const one = { type: 'object', properties: { one: { type: 'integer' } }, additionalProperties: false };
    app.post('/', { schema: { querystring: one, body: one } }, async ({ body, query }) => ({ body, query }));
    const post = async (url: string, payload: object) => {
      const answer = await app.inject({ method: 'POST', url, payload });
      return answer.statusCode === 200 ? answer.json() : answer.json().message;
    };
    assert.deepEqual(await post('/?one=5', { one: 6 }), { query: { one: 5 }, body: { one: 6 } });
    assert.equal(await post('/', { one: '6' }), 'body/one must be integer');
    assert.equal(await post('/', { one: true }), 'body/one must be integer');
    assert.equal(await post('/', { two: 2 }), 'body must NOT have additional properties');
    await app.close();
  });

  it('compile a schema when it is used, or all at once where one that is wrong is to be found', async () => {
    const lazy = api(WRONG);
    await lazy.ready();
    await lazy.close();
    await assert.rejects(async () => await api(WRONG, true).ready(), /no such type|type must be/);
  });
});
