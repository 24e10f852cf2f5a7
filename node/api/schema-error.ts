// What is wrong with a request, in words: as fastify has it, but a choice among names is told once, with the names.

/** One finding of the validator. */
interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

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
  const texts = findings.map(({ instancePath, keyword, message }) => {
    const named = choices.get(instancePath);
    if (named === undefined) return `${part}${instancePath} ${message ?? 'is not as it must be'}`;
    if (keyword === 'const' || keyword === 'enum')
      return `${part}${instancePath} must be one of ${named.join(', ')}`;
    // That none of the choices fits says what was said.
    return keyword === 'anyOf' ? '' : `${part}${instancePath} ${message}`;
  });
  return [...new Set(texts)].filter((text) => text !== '').join(', ');
}
