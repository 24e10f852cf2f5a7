// What is wrong with a request, in words: as fastify has it, but a choice among names is told once, with the names; an unknown member is told with those
// that there are, and a wrong type with what came instead.

/** One finding of the validator. */
interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Of a body: what was checked, and by what. */
  readonly data?: unknown;
  readonly parentSchema?: { readonly properties?: Readonly<Record<string, unknown>> };
}

/** Characters of a member's name that are told: its sender chose it, and it may be as long as the body. */
const NAME_CHARS_MAX = 64;

/** The findings as one text; `part` is what was checked: body, querystring, params. */
export function schemaErrorText(findings: readonly Finding[], part: string): string {
  const choices = new Map<string, unknown[]>();
  for (const { instancePath, keyword, params } of findings) {
    const named =
      keyword === 'const'
        ? [params.allowedValue]
        : keyword === 'enum'
          ? (params.allowedValues as unknown[])
          : [];
    if (named.length > 0) choices.set(instancePath, [...(choices.get(instancePath) ?? []), ...named]);
  }
  const texts = findings.map((finding) => {
    const { instancePath, keyword } = finding;
    const named = choices.get(instancePath);
    if (named === undefined) return `${part}${instancePath} ${wordsOf(finding)}`;
    if (keyword === 'const' || keyword === 'enum')
      return `${part}${instancePath} must be one of ${named.join(', ')}`;
    // That none of the choices fits says what was said.
    return keyword === 'anyOf' ? '' : `${part}${instancePath} ${wordsOf(finding)}`;
  });
  return [...new Set(texts)].filter((text) => text !== '').join(', ');
}

/** That there is no such member, and which there are. */
export function unknownMemberText(name: string, known: readonly string[], kind = 'member'): string {
  const rest = known.length === 0 ? 'it has none' : `there are ${known.join(', ')}`;
  return `has no ${kind} ${JSON.stringify(name.slice(0, NAME_CHARS_MAX))}: ${rest}`;
}

function wordsOf({ data, keyword, message, params, parentSchema }: Finding): string {
  if (keyword === 'additionalProperties')
    return unknownMemberText(String(params.additionalProperty), Object.keys(parentSchema?.properties ?? {}));
  if (keyword === 'type' && data !== undefined) return `${message}, not ${kindOf(data)}`;
  return message ?? 'is not as it must be';
}

function kindOf(data: unknown): string {
  if (data === null) return 'null';
  if (Array.isArray(data)) return 'array';
  return typeof data;
}
