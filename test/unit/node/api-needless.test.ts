// A parameter or a body that an operation does not take is refused by name, whatever the route: it would do nothing, and its sender would not know.

import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { makeApi } from '../../../node/api/server.ts';
import { AUTHORIZED, apiAlone } from '../../support/api-alone.ts';

const querystring = Type.Object({ limit: Type.Integer({ default: 50 }), q: Type.String({ default: '' }) });

describe('what an operation of the API does not take', () => {
  let app: FastifyInstance;
  before(async () => {
    const options = apiAlone({
      route: ({ id }) => ({
        schema: id === 'cards.list' ? { querystring } : {},
        handler: async ({ query }) => ({ query }),
      }),
    });
    app = await makeApi({
      ...options,
      routes: async (on) => {
        await options.routes(on);
        on.get('/healthy', async () => ({}));
      },
    });
  });
  after(() => app.close());

  const ask = async (url: string, method: 'GET' | 'HEAD' | 'POST' = 'GET') => {
    const answer = await app.inject({ method, url, headers: AUTHORIZED });
    const { error, query } = (method === 'HEAD' ? {} : answer.json()) as {
      error?: { code: string; message: string };
      query?: object;
    };
    return { status: answer.statusCode, code: error?.code, message: error?.message, query };
  };

  it('is told by name, with the parameters that there are', async () => {
    assert.deepEqual((await ask('/v1/cards?limit=3')).query, { limit: 3, q: '' });
    const { code, message, status } = await ask('/v1/cards?limit=3&limt=4');
    assert.deepEqual(
      [status, code, message],
      [400, 'USAGE', 'the query of cards.list has no parameter "limt": there are limit, q'],
    );
    const bare = await ask('/v1/node?verbose=1');
    assert.deepEqual(
      [bare.status, bare.message],
      [400, 'the query of node.get has no parameter "verbose": it has none'],
    );
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'Limit'])
      assert.equal((await ask(`/v1/cards?${name}=1`)).status, 400, name);
    assert.ok(((await ask(`/v1/node?${'x'.repeat(10_000)}=1`)).message?.length ?? 0) < 200);
  });

  it('is refused of HEAD and POST too, and taken where no operation is', async () => {
    assert.equal((await ask('/v1/node?verbose=1', 'HEAD')).status, 400);
    assert.equal((await ask('/v1/tasks/none/cancel?why=x', 'POST')).status, 400);
    assert.equal((await ask('/healthy?since=1')).status, 200);
    assert.equal((await ask('/a2a/agent?since=1', 'POST')).status, 200, 'A2A has rules of its own');
  });
});
