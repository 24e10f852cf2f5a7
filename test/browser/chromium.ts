// Finds a Chromium and opens pages in it, watched: a page error, a console error or a refused request fails the test.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Windows that the console must work in, in CSS px. */
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };
export const NARROWEST = { width: 360, height: 640 };

/** Longest wait for something to appear, in ms: far above what it takes, so that only a fault reaches it. */
export const APPEAR_MS_MAX = 60_000;
/** Longest wait for Chromium to come up, in ms. */
const LAUNCH_MS_MAX = 120_000;

/** The program: CHROMIUM_PATH when set, else the one that the package carries. */
async function findProgram(): Promise<string> {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!existsSync(given)) throw new Error(`CHROMIUM_PATH names ${given}, and there is no such file`);
    return given;
  }
  return (await import('@sparticuz/chromium')).default.executablePath();
}

/** The package unpacks one font beside the program; the system's own fonts, where there are any, are added to it. */
function fontSettings(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-fonts-'));
  const dirs = [join(tmpdir(), 'fonts'), '/usr/share/fonts', '/usr/local/share/fonts'].filter((dir) =>
    existsSync(dir),
  );
  const file = join(folder, 'fonts.conf');
  writeFileSync(
    file,
    `<?xml version="1.0"?>\n<fontconfig>${dirs.map((dir) => `<dir>${dir}</dir>`).join('')}<cachedir>${folder}</cachedir></fontconfig>\n`,
  );
  return file;
}

export interface LaunchedBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Starts a headless Chromium. Throws when there is none that runs here. */
export async function launchChromium(): Promise<LaunchedBrowser> {
  // As root, Chromium has no sandbox of its own to give; the pages it opens are our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const executablePath = await findProgram();
  const fonts = fontSettings();
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    timeout: LAUNCH_MS_MAX,
    args: [...args, '--disable-gpu', '--font-render-hinting=none'],
    env: { ...process.env, FONTCONFIG_FILE: fonts } as Record<string, string>,
  });
  return {
    browser,
    async close() {
      await browser.close();
      rmSync(join(fonts, '..'), { recursive: true, force: true });
    },
  };
}

export interface WatchedPage {
  readonly page: Page;
  /** Faults seen so far; a test that expects some takes them out. */
  readonly faults: string[];
  /** Requests that left the console's own origin. */
  readonly strangers: string[];
  close(): Promise<void>;
}

/** Opens a page whose errors and foreign requests are noted. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  // What moves is seen in a state between two others, and how it looks then says nothing.
  const still = { viewport: WIDE, locale: 'en-GB', reducedMotion: 'reduce' } as const;
  const context = await browser.newContext({ ...still, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(APPEAR_MS_MAX);
  const faults: string[] = [];
  const strangers: string[] = [];
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const target = new URL(request.url());
    if (target.origin !== new URL(url).origin && target.protocol !== 'blob:') strangers.push(request.url());
  });
  await page.goto(url);
  return { page, faults, strangers, close: () => context.close() };
}
