// Reads the claims of the documents: every sentence, list item or table row that carries one of the three tags, with what is named as its
// evidence beside it, else in its section, else in the head of its document.

import type { Tree, TreeFile } from '../source/tree.ts';

/** ENFORCED: a test fails when it stops being true; AUDITED: measured, with the command; PLANNED: nothing shows it yet. */
export const TAGS = ['ENFORCED', 'AUDITED', 'PLANNED'] as const;
export type Tag = (typeof TAGS)[number];

/** One claim of a document. */
export interface Claim {
  readonly path: string;
  readonly line: number;
  readonly tag: Tag;
  /** What is claimed, without marks. */
  readonly text: string;
  /** Tests, as written: a path, a file name, a pattern; with the title behind it where one is given. */
  readonly tests: readonly NamedTest[];
  /** Commands, as written. */
  readonly commands: readonly string[];
  /** Runbooks that are linked beside it. */
  readonly runbooks: readonly string[];
}

/** A test that a document names. */
export interface NamedTest {
  readonly name: string;
  readonly title?: string;
}

/** Documents whose claims count: what people read, without the decisions, which say how things were when they were made. */
export const isClaiming = (path: string): boolean =>
  path.endsWith('.md') &&
  path !== 'docs/README.md' &&
  path !== CLAIMS_DOC &&
  (path === 'README.md' ||
    /^docs\/(?:reference|how-to|runbooks|tutorial|explanation)\//.test(path) ||
    /^[a-z-]+\/README\.md$/.test(path));

/** The list of all claims, which is made from them. */
export const CLAIMS_DOC = 'docs/reference/claims.md';

const TAG = /(?<![\w`])(ENFORCED|AUDITED|PLANNED)\b/g;
/** A test in a document: a path below test/, or a file name that is the only one of its kind; a title may follow in quotes. */
const TEST = /`(test\/[\w./*-]+|[\w*-]+\.test\.ts)`(?: \("([^"]+)"\))?/g;
const COMMAND = /`((?:[A-Z_]+=\S+ )*(?:npm (?:run|test)|node|npx|kubectl|systemd-analyze|docker)[^`]*)`/g;
const RUNBOOK = /\]\(([\w./-]*runbooks\/[\w-]+\.md)|\]\(([\w-]+\.md)\)/g;

/** A part of a document that stands together: a paragraph, an item, a row. */
interface Block {
  readonly line: number;
  readonly text: string;
}

interface Section {
  readonly blocks: readonly Block[];
}

/** The sections of a document, each with its blocks; code is left out. */
function sectionsOf(text: string): Section[] {
  const sections: { blocks: Block[] }[] = [{ blocks: [] }];
  let block: { line: number; lines: string[] } | undefined;
  const end = () => {
    if (block !== undefined) sections.at(-1)?.blocks.push({ line: block.line, text: block.lines.join(' ') });
    block = undefined;
  };
  let fenced = false;
  for (const [at, raw] of text.split('\n').entries()) {
    if (/^\s*(?:`{3,}|~{3,})/.test(raw)) {
      fenced = !fenced;
      end();
    } else if (fenced || raw.trim() === '') end();
    else if (/^#{1,6} /.test(raw)) {
      end();
      sections.push({ blocks: [] });
    } else {
      if (/^\s*(?:[-*|]|\d+\.) ?/.test(raw)) end();
      block ??= { line: at + 1, lines: [] };
      block.lines.push(raw.trim());
    }
  }
  end();
  return sections;
}

interface Evidence {
  readonly tests: NamedTest[];
  readonly commands: string[];
  readonly runbooks: string[];
}

function evidenceIn(path: string, text: string): Evidence {
  const inRunbooks = path.startsWith('docs/runbooks/');
  return {
    tests: [...text.matchAll(TEST)].map(([, name = '', title]) =>
      title === undefined ? { name } : { name, title },
    ),
    commands: [...text.matchAll(COMMAND)].map(([, command = '']) => command),
    runbooks: [...text.matchAll(RUNBOOK)].flatMap(([, link, beside]) => {
      const name = link?.split('/').at(-1) ?? (inRunbooks ? beside : undefined);
      return name === undefined ? [] : [`docs/runbooks/${name}`];
    }),
  };
}

/** Characters of a claim that is nothing but its tag and its evidence. */
const WORDS_MAX = 300;

/** The claim in words: of a row its cells, of a text the sentence that the tag stands in or closes. */
function wordsOf(text: string, tagAt: number): string {
  const plain = (part: string) =>
    part
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll('**', '')
      .replaceAll(/\s+/g, ' ')
      .trim();
  if (text.startsWith('|')) {
    const [first = '', ...others] = text.split(/(?<!\\)\|/).slice(1, -1);
    const said = others.filter((cell) => !/ENFORCED|AUDITED|PLANNED/.test(cell));
    return plain([first, ...said].join(': '));
  }
  const before = text.slice(0, tagAt);
  const after = text.slice(tagAt);
  // The tag closes its sentence ("… (ENFORCED).", "…. ENFORCED `test`"), or opens what it speaks of ("AUDITED: …").
  const opens = /^(?:ENFORCED|AUDITED|PLANNED)(?:\*\*)?(?: \([^)]*\))?(?: (?:by |in )?`[^`]*`)*: /.exec(
    after,
  );
  if (opens !== null && /(?:^|[.:;!?)|>] \*{0,2}|^[-*] \*{0,2})$/.test(before))
    return plain(after.slice(opens[0].length).split(/(?<=[.!?])\s/)[0] ?? '');
  const sentences = before.replace(/[\s(*]+$/, '').split(/(?<=[.!?:])\s+(?=[A-Z`*[])/);
  const own = sentences.at(-1)?.replace(/^[-*>\d.]+ /, '') ?? '';
  if (own.length > 8) return plain(own);
  const earlier = sentences.at(-2);
  return plain(earlier === undefined ? text.slice(0, WORDS_MAX) : earlier + own);
}

function claimsOf({ path, text }: TreeFile): Claim[] {
  const sections = sectionsOf(text);
  // A row of a table speaks for itself, and for what is said of the whole table.
  const whole = ({ blocks }: Section, rows: boolean) =>
    evidenceIn(
      path,
      blocks
        .map((block) => block.text)
        .filter((block) => rows || !block.startsWith('|'))
        .join('\n'),
    );
  // What stands above the first second-level heading speaks for the whole document.
  const head = whole({ blocks: sections.slice(0, 2).flatMap(({ blocks }) => blocks.slice(0, 4)) }, false);
  return sections.flatMap((section) => {
    const around = whole(section, false);
    const rows = whole(section, true);
    return section.blocks.flatMap((block) =>
      [...block.text.matchAll(TAG)].map((match): Claim => {
        const own = evidenceIn(path, block.text);
        // Evidence of its own is all the evidence; who has none has what its section, its table or its document names.
        const alone = own.tests.length + own.commands.length > 0 || match[1] === 'PLANNED';
        const first = <T>(pick: (one: Evidence) => readonly T[]) =>
          (alone ? [own] : block.text.startsWith('|') ? [around, head] : [around, rows, head])
            .map(pick)
            .find((found) => found.length > 0) ?? [];
        return {
          path,
          line: block.line,
          tag: match[1] as Tag,
          text: wordsOf(block.text, match.index),
          tests: first(({ tests }) => tests),
          commands: first(({ commands }) => commands),
          runbooks: [...new Set([...own.runbooks, ...around.runbooks])],
        };
      }),
    );
  });
}

/** Every claim of the documents, in the order of their paths. */
export function readClaims(tree: Tree): Claim[] {
  return tree.files.filter(({ path }) => isClaiming(path)).flatMap(claimsOf);
}
