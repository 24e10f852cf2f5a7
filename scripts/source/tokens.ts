// Splits TypeScript or JavaScript text into tokens and comments, for the checks in scripts/. Not a parser: it knows
// strings, templates, regular expressions and comments, which is all that finding imports and banned names needs.

/** One token. `value` is the content of a string, or of a template without substitutions. */
export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'punct' | 'regex';
  readonly text: string;
  readonly value?: string;
  readonly offset: number;
}

export interface Comment {
  readonly text: string;
  readonly offset: number;
}

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

const NAME = /[#$_\p{ID_Start}][$\p{ID_Continue}]*/uy;
const NUMBER = /(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?)n?/y;
const REGEX = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const STRING = /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y;
const PUNCT = /=>|\?\.(?!\d)|\.\.\.|\+\+|--|[\s\S]/y;
const BEFORE_REGEX = new Set(
  'return typeof case in of do else void delete throw new instanceof await yield default'.split(' '),
);

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** The content of a quoted string; escapes other than quotes and backslashes are left as they are. */
function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(['"`\\])/g, '$1');
}

/** Tokens and comments of a source text, in order. Never throws: malformed text gives odd tokens. */
export function tokenize(text: string): Tokens {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  const templateDepths: number[] = [];
  let depth = 0;
  let operandEnd = false;
  let at = 0;

  const push = (kind: Token['kind'], raw: string, ends: boolean, value?: string): void => {
    tokens.push(
      value === undefined ? { kind, text: raw, offset: at } : { kind, text: raw, value, offset: at },
    );
    at += raw.length;
    operandEnd = ends;
  };

  // Reads template text from `at` (a backtick, or the brace that closes a substitution) to the next `${` or the end.
  const template = (): void => {
    let end = at + 1;
    while (end < text.length && text[end] !== '`' && !(text[end] === '$' && text[end + 1] === '{')) {
      end += text[end] === '\\' ? 2 : 1;
    }
    const whole = text[at] === '`' && text[end] === '`';
    if (text[end] === '$') {
      push('string', text.slice(at, end + 2), false);
      templateDepths.push(depth);
      depth += 1;
    } else {
      const raw = text.slice(at, end + 1);
      push('string', raw, true, whole ? unquote(raw) : undefined);
    }
  };

  while (at < text.length) {
    const char = text[at]!;
    if (/\s/.test(char)) {
      at += 1;
    } else if (char === '/' && (text[at + 1] === '/' || text[at + 1] === '*')) {
      const line = text[at + 1] === '/';
      const found = text.indexOf(line ? '\n' : '*/', at + 2);
      const end = found < 0 ? text.length : line ? found : found + 2;
      comments.push({ text: text.slice(at, end), offset: at });
      at = end;
    } else if (char === '`') {
      template();
    } else if (char === '}' && templateDepths.at(-1) === depth - 1) {
      templateDepths.pop();
      depth -= 1;
      template();
    } else {
      const quoted = char === "'" || char === '"' ? match(STRING, text, at) : null;
      const name = match(NAME, text, at);
      const number = match(NUMBER, text, at);
      const regex = char === '/' && !operandEnd ? match(REGEX, text, at) : null;
      if (quoted !== null) push('string', quoted, true, unquote(quoted));
      else if (name !== null) push('name', name, !BEFORE_REGEX.has(name));
      else if (number !== null) push('number', number, true);
      else if (regex !== null) push('regex', regex, true);
      else {
        const punct = match(PUNCT, text, at)!;
        if (punct === '{') depth += 1;
        if (punct === '}') depth -= 1;
        // A postfix `!`, `++` or `--` leaves an operand an operand, so that a slash after it divides.
        const keeps = punct === '!' || punct === '++' || punct === '--';
        push('punct', punct, keeps ? operandEnd : punct === ')' || punct === ']');
      }
    }
  }
  return { tokens, comments };
}

/** One-based line number of an offset. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
