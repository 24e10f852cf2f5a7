// Places nodes on the network map: one zone per region, the nodes of a region on a ring or, when many, on a sunflower
// spiral. Pure and deterministic: the same nodes in the same window always stand at the same place.

/** Above this many nodes in one region the ring becomes a spiral. */
const RING_MAX = 12;
const GAP = 20;
/** Below this height, in px, nodes move up to leave room for the words under them. */
const LOW_ZONE = 240;
/** In radians. */
const LIFT = 0.5;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/**
 * @typedef {{ peerId: string, name: string, region: string, roles: string[] }} Placed
 * @typedef {{ region: string, x: number, y: number, width: number, height: number, count: number }} Zone
 * @typedef {{ x: number, y: number }} Point
 */

/**
 * @param {Placed[]} nodes
 * @param {{ width: number, height: number }} size in px
 * @returns {{ zones: Zone[], points: Map<string, Point>, radius: number, labels: boolean }}
 */
export function layoutMap(nodes, { width, height }) {
  /** @type {Map<string, Placed[]>} */
  const groups = new Map();
  for (const node of nodes) {
    const region = node.region || 'no region';
    groups.set(region, [...(groups.get(region) ?? []), node]);
  }
  const regions = [...groups.keys()].sort();
  const zones = divide(
    regions.map((region) => ({ region, count: groups.get(region)?.length ?? 0 })),
    width,
    height,
  );
  /** @type {Map<string, Point>} */
  const points = new Map();
  const largest = Math.max(1, ...zones.map((zone) => zone.count));
  const radius = largest <= RING_MAX ? 19 : largest <= 40 ? 12 : largest <= 120 ? 8 : 5;
  for (const zone of zones) {
    const members = [...(groups.get(zone.region) ?? [])].sort(byImportance);
    placeIn(zone, members, { x: width / 2, y: height / 2 }, points);
  }
  return { zones, points, radius, labels: largest <= RING_MAX };
}

/** Splits the area into columns, or into rows where it is narrow; more than four regions make a grid. */
function divide(
  /** @type {{ region: string, count: number }[]} */ regions,
  /** @type {number} */ width,
  /** @type {number} */ height,
) {
  const narrow = width < 560;
  const perLine =
    regions.length <= 4
      ? narrow
        ? 1
        : regions.length
      : Math.ceil(Math.sqrt(regions.length * (narrow ? 0.5 : 1.6)));
  const lines = [];
  for (let start = 0; start < regions.length; start += perLine)
    lines.push(regions.slice(start, start + perLine));
  const lineHeight = (height - GAP * Math.max(lines.length - 1, 0)) / Math.max(lines.length, 1);
  /** @type {Zone[]} */
  const zones = [];
  lines.forEach((line, row) => {
    // A region with more nodes is wider, but none is wider than twice the least.
    const least = Math.min(...line.map((one) => one.count));
    const weights = line.map((one) => Math.min(Math.sqrt(one.count), 2 * Math.sqrt(Math.max(least, 1))));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let x = 0;
    line.forEach((one, column) => {
      const share = ((width - GAP * (line.length - 1)) * (weights[column] ?? 1)) / total;
      zones.push({
        region: one.region,
        count: one.count,
        x,
        y: row * (lineHeight + GAP),
        width: share,
        height: lineHeight,
      });
      x += share + GAP;
    });
  });
  return zones;
}

/** @param {Zone} zone @param {Placed[]} members @param {Point} centre @param {Map<string, Point>} points */
function placeIn(zone, members, centre, points) {
  const middle = {
    x: zone.x + zone.width / 2,
    y: zone.y + zone.height / 2 + (zone.height < LOW_ZONE ? -8 : 4),
  };
  const reachX = zone.width / 2 - Math.min(70, zone.width * 0.24);
  const reachY = zone.height / 2 - Math.min(78, zone.height * 0.32);
  if (members.length === 1) {
    points.set(/** @type {Placed} */ (members[0]).peerId, middle);
    return;
  }
  // The first, most important, faces the middle of the map, where most links go; a little above it, so that the
  // links of the others pass below.
  const stacked = Math.abs(centre.x - middle.x) < 1;
  const lift = stacked ? 0 : centre.x > middle.x ? -LIFT : LIFT;
  // Two nodes of a low, wide zone stand side by side.
  const facing =
    stacked && members.length === 2 ? Math.PI : Math.atan2(centre.y - middle.y, centre.x - middle.x) + lift;
  members.forEach((node, index) => {
    if (members.length <= RING_MAX) {
      const angle = facing + (index * 2 * Math.PI) / members.length;
      points.set(node.peerId, {
        x: middle.x + Math.cos(angle) * reachX,
        y: middle.y + Math.sin(angle) * reachY,
      });
      return;
    }
    const distance = Math.sqrt((index + 0.5) / members.length);
    const angle = index * GOLDEN_ANGLE;
    points.set(node.peerId, {
      x: middle.x + Math.cos(angle) * distance * (zone.width / 2 - 24),
      y: middle.y + 6 + Math.sin(angle) * distance * (zone.height / 2 - 34),
    });
  });
}

const ORDER = ['boot', 'relay', 'index'];

/** @param {Placed} a @param {Placed} b */
function byImportance(a, b) {
  const rank = (/** @type {Placed} */ node) => ORDER.findIndex((role) => node.roles.includes(role)) >>> 0;
  return (
    rank(a) - rank(b) ||
    a.name.localeCompare(b.name, 'en', { numeric: true }) ||
    (a.peerId < b.peerId ? -1 : 1)
  );
}
