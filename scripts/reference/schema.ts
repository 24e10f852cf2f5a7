// A TypeBox schema as a JSON schema for others: what has a default need not be written, and the layout is the formatter's.

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const WIDTH = 110;

/** The same schema in which no key with a default is required. */
function relaxed(value: Json): Json {
  if (Array.isArray(value)) return value.map(relaxed);
  if (typeof value !== 'object' || value === null) return value;
  const { properties, required, ...rest } = value as { readonly [key: string]: Json };
  const out: Record<string, Json> = {};
  for (const [key, part] of Object.entries(rest)) out[key] = relaxed(part);
  if (properties === undefined) return required === undefined ? out : { ...out, required };
  const known = properties as { readonly [key: string]: { readonly default?: Json } };
  const needed = ((required ?? []) as readonly string[]).filter((name) => known[name]?.default === undefined);
  return {
    ...out,
    ...(needed.length === 0 ? {} : { required: needed }),
    properties: Object.fromEntries(Object.entries(known).map(([key, part]) => [key, relaxed(part as Json)])),
  };
}

/** Arrays of plain values on one line where they fit. */
function laidOut(value: Json, indent: string, before: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const isPlain = value.every((item) => typeof item !== 'object' || item === null);
    if (isPlain && before + line.length < WIDTH) return line;
    return `[\n${value.map((item) => `${deeper}${laidOut(item, deeper, deeper.length)}`).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value).map(([key, part]) => {
    const name = `${JSON.stringify(key)}: `;
    return `${deeper}${name}${laidOut(part, deeper, deeper.length + name.length)}`;
  });
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
}

/** The text of the schema's file. */
export function schemaDocument(schema: unknown): string {
  const plain = relaxed(JSON.parse(JSON.stringify(schema)) as Json) as { readonly [key: string]: Json };
  return `${laidOut({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...plain }, '', 0)}\n`;
}
