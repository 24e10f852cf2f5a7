// A request that names something that is no choice is told the choices, once.

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
      'body/most must be one of all, body/most must be integer',
    );
    assert.equal(await told({}), "body must have required property 'policy'");
    await app.close();
  });
});
