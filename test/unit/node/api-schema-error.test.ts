// A request that names something that is no choice is told the choices, once; one with an unknown member or a wrong type is told which, and what there is.

import assert from 'node:assert/strict';
import fastify from 'fastify';
import Type from 'typebox';
import { compilers } from '../../../node/api/compilers.ts';
import { schemaErrorText } from '../../../node/api/schema-error.ts';
import { POLICY_NAMES } from '../../../protocol/routing/index.ts';

const BODY = Type.Object({
  policy: Type.Union(POLICY_NAMES.map((name) => Type.Literal(name))),
  level: Type.Optional(Type.Enum(['low', 'high'])),
  most: Type.Optional(Type.Union([Type.Literal('all'), Type.Integer({ minimum: 1 })])),
});

describe('what is wrong with a request', () => {
  it('is told once, with the names that may be chosen', async () => {
    const app = fastify({
      schemaController: compilers(),
      schemaErrorFormatter: (errors, part) => new Error(schemaErrorText(errors, part)),
    });
    app.post('/', { schema: { body: BODY } }, async () => ({}));
    const told = async (payload: object) =>
      (await app.inject({ method: 'POST', url: '/', payload })).json().message;
    assert.equal(await told({ policy: 'x' }), `body/policy must be one of ${POLICY_NAMES.join(', ')}`);
    assert.equal(await told({ policy: 'direct', level: 'x' }), 'body/level must be one of low, high');
    assert.equal(
      await told({ policy: 'direct', most: 'x' }),
      'body/most must be one of all, body/most must be integer, not string',
    );
    assert.equal(await told({}), "body must have required property 'policy'");
    await app.close();
  });

  it('is told with the member that is unknown and those that there are, and with what came instead of a type', async () => {
    const app = fastify({
      schemaController: compilers(),
      schemaErrorFormatter: (errors, part) => new Error(schemaErrorText(errors, part)),
    });
    const closed = { additionalProperties: false };
    const body = Type.Object(
      {
        text: Type.String(),
        limit: Type.Integer({ default: 5 }),
        filter: Type.Optional(Type.Object({}, closed)),
      },
      closed,
    );
    app.post('/', { schema: { body } }, async () => ({}));
    const told = async (payload: object) => {
      const answer = await app.inject({ method: 'POST', url: '/', payload });
      return [answer.statusCode, answer.json().message];
    };
    const known = 'there are text, limit, filter';
    assert.deepEqual(await told({ text: 'x', limt: 3 }), [400, `body has no member "limt": ${known}`]);
    assert.deepEqual(await told({ text: 'x', filter: { a: 1 } }), [
      400,
      'body/filter has no member "a": it has none',
    ]);
    assert.deepEqual(await told({ text: 5 }), [400, 'body/text must be string, not number']);
    assert.deepEqual(await told({ text: 'x', limit: '5' }), [400, 'body/limit must be integer, not string']);
    const long = 'x'.repeat(1_000);
    assert.ok(
      (await told({ text: '', [long]: 1 }))[1].length < 200,
      'a name as long as a body is told in part',
    );
    await app.close();
  });
});
