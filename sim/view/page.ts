// The page of a run: one file with everything in it, which loads nothing and may run nothing but its own script.

import { createHash } from 'node:crypto';
import type { ViewData } from './data.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

export interface PageHead {
  readonly name: string;
  readonly tier: string;
  readonly seed: number;
  readonly traceHash: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** The page as text. Names come from a trace and are never markup. */
export function pageText(head: PageHead, data: ViewData): string {
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${sha256(SCRIPT)}'`,
    `style-src 'sha256-${sha256(STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // In a block of data nothing is markup but the end of the block.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  const title = escapeHtml(`${head.name}, ${head.tier}, seed ${head.seed}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${data.nodes} nodes, ${data.rows.length} events${data.left > 0 ? `, ${data.left} more left out` : ''}; trace <code>${escapeHtml(head.traceHash === '' ? 'none: real time' : head.traceHash.slice(0, 16))}</code></p>
</header>
<main>
<section aria-label="Network">
<canvas id="net" width="900" height="620" role="img" aria-label="Nodes; those that have the chosen thing are filled"></canvas>
<canvas id="curve" width="900" height="90" role="img" aria-label="Share of nodes that have the chosen thing, over time"></canvas>
<div class="controls">
<button id="play" type="button">Play</button>
<button id="step" type="button">Next event</button>
<label>Time <input id="time" type="range" min="0" max="1000" value="0"></label>
<label>Speed <select id="speed"><option value="0.1">a tenth</option><option value="1" selected>as it was</option><option value="5">5 times</option><option value="25">25 times</option></select></label>
</div>
<p>Filled: it is there; in colour: it has the chosen thing, along the lines. Only an outline: it is away. A black ring: it wrote the thing.</p>
</section>
<aside>
<label>Spread, or way, of <select id="thing"></select></label>
<dl id="facts" aria-live="polite"></dl>
<h2 id="who">Events</h2>
<ol id="events"></ol>
</aside>
</main>
<script id="run" type="application/json">${json}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
