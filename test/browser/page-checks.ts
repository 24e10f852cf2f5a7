// Checks that hold for every view: contrast of the colours as drawn, names for what can be operated, one heading, and the rules of axe-core
// (WCAG 2.2 A and AA, and its best practices). They run inside the page; each answers a list of what is wrong.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** WCAG 2.2, 1.4.3: least contrast of text that is not large. */
const CONTRAST_MIN = 4.5;

/** Texts whose contrast against what is behind them is too low. */
export function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const parse = (color: string): [number, number, number, number] => {
      const canvas = new OffscreenCanvas(1, 1).getContext('2d', {
        willReadFrequently: true,
      }) as OffscreenCanvasRenderingContext2D;
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const luminance = ([r, g, b]: number[]): number => {
      const [x = 0, y = 0, z = 0] = [r, g, b].map((value) => {
        const share = (value ?? 0) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (element: Element | null): number[] => {
      for (let one = element; one; one = one.parentElement) {
        const [r, g, b, a] = parse(getComputedStyle(one).backgroundColor);
        if (a > 0.99) return [r, g, b];
      }
      return [255, 255, 255];
    };
    const bad = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement as Element;
      const text = node.textContent?.trim() ?? '';
      if (
        text === '' ||
        !element.checkVisibility() ||
        element.closest('.sr-only, svg, noscript, option, :disabled')
      )
        continue;
      const style = getComputedStyle(element);
      const [front, back] = [luminance(parse(style.color)), luminance(behind(element))];
      const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      if (ratio < least)
        bad.add(`${ratio.toFixed(2)} ${element.className || element.tagName}: ${text.slice(0, 30)}`);
    }
    return [...bad];
  }, CONTRAST_MIN);
}

/** Controls without a name, pictures without a role, and more or fewer than one main heading. */
export function unnamed(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const nameOf = (element: Element): string => {
      const label = element.getAttribute('aria-label') ?? '';
      const labelled = (element.getAttribute('aria-labelledby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent ?? '')
        .join('');
      const own =
        element instanceof HTMLInputElement || element instanceof HTMLSelectElement
          ? [...(element.labels ?? [])].map((one) => one.textContent).join('')
          : element.textContent;
      return `${label}${labelled}${own ?? ''}`.trim();
    };
    const bad = [
      ...document.querySelectorAll('a, button, input, select, summary, [role=grid], nav, dialog, aside'),
    ]
      .filter((one) => one.checkVisibility() && nameOf(one) === '')
      .map((one) => `no name: ${one.outerHTML.slice(0, 90)}`);
    const headings = [...document.querySelectorAll('h1')].filter((one) => one.checkVisibility()).length;
    const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `id twice: ${id}`);
    return [...bad, ...twice, ...(headings === 1 ? [] : [`${headings} main headings`])];
  });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What axe-core is asked for. */
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
  }[];
}

/**
 * Violations that axe-core finds. The tester's own channel brings the script in: the page's policy forbids foreign script and stays as it is.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    async (tags) =>
      await (
        window as unknown as { axe: { run(root: Document, options: object): Promise<AxeResult> } }
      ).axe.run(document, {
        runOnly: { type: 'tag', values: tags },
        resultTypes: ['violations'],
      }),
    AXE_TAGS,
  );
  return violations.map(
    ({ help, id, nodes }) =>
      `${id}: ${help}: ${nodes
        .slice(0, 3)
        .map(
          ({ failureSummary, target }) =>
            `${target.join(' ')} (${(failureSummary ?? '').replace(/\s+/g, ' ').slice(0, 160)})`,
        )
        .join('; ')}`,
  );
}
