// The published JSON schema of scenarios: another validator takes every scenario of the product, and refuses what the reader refuses.

import { equal, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const ROOT = new URL('../../../', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('docs/reference/scenario.schema.json', ROOT), 'utf8'));

describe('the JSON schema of scenarios', () => {
  const validate = new Ajv2020({ useDefaults: true, strict: false }).compile(schema);

  it('takes every scenario of the product', () => {
    const folder = new URL('sim/scenarios/', ROOT);
    for (const file of readdirSync(folder)) {
      const scenario = parse(readFileSync(new URL(file, folder), 'utf8'));
      ok(validate(scenario), `${file}: ${JSON.stringify(validate.errors)}`);
    }
  });

  it('refuses unknown keys and values out of bounds', () => {
    for (const text of ['nme: x', 'topology: { nodes: 1 }', 'adversaries: [{ kind: sybl }]', 'tier: T9'])
      equal(validate(parse(text)), false, text);
  });
});
