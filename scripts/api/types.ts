// TypeScript types of the API's operations, from its OpenAPI document.

import type { ApiDocument, DescribedOperation } from '../../node/api/describe.ts';
import { OPERATIONS } from '../../node/api/operations.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
}

/** What a schema is in TypeScript. In a request a member with a default may be left out. */
export function typeOf(schema: Schema, asked: boolean): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined)
    return [...new Set(schema.anyOf.map((one) => typeOf(one, asked)))].join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map((one) => typeOf(one, asked)).join(' & ');
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return `readonly (${schema.items === undefined ? 'unknown' : typeOf(schema.items, asked)})[]`;
    case 'object':
      return objectOf(schema, asked);
    default:
      return 'unknown';
  }
}

function objectOf(schema: Schema, asked: boolean): string {
  const { additionalProperties, patternProperties, properties, required = [] } = schema;
  if (properties === undefined || Object.keys(properties).length === 0) {
    const [values] = Object.values(patternProperties ?? {});
    const value = values ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    return value === undefined
      ? 'Readonly<Record<string, unknown>>'
      : `Readonly<Record<string, ${typeOf(value, asked)}>>`;
  }
  const members = Object.entries(properties).map(([name, member]) => {
    const optional = !required.includes(name) || (asked && member.default !== undefined);
    return `readonly ${JSON.stringify(name)}${optional ? '?' : ''}: ${typeOf(member, asked)}`;
  });
  return `{ ${members.join('; ')} }`;
}

function inputOf(operation: DescribedOperation): string {
  const { parameters = [], requestBody } = operation;
  const group = (place: 'path' | 'query') =>
    parameters
      .filter((one) => one.in === place)
      .map(({ name, required, schema }) => {
        const optional = place === 'query' && (required !== true || (schema as Schema).default !== undefined);
        return {
          optional,
          text: `readonly ${JSON.stringify(name)}${optional ? '?' : ''}: ${typeOf(schema, true)}`,
        };
      });
  const members: string[] = [];
  const path = group('path');
  if (path.length > 0) members.push(`readonly params: { ${path.map(({ text }) => text).join('; ')} }`);
  const query = group('query');
  if (query.length > 0) {
    const optional = query.every((one) => one.optional);
    members.push(`readonly query${optional ? '?' : ''}: { ${query.map(({ text }) => text).join('; ')} }`);
  }
  const body = requestBody?.content['application/json']?.schema;
  if (body !== undefined) members.push(`readonly body: ${typeOf(body, true)}`);
  return members.length === 0 ? 'Record<never, never>' : `{ ${members.join('; ')} }`;
}

function answerOf({ responses }: DescribedOperation): string {
  const good = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, { content }]) => {
      const schema = content?.['application/json']?.schema;
      return schema === undefined ? [] : [typeOf(schema, false)];
    });
  return good.length === 0 ? 'unknown' : [...new Set(good)].join(' | ');
}

/** The described operation of each of the manifest, by id; undefined where the document does not have it. */
export function described(document: ApiDocument): Map<string, DescribedOperation | undefined> {
  return new Map(
    OPERATIONS.map(({ id, method, path }) => [
      id,
      document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()],
    ]),
  );
}

/** The file of types. */
export function typesFile(document: ApiDocument): string {
  const lines = [...described(document)].flatMap(([id, operation]) =>
    operation === undefined
      ? []
      : [
          `  /** ${operation.summary ?? id}. */`,
          `  readonly '${id}': { readonly input: ${inputOf(operation)}; readonly answer: ${answerOf(operation)} };`,
        ],
  );
  return `// What each operation of the API takes and answers. Made from the OpenAPI document by \`npm run api\`; do not edit.
// biome-ignore-all format: a line an operation

/** Operations by id. */
export interface Operations {
${lines.join('\n')}
}
`;
}

/** The list of operations for people. */
export function referenceFile(document: ApiDocument): string {
  const all = described(document);
  const rows = OPERATIONS.flatMap(({ id, method, path, scope }) => {
    const operation = all.get(id);
    return operation === undefined
      ? []
      : [
          `| \`${id}\` | \`${method} ${path}\` | ${scope} | ${(operation.summary ?? '').replaceAll('|', '\\|')} |`,
        ];
  });
  return `# HTTP API

Made from the manifest of operations (\`node/api/operations.ts\`) and the routes' schemas by \`npm run api\`; do not edit. A running node
answers the whole OpenAPI 3.1 document at \`GET /v1/openapi.json\`; the typed client is \`zerostate/client\`
([how to use it](../how-to/speak-with-programs.md)).

A request brings a bearer token. Its scope is \`read\` (look), \`operate\` (work and pay as well) or \`admin\` (change who is trusted and
what is allowed); the token in the file \`api-token\` may do everything. Too many requests are answered with 429. What changes state may
bring an \`Idempotency-Key\`: the same key and request is done once, and answered the same again for a day. A body is taken as it is: a
member that the schema does not name is refused by name and never left out, a text is no number and a number no text, and a \`null\` is
refused wherever the schema does not name it (ENFORCED \`test/unit/node/api-compilers.test.ts\`); what may be left out is left out. A query
string is all text and is read as what it stands for; a parameter that the operation does not have is refused by name, like a member (ENFORCED
\`test/unit/node/api-needless.test.ts\`). A2A and the protocol of witnesses are lenient where their own rules are. Errors are
\`{"error": {code, message, hint, retryable, details}}\` ([codes](errors.md)).

| operation | route | scope | |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
