// Whether what a document names as evidence is there: tests and their titles, benches, scripts.

import { globSync } from 'node:fs';
import type { Tree } from '../source/tree.ts';
import type { NamedTest } from './read.ts';

/** Looks up evidence in a repository. */
export class Evidence {
  readonly #tree: Tree;
  readonly #scripts: ReadonlySet<string>;
  readonly #titles = new Map<string, string>();

  constructor(tree: Tree) {
    this.#tree = tree;
    const manifest = tree.files.find(({ path }) => path === 'package.json')?.text ?? '{}';
    this.#scripts = new Set(Object.keys((JSON.parse(manifest) as { scripts?: object }).scripts ?? {}));
  }

  /** The test files that a name stands for: a path, a folder, a pattern, or a file name that occurs once. */
  filesOf(name: string): string[] {
    const tests = this.#tree.files.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'));
    if (name.includes('*')) {
      const pattern = name.startsWith('test/') ? name : `test/**/${name}`;
      return globSync(pattern, { cwd: this.#tree.root }).filter((path) => tests.includes(path));
    }
    if (!name.startsWith('test/')) return tests.filter((path) => path.endsWith(`/${name}`));
    const folder = name.replace(/\/?$/, '/');
    return tests.filter((path) => path === name || path.startsWith(folder));
  }

  /** What is wrong with a test that is named; undefined when it is there. */
  faultOfTest({ name, title }: NamedTest): string | undefined {
    // A program of a judge that is no test of ours, such as test/interop/tlog, is there as a folder.
    const files = this.filesOf(name);
    if (files.length === 0) return `no test ${name}`;
    if (!name.startsWith('test/') && !name.includes('*') && files.length > 1)
      return `${name} is the name of ${files.length} tests: write its path`;
    if (title === undefined || files.some((path) => this.#textOf(path).includes(title))) return undefined;
    return `${name} has no test "${title}"`;
  }

  #textOf(path: string): string {
    const known = this.#titles.get(path);
    if (known !== undefined) return known;
    const text = this.#tree.files.find((file) => file.path === path)?.text ?? '';
    this.#titles.set(path, text);
    return text;
  }

  /** What is wrong with a command; undefined when it is there. What is not ours is not judged. */
  faultOfCommand(command: string): string | undefined {
    const words = command.split(/\s+/).filter((word) => !/^[A-Z_]+=/.test(word));
    const [program, first, second] = words;
    if (program === 'npm' && first === 'run') {
      if (!this.#scripts.has(second ?? '')) return `no script ${second} in package.json`;
      if (second !== 'bench' || !words.includes('--')) return undefined;
      for (const name of words.slice(words.indexOf('--') + 1).filter((word) => /^[a-z][\w-]*$/.test(word)))
        if (name !== 'list' && !this.#tree.has(`test/bench/${name}.bench.ts`)) return `no bench ${name}`;
      return undefined;
    }
    const file =
      program === 'node' ? words.slice(1).find((word) => /^[\w./-]+\.(?:ts|js|mjs)$/.test(word)) : undefined;
    if (file !== undefined && !file.startsWith('node_modules/') && !this.#tree.has(file))
      return `no file ${file}`;
    const test = words.find((word) => /^test\/.*\.ts$/.test(word));
    if (test !== undefined && !this.#tree.has(test)) return `no file ${test}`;
    return undefined;
  }
}
