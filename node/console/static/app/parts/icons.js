// The icons, drawn on a 20 by 20 grid with strokes in the current colour. Decorative: text always stands beside them.

import { s } from '../dom.js';

const PATHS = {
  network:
    'M10 4.5v4M8 11.5l-3 2.6M12 11.5l3 2.6M10 4.5m-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0M10 10.2m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M4 15.3m-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0M16 15.3m-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0',
  find: 'M9 9m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0M12.8 12.8L17 17',
  cards:
    'M3 5.5h14v9.5H3zM5.8 9m0 0a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0M5.5 12.4h3M11 8.6h3.5M11 11.6h3.5',
  receipts: 'M5 3h10v14l-2.5-1.6L10 17l-2.5-1.6L5 17zM7.5 7h5M7.5 10h5',
  log: 'M10 3v4M10 7L5.5 10.5M10 7l4.5 3.5M5.5 10.5v2M14.5 10.5v2M3.5 12.5h4v4h-4zM12.5 12.5h4v4h-4z',
  revocations: 'M10 10m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0M5.2 14.8L14.8 5.2',
  routing: 'M3.5 7h12M12.5 4l3 3-3 3M16.5 13h-12M7.5 10l-3 3 3 3',
  peers:
    'M7 7.2m-2.6 0a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0-5.2 0M2.5 16c0-2.6 2-4.2 4.5-4.2s4.5 1.6 4.5 4.2M13 5.2a2.4 2.4 0 0 1 0 4.6M14 12.2c2 .3 3.5 1.7 3.5 3.8',
  health: 'M2.5 10.5h3.6l2-5 3.4 9 2.1-4h3.9',
  reputation: 'M4 16.5V11M8 16.5V7.5M12 16.5V9.5M16 16.5V4',
  partners: 'M6.8 10m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0M13.2 10m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0',
  tasks: 'M3.5 5l1.3 1.3L7 4M3.5 10l1.3 1.3L7 9M3.5 15l1.3 1.3L7 14M9.8 5.3H17M9.8 10.3H17M9.8 15.3H17',
  provenance:
    'M4.5 5m-1.9 0a1.9 1.9 0 1 0 3.8 0a1.9 1.9 0 1 0-3.8 0M4.5 15m-1.9 0a1.9 1.9 0 1 0 3.8 0a1.9 1.9 0 1 0-3.8 0M15.5 10m-1.9 0a1.9 1.9 0 1 0 3.8 0a1.9 1.9 0 1 0-3.8 0M6.4 5c4 0 3.5 5 7.2 5M6.4 15c4 0 3.5-5 7.2-5',
  witnesses:
    'M2.5 10s2.7-5 7.5-5 7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5zM10 10m-2.2 0a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0',
  freshness: 'M10 10m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0M10 6v4.2l2.8 1.8',
  quarantine: 'M10 3l6.5 2.4v4.4c0 3.6-2.6 6-6.5 7.4-3.9-1.4-6.5-3.8-6.5-7.4V5.4zM7.6 8v4.2M12.4 8v4.2',
  menu: 'M3.5 5.5h13M3.5 10h13M3.5 14.5h13',
  check: 'M4.5 10.5l3.6 3.6L15.5 6.4',
  cross: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
  warn: 'M10 3.5L17.5 16.5H2.5zM10 8.2v3.9M10 14.1v.3',
  clock: 'M10 10m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0M10 6v4.2l2.8 1.8',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  back: 'M11.5 5L6.5 10l5 5',
  close: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
  download: 'M10 3.5v9M6.2 9l3.8 3.8L13.8 9M4 16.5h12',
  upload: 'M10 13V4M6.2 7.5L10 3.7l3.8 3.8M4 16.5h12',
  refresh: 'M16 10a6 6 0 1 1-1.8-4.3M16.2 3v3.4h-3.4',
  theme: 'M10 10m-6.5 0a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0M10 3.5v13M10 6.5l4.6-1M10 10h6.5M10 13.5l4.6 1',
  boot: 'M6 17V3.5M6 4h8l-2 3 2 3H6',
  index: 'M9 9m-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0-8.4 0M12.2 12.2L16 16',
  relay: 'M3.5 7h12M12.5 4l3 3-3 3M16.5 13h-12M7.5 10l-3 3 3 3',
  edge: 'M10 10m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0',
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name @param {string} [extra] more class names */
export function icon(name, extra = '') {
  return s(
    'svg',
    { class: `icon ${extra}`.trim(), viewBox: '0 0 20 20', 'aria-hidden': 'true', focusable: 'false' },
    s('path', { d: PATHS[name] }),
  );
}

/** The bare path of an icon, to be placed inside another drawing. @param {IconName} name */
export function iconPath(name) {
  return s('path', { d: PATHS[name], class: 'icon-path' });
}
