// Tidy check on documents: every link inside the repository resolves, its anchor too, and every document named in source exists.

import { posix } from 'node:path';
import type { Finding, Tree, TreeFile } from '../source/tree.ts';

const LINK =
  /!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\s*\[[^\]]+\]:\s*(\S+)|<(?:img|a)\s[^>]*(?:src|href)="([^"]+)"/g;
const DOCUMENT = /(?<![\w./-])docs\/[\w./-]+\.(?:md|json|yaml)\b/g;

/** Lines of a document outside fenced code, with inline code blanked, numbered from 1. */
function prose(text: string): { line: number; text: string }[] {
  let fence: string | null = null;
  const lines: { line: number; text: string }[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(raw)?.[1];
    if (mark !== undefined && (fence === null || mark.startsWith(fence)))
      fence = fence === null ? mark : null;
    else if (fence === null) lines.push({ line: index + 1, text: raw.replace(/`[^`]*`/g, '``') });
  }
  return lines;
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  let fenced = false;
  for (const raw of text.split('\n')) {
    if (/^\s*(?:`{3,}|~{3,})/.test(raw)) fenced = !fenced;
    const heading = fenced ? undefined : /^#{1,6}\s+(.*?)\s*#*$/.exec(raw)?.[1];
    if (heading !== undefined) {
      const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
      let unique = slug;
      for (let copy = 1; anchors.has(unique); copy++) unique = `${slug}-${copy}`;
      anchors.add(unique);
    }
    for (const [, id] of raw.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id!);
  }
  return anchors;
}

function judge(
  file: TreeFile,
  link: string,
  byPath: ReadonlyMap<string, TreeFile>,
  folders: ReadonlySet<string>,
): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return null;
  const [name = '', anchor] = link.split('#', 2);
  const path =
    name === '' ? file.path : posix.normalize(posix.join(posix.dirname(file.path), decodeURI(name)));
  const target = byPath.get(path);
  if (target === undefined)
    return folders.has(path.replace(/\/$/, '')) ? null : `link to ${link}, which does not exist`;
  if (anchor === undefined || anchor === '' || !path.endsWith('.md')) return null;
  return anchorsOf(target.text).has(anchor) ? null : `link to ${link}: ${path} has no such heading`;
}

/** Broken links in Markdown, and documents that source files name but that do not exist. */
export function checkLinks(tree: Tree): Finding[] {
  const byPath = new Map(tree.files.map((file) => [file.path, file]));
  const folders = new Set([
    '.',
    ...tree.files.flatMap(({ path }) => path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))),
  ]);
  const findings: Finding[] = [];
  for (const file of tree.files.filter(({ path }) => path.endsWith('.md'))) {
    for (const { line, text } of prose(file.text)) {
      for (const match of text.matchAll(LINK)) {
        const message = judge(file, (match[1] ?? match[2] ?? match[3])!, byPath, folders);
        if (message !== null) findings.push({ path: file.path, line, message });
      }
    }
  }
  for (const file of tree.sources.filter(({ path }) => !path.startsWith('test/'))) {
    for (const match of file.text.matchAll(DOCUMENT)) {
      if (tree.has(match[0])) continue;
      findings.push({
        path: file.path,
        line: file.line(match.index),
        message: `names ${match[0]}, which does not exist`,
      });
    }
  }
  return findings;
}

/** Documents below docs/ that no chain of links from README.md or docs/README.md reaches. */
export function checkOrphans(tree: Tree): Finding[] {
  const documents = new Map(
    tree.files.filter(({ path }) => path.endsWith('.md')).map((file) => [file.path, file]),
  );
  const queue = ['README.md', 'docs/README.md'];
  const reached = new Set<string>();
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = documents.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { text } of prose(file.text)) {
      for (const match of text.matchAll(LINK)) {
        const link = (match[1] ?? match[2] ?? match[3])!.split('#', 1)[0]!;
        queue.push(posix.normalize(posix.join(posix.dirname(path), link)));
      }
    }
  }
  return [...documents.keys()]
    .filter((path) => path.startsWith('docs/') && !reached.has(path))
    .map((path) => ({ path, message: 'no link from docs/README.md leads to it' }));
}
