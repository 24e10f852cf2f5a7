// What runs in the page of a run: draws the nodes at a moment, plays, steps, and says what a node saw. Plain script of a browser.

export const SCRIPT = `
'use strict';
const data = JSON.parse(document.getElementById('run').textContent);
const $ = (id) => document.getElementById(id);
const net = $('net'), curve = $('curve'), time = $('time'), thing = $('thing'), facts = $('facts'), list = $('events');
const arrivals = new Set(data.arrivals);
const end = data.rows.length === 0 ? 1 : Math.max(1, data.rows[data.rows.length - 1][0]);
const TRAIL_MS = Math.max(20, end / 200);
let now = 0, chosen = -1, node = -1, playing = false, last = 0;

// Nodes on a sunflower: any number of them, evenly.
const places = Array.from({ length: data.nodes }, (_, n) => {
  const r = Math.sqrt((n + 0.5) / data.nodes) * 0.46, a = n * Math.PI * (3 - Math.sqrt(5));
  return [net.width / 2 + r * net.width * Math.cos(a), net.height / 2 + r * net.height * Math.sin(a)];
});
const size = Math.max(2, Math.min(11, 130 / Math.sqrt(Math.max(1, data.nodes))));

// For each thing: when each node first had it, and from whom.
const spread = data.things.map(() => new Map());
for (const [at, kind, who, peer, what] of data.rows)
  if (what >= 0 && arrivals.has(kind) && !spread[what].has(who)) spread[what].set(who, [at, peer]);
// A sender had what it sent: the origin is whom somebody got it from and who got it from nobody.
for (const seen of spread)
  for (const [, [at, peer]] of [...seen]) if (peer >= 0 && !seen.has(peer)) seen.set(peer, [at, -1]);

// When each node went and came.
const turns = new Map();
for (const [at, kind, who] of data.rows)
  if (data.kinds[kind] === 'goes' || data.kinds[kind] === 'comes') {
    if (!turns.has(who)) turns.set(who, []);
    turns.get(who).push([at, data.kinds[kind] === 'goes']);
  }
function isAway(n) {
  let away = false;
  for (const [at, goes] of turns.get(n) || []) { if (at > now) break; away = goes; }
  return away;
}

function firstAfter(ms) {
  let low = 0, high = data.rows.length;
  while (low < high) { const middle = (low + high) >> 1; if (data.rows[middle][0] <= ms) low = middle + 1; else high = middle; }
  return low;
}
function color(name) { return getComputedStyle(document.body).getPropertyValue(name) || '#888'; }
function line(g, a, b, style, width) {
  if (!places[a] || !places[b]) return;
  g.strokeStyle = style; g.lineWidth = width; g.beginPath(); g.moveTo(...places[a]); g.lineTo(...places[b]); g.stroke();
}
function draw() {
  const g = net.getContext('2d'), text = getComputedStyle(document.body).color;
  g.clearRect(0, 0, net.width, net.height);
  const upTo = firstAfter(now), seen = chosen < 0 ? new Map() : spread[chosen];
  const hot = chosen >= 0 && data.things[chosen].isRevocation ? '#c2410c' : '#2563eb';
  for (let at = upTo - 1; at >= 0 && data.rows[at][0] > now - TRAIL_MS; at--) {
    const [, , who, peer] = data.rows[at];
    if (peer >= 0) line(g, peer, who, '#88888855', 1);
  }
  // The way that the chosen thing took.
  for (const [who, [at, peer]] of seen) if (at <= now && peer >= 0) line(g, peer, who, hot, 1.5);
  let have = 0;
  for (let n = 0; n < data.nodes; n++) {
    const got = seen.get(n), has = got !== undefined && got[0] <= now;
    if (has) have += 1;
    g.beginPath(); g.arc(places[n][0], places[n][1], size, 0, 7);
    g.fillStyle = has ? hot : '#88888844';
    if (isAway(n)) { g.strokeStyle = has ? hot : '#888888'; g.lineWidth = 1; g.stroke(); }
    else g.fill();
    if (has && got[1] < 0) { g.strokeStyle = text; g.lineWidth = 2.5; g.stroke(); }
    if (n === node) { g.strokeStyle = text; g.lineWidth = 1.5; g.beginPath(); g.arc(places[n][0], places[n][1], size + 4, 0, 7); g.stroke(); }
  }
  drawCurve(hot, text);
  tell(upTo, have);
}
function drawCurve(hot, text) {
  const g = curve.getContext('2d'), w = curve.width, h = curve.height;
  g.clearRect(0, 0, w, h);
  if (chosen >= 0) {
    const times = [...spread[chosen].values()].map(([at]) => at).sort((a, b) => a - b);
    g.strokeStyle = hot; g.lineWidth = 2; g.beginPath(); g.moveTo(0, h - 4);
    times.forEach((at, n) => { const x = (at / end) * w; g.lineTo(x, h - 4 - (n / data.nodes) * (h - 8)); g.lineTo(x, h - 4 - ((n + 1) / data.nodes) * (h - 8)); });
    g.lineTo(w, h - 4 - (times.length / data.nodes) * (h - 8)); g.stroke();
  }
  g.strokeStyle = text; g.lineWidth = 1; g.beginPath(); g.moveTo((now / end) * w, 0); g.lineTo((now / end) * w, h); g.stroke();
}
function row(pairs) {
  facts.replaceChildren(...pairs.flatMap(([name, value]) => {
    const dt = document.createElement('dt'), dd = document.createElement('dd');
    dt.textContent = name; dd.textContent = value; return [dt, dd];
  }));
}
function tell(upTo, have) {
  const seconds = (now / 1000).toFixed(3) + ' s';
  row([['Time', seconds], ['Events so far', String(upTo)], ['Nodes that have it', have + ' of ' + data.nodes], ['Node', node < 0 ? 'click one' : String(node)]]);
  $('who').textContent = node < 0 ? 'Latest events' : 'Latest events of node ' + node;
  const items = [];
  for (let at = upTo - 1; at >= 0 && items.length < 40; at--) {
    const [ms, kind, who, peer, what] = data.rows[at];
    if (node >= 0 && who !== node && peer !== node) continue;
    const li = document.createElement('li');
    li.textContent = (ms / 1000).toFixed(3) + '  ' + data.kinds[kind] + '  ' + (peer < 0 ? '' : peer + ' > ') + who + (what < 0 ? '' : '  ' + data.things[what].name.slice(0, 40));
    items.push(li);
  }
  list.replaceChildren(...items);
  time.value = String(Math.round((now / end) * 1000));
}
function frame(at) {
  if (!playing) return;
  now = Math.min(end, now + (at - last) * Number($('speed').value)); last = at;
  if (now >= end) stop();
  draw();
  if (playing) requestAnimationFrame(frame);
}
function stop() { playing = false; $('play').textContent = 'Play'; }
$('play').addEventListener('click', () => {
  if (playing) { stop(); return; }
  if (now >= end) now = 0;
  playing = true; $('play').textContent = 'Pause'; last = performance.now(); requestAnimationFrame(frame);
});
$('step').addEventListener('click', () => { stop(); now = (data.rows[firstAfter(now)] || [end])[0]; draw(); });
time.addEventListener('input', () => { stop(); now = (Number(time.value) / 1000) * end; draw(); });
thing.addEventListener('change', () => { chosen = Number(thing.value); draw(); });
net.addEventListener('click', (event) => {
  const box = net.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * net.width, y = ((event.clientY - box.top) / box.height) * net.height;
  let best = -1, near = (size + 8) ** 2;
  places.forEach(([px, py], n) => { const d = (px - x) ** 2 + (py - y) ** 2; if (d < near) { near = d; best = n; } });
  node = best; draw();
});
data.things.forEach(({ name, isRevocation }, at) => {
  const option = document.createElement('option');
  option.value = String(at); option.textContent = (isRevocation && !name.startsWith('revocation') ? 'revocation of ' : '') + name.slice(0, 60);
  thing.append(option);
});
const revoked = data.things.findIndex((one) => one.isRevocation);
chosen = revoked >= 0 ? revoked : data.things.length - 1;
if (chosen >= 0) {
  thing.value = String(chosen);
  const times = [...spread[chosen].values()].map(([at]) => at).sort((a, b) => a - b);
  now = times[Math.floor(times.length / 2)] || 0;
}
draw();
`;
