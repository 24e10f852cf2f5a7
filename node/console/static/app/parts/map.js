// Draws the network map as SVG: zones, links, nodes. Every node is a link that can be reached with the keyboard.
// The drawing is a view of the same rows as the node table below it, which holds all of it in words.

import { h, s } from '../dom.js';
import { clean, relativeTime } from '../format.js';
import { routeTo } from '../router.js';
import { iconPath } from './icons.js';
import { layoutMap } from './map-layout.js';

/** Links drawn; beyond it the map is one grey surface. */
const LINKS_MAX = 2000;
/** Live routes drawn. */
const ROUTES_MAX = 200;
/** Pulses on the map at one time. */
const PULSES_MAX = 24;
const ROLES = /** @type {const} */ (['boot', 'relay', 'index', 'edge']);

export function createMap() {
  const layer = {
    zones: s('g', { class: 'map-zones' }),
    links: s('g', { class: 'map-links' }),
    routes: s('g', { class: 'map-routes' }),
    pulses: s('g', { class: 'map-pulses' }),
    nodes: s('g', { class: 'map-nodes' }),
  };
  const svg = s(
    'svg',
    { class: 'map', role: 'group', 'aria-label': 'Map of the network' },
    layer.zones,
    layer.links,
    layer.routes,
    layer.pulses,
    layer.nodes,
  );
  const element = h('div', { class: 'map-box' }, svg);
  /** @type {import('../api.js').NetworkView} */
  let network = { nodes: [], links: [] };
  let selected = '';
  /** Paths through relays, as peer ids. @type {string[][]} */
  let routes = [];
  /** @type {ReturnType<typeof layoutMap>} */
  let layout = layoutMap([], { width: 1, height: 1 });

  const draw = () => {
    const width = element.clientWidth;
    const height = element.clientHeight;
    if (width === 0 || height === 0) return;
    const focused = /** @type {Element | null} */ (
      svg.contains(document.activeElement) ? document.activeElement : null
    )?.getAttribute('data-peer');
    if (svg.getAttribute('viewBox') !== `0 0 ${width} ${height}`) layer.pulses.replaceChildren();
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    layout = layoutMap(network.nodes, { width, height });
    layer.zones.replaceChildren(...layout.zones.flatMap(drawZone));
    const shown = unique(network.links);
    const near = selected || network.nodes.find((node) => node.self)?.peerId || '';
    layer.links.replaceChildren(...shown.flatMap((link) => drawLink(link, near)));
    layer.routes.replaceChildren(...routes.slice(0, ROUTES_MAX).flatMap(drawRoute));
    /** @type {Map<string, number>} */
    const rtts = new Map();
    for (const link of shown) {
      if (link.rttMs === null || (link.from !== near && link.to !== near)) continue;
      rtts.set(link.from === near ? link.to : link.from, link.rttMs);
    }
    layer.nodes.replaceChildren(...network.nodes.flatMap((node) => drawNode(node, rtts.get(node.peerId))));
    if (focused)
      /** @type {any} */ (layer.nodes.querySelector(`[data-peer="${CSS.escape(focused)}"]`))?.focus({
        preventScroll: true,
      });
  };

  /** A path through relays, drawn beside the links that carry it. @param {string[]} path */
  const drawRoute = (path) => {
    const points = path.map((peer) => layout.points.get(peer)).filter((point) => point !== undefined);
    if (points.length < 3) return [];
    const words = `Route: ${path.map((peer) => clean(network.nodes.find((node) => node.peerId === peer)?.name ?? peer, 40)).join(' to ')}`;
    return [
      s(
        'polyline',
        { class: 'route', points: points.map(({ x, y }) => `${round(x)},${round(y)}`).join(' ') },
        s('title', null, words),
      ),
    ];
  };

  /** @param {import('../api.js').NetworkLink} link @param {string} near */
  const drawLink = (link, near) => {
    const a = layout.points.get(link.from);
    const b = layout.points.get(link.to);
    if (!a || !b) return [];
    const [first, second] = link.from < link.to ? [a, b] : [b, a];
    const bend = 0.08;
    const mid = {
      x: (a.x + b.x) / 2 + (second.y - first.y) * bend,
      y: (a.y + b.y) / 2 - (second.x - first.x) * bend,
    };
    const touched = link.from === near || link.to === near;
    const path = s('path', {
      class: ['link', touched ? 'is-near' : ''],
      d: `M${round(first.x)} ${round(first.y)}Q${round(mid.x)} ${round(mid.y)} ${round(second.x)} ${round(second.y)}`,
    });
    return [path];
  };

  /** @param {import('../api.js').NetworkNode} node @param {number | undefined} rtt to the node that is looked from */
  const drawNode = (node, rtt) => {
    const at = layout.points.get(node.peerId);
    if (!at) return [];
    const r = layout.radius;
    const role = ROLES.find((one) => node.roles.includes(one)) ?? 'edge';
    const up = node.online;
    const roles = node.roles.map((one) => clean(one, 16)).join(' · ');
    const far = layout.labels && rtt !== undefined ? ` ${rttText(rtt)}` : '';
    // What is written in the picture comes first, as it is written.
    const words = [
      `${clean(node.name, 24)} ${roles}${far}`,
      clean(node.region, 60),
      node.self ? 'this node' : node.connected ? 'connected' : up ? 'online' : 'silent',
    ].join(', ');
    const glyph = iconPath(role);
    glyph.setAttribute('transform', `translate(${-r * 0.6} ${-r * 0.6}) scale(${(r * 1.2) / 20})`);
    return [
      s(
        'a',
        {
          href: routeTo(['network', node.peerId]),
          class: [
            'node',
            node.self ? 'is-self' : '',
            up ? '' : 'is-down',
            node.peerId === selected ? 'is-selected' : '',
          ],
          'data-peer': node.peerId,
          'aria-label': words,
          transform: `translate(${round(at.x)} ${round(at.y)})`,
        },
        // Where the name is written, a tooltip would say it twice; the spaces keep the written words apart for whoever reads them out.
        layout.labels ? null : s('title', null, words),
        s('circle', { class: 'node-hit', r: Math.max(r + 6, 22) }),
        s('circle', { class: 'node-ring', r: r + 5 }),
        s('circle', { class: 'node-dot', r }),
        r >= 8 ? glyph : null,
        layout.labels ? s('text', { class: 'node-name', y: r + 17 }, clean(node.name, 24)) : null,
        ' ',
        layout.labels ? s('text', { class: 'node-roles', y: r + 32 }, roles) : null,
        ' ',
        far === '' ? null : s('text', { class: 'node-rtt', y: r + 47 }, far.trim()),
      ),
    ];
  };

  const observer = new ResizeObserver(draw);
  observer.observe(element);

  return {
    element,
    /**
     * @param {import('../api.js').NetworkView} next
     * @param {string} peerId the node whose detail is open
     * @param {string[][]} [through] live paths through relays
     */
    set(next, peerId, through = []) {
      network = next;
      routes = through;
      selected = peerId;
      draw();
    },
    /** A short ring around a node that has just done something. @param {string | null} peerId */
    pulse(peerId) {
      const at = peerId ? layout.points.get(peerId) : undefined;
      if (!at || layer.pulses.childElementCount >= PULSES_MAX) return;
      const ring = s('circle', {
        class: 'pulse',
        cx: round(at.x),
        cy: round(at.y),
        r: layout.radius,
        on: { animationend: () => ring.remove() },
      });
      layer.pulses.append(ring);
    },
    destroy() {
      observer.disconnect();
    },
  };
}

/**
 * Each pair of nodes once: both ends announce their link, and one of them may not have measured it yet.
 * @param {import('../api.js').NetworkLink[]} links
 */
function unique(links) {
  /** @type {Map<string, import('../api.js').NetworkLink>} */
  const pairs = new Map();
  for (const link of links) {
    const key = link.from < link.to ? `${link.from} ${link.to}` : `${link.to} ${link.from}`;
    if ((pairs.get(key)?.rttMs ?? null) === null) pairs.set(key, link);
    if (pairs.size >= LINKS_MAX) break;
  }
  return [...pairs.values()];
}

/** @param {import('./map-layout.js').Zone} zone */
function drawZone(zone) {
  return [
    s('rect', {
      class: 'zone',
      x: round(zone.x + 0.5),
      y: round(zone.y + 0.5),
      width: round(Math.max(zone.width - 1, 1)),
      height: round(Math.max(zone.height - 1, 1)),
      rx: 14,
    }),
    s('text', { class: 'zone-name', x: round(zone.x + 16), y: round(zone.y + 26) }, clean(zone.region, 32)),
    s(
      'text',
      { class: 'zone-count', x: round(zone.x + zone.width - 16), y: round(zone.y + 26) },
      `${zone.count} ${zone.count === 1 ? 'node' : 'nodes'}`,
    ),
  ];
}

/** @param {number | null} ms */
export function rttText(ms) {
  if (ms === null || !Number.isFinite(ms)) return '–';
  return ms < 1 ? '<1 ms' : `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
}

/** @param {number | null} ms since the node was last heard */
export function lastSeenText(ms) {
  return ms === null || !Number.isFinite(ms) ? 'never' : relativeTime(-ms, 0);
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
