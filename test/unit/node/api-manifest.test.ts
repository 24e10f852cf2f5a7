// One manifest of operations: routes, OpenAPI document, types of the client, reference and the paths that commands call are the same list.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { type ApiDocument, describeApi } from '../../../node/api/describe.ts';
import { OPERATIONS, operationAt, pathOf } from '../../../node/api/operations.ts';
import { makeApi } from '../../../node/api/server.ts';
import { systemClock } from '../../../node/clock/index.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { described, referenceFile, typesFile } from '../../../scripts/api/types.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('the manifest of operations', () => {
  let document: ApiDocument;
  before(async () => {
    document = await describeApi();
  });

  it('is the routes, the OpenAPI document, the types of the client and the reference', async () => {
    const missing = [...described(document)]
      .filter(([, operation]) => operation === undefined)
      .map(([id]) => id);
    // The document does not describe itself.
    assert.deepEqual(missing, ['api.document'], 'in the manifest, and no route');
    assert.equal(new Set(OPERATIONS.map(({ id }) => id)).size, OPERATIONS.length);
    for (const { id, scope } of OPERATIONS.filter((one) => one.id !== 'api.document')) {
      const operation = described(document).get(id);
      assert.deepEqual([operation?.operationId, operation?.security], [id, [{ token: [scope] }]]);
      assert.ok((operation?.summary ?? '').length > 3, `${id} says what it is`);
    }
    assert.equal(read('node/client/types.ts'), typesFile(document), 'stale: run "npm run api"');
    assert.equal(read('docs/reference/api.md'), referenceFile(document), 'stale: run "npm run api"');
  });

  it('makes an OpenAPI 3.1 document that its schema takes', async () => {
    const validator = new Validator();
    const { errors, valid } = await validator.validate(structuredClone(document) as never);
    assert.deepEqual([valid, errors], [true, undefined]);
    assert.equal(validator.version, '3.1');
  });

  it('takes no body with members that it does not name, but for documents that have a form of their own', () => {
    const open: string[] = [];
    const walk = (schema: unknown, at: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { additionalProperties, type } = schema as { additionalProperties?: unknown; type?: unknown };
      if (type === 'object' && additionalProperties !== false) open.push(at);
      for (const [name, inner] of Object.entries(schema))
        walk(inner, name === 'properties' ? at : `${at}.${name}`);
    };
    for (const [id, operation] of described(document))
      for (const { schema } of Object.values(operation?.requestBody?.content ?? {})) walk(schema, id);
    assert.deepEqual(open, [
      'cards.publish.draft',
      'cards.update.draft',
      'cards.rotate.draft',
      'tasks.submit.manifest',
      'tasks.submit.files',
      'receipts.verify',
      'sealed.add.envelope',
      'policy.apply.bundles.items',
    ]);
  });

  it('is what an API serves: one with a route more or less does not start', async () => {
    const start = async (routes: Parameters<typeof makeApi>[0]['routes']) => {
      const access = { token: '-', clock: systemClock, requestsPerSecond: 1, tokens: {}, answers: {} };
      const log = createLogger({ level: 'silent', name: 'x' });
      const app = await makeApi({
        host: '127.0.0.1',
        access: access as never,
        overload: {} as never,
        log,
        routes,
      });
      try {
        await app.ready();
      } finally {
        await app.close();
      }
    };
    const more = start(async (app) => {
      app.get('/v1/more', async () => ({}));
    });
    await assert.rejects(more, /GET \/v1\/more is a route and no operation/);
    const other = start(async (app) => {
      app.delete(pathOf('cards.get'), async () => ({}));
    });
    await assert.rejects(other, /DELETE \/v1\/cards\/:agentId is a route and no operation/);
    const less = start(async (app) => {
      app.get('/open', async () => ({}));
      app.get(pathOf('node.get'), async () => ({}));
    });
    await assert.rejects(less, /without a route: (?!node\.get)node\.network/);
  });

  it('has every path that commands call', () => {
    const unknown: string[] = [];
    let seen = 0;
    for (const file of ['node/cli', 'bootstrap', 'relay', 'sim', 'bin'].flatMap((room) =>
      globSync(`${room}/**/*.ts`, { cwd: ROOT }),
    )) {
      const text = read(file);
      for (const [, path = ''] of text.matchAll(
        /['"`](\/(?:v1|a2a)\/(?:\$\{[^`]*?\}(?=[/?`$])|[^'"`$])*)/g,
      )) {
        seen += 1;
        // A word that is put in may be an id, a query or the end of the path.
        const parts = path.replaceAll(/\$\{[^`]*?\}(?=[/?$]|$)/g, '\0').split(/[?]/)[0] as string;
        const known = OPERATIONS.some(({ path: pattern }) => {
          const wanted = pattern.split('/');
          const given = parts.split('/');
          return (
            given.every((part, at) => {
              if (part === '\0' || part.endsWith('\0')) return true;
              return part === wanted[at];
            }) &&
            (given.length === wanted.length || parts.endsWith('\0'))
          );
        });
        if (!known) unknown.push(`${file}: ${path}`);
      }
    }
    assert.ok(seen > 90, `${seen} paths`);
    assert.deepEqual(unknown, []);
  });

  it('finds the operation of a path, and none for what is not there', () => {
    for (const [method, path, id] of [
      ['GET', '/v1/cards/a%2Fb', 'cards.get'],
      ['GET', '/v1/cards/x/resolve?fresh=true', 'cards.resolve'],
      ['POST', '/v1/partners/query', 'partners.query'],
      ['POST', '/v1/partners/did/remove', 'partners.remove'],
      ['GET', '/v1/cards/', undefined],
      ['POST', '/v1/node', undefined],
      ['GET', '/v1/nowhere', undefined],
    ] as const)
      assert.equal(operationAt(method, path)?.id, id, `${method} ${path}`);
  });
});
