// The lists of the double, a page at a time, as a node gives them.

import type { FixtureData, Row } from './fixture-data.ts';

interface Found {
  readonly rows: Row[];
  readonly total: number;
  readonly matched: number;
  readonly next: string | null;
}

/** One page of rows in their order. */
function page(
  rows: Row[],
  query: URLSearchParams,
  key: string,
  matches: (row: Row) => boolean = () => true,
): Found {
  const words = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const fit = rows.filter((row) => {
    const text = words.length === 0 ? '' : JSON.stringify(row).toLowerCase();
    return matches(row) && words.every((word) => text.includes(word));
  });
  const cursor = query.get('cursor') ?? '';
  const from = cursor === '' ? 0 : fit.findIndex((row) => row[key] === cursor) + 1;
  const given = fit.slice(from, from + Number(query.get('limit') ?? 500));
  const more = from + given.length < fit.length;
  return {
    rows: given,
    total: rows.length,
    matched: fit.length,
    next: more ? String(given.at(-1)?.[key]) : null,
  };
}

const is = (query: URLSearchParams, name: string, value: unknown): boolean =>
  !query.get(name) || query.get(name) === value;

export function cardsPage({ cards }: FixtureData, query: URLSearchParams): Row {
  const time = (card: Row) => String(card.issuedAt);
  const sort = query.get('sort');
  const ordered =
    sort === 'name'
      ? cards.toSorted((a, b) =>
          String(a.name).localeCompare(String(b.name), 'en', { sensitivity: 'base', numeric: true }),
        )
      : sort === 'issued'
        ? cards.toSorted((a, b) => (time(a) < time(b) ? 1 : -1))
        : cards;
  const { rows, ...found } = page(
    ordered,
    query,
    'agentId',
    (card) =>
      is(query, 'status', card.status) && is(query, 'region', card.region) && is(query, 'host', card.host),
  );
  const count = (status: string) => cards.filter((card) => card.status === status).length;
  return {
    ...found,
    cards: rows,
    counts: { valid: count('valid'), revoked: count('revoked'), expired: count('expired') },
    regions: [...new Set(cards.map(({ region }) => region))].sort(),
  };
}

export function receiptsPage({ receipts }: FixtureData, query: URLSearchParams): Row {
  const newest = receipts.toSorted((a, b) => (String(a.issuedAt) < String(b.issuedAt) ? 1 : -1));
  const wanted = query.get('result');
  const { rows, ...found } = page(
    newest,
    query,
    'id',
    (one) => !wanted || (wanted === 'ok') === (one.status === 'OK'),
  );
  const ok = receipts.filter(({ status }) => status === 'OK').length;
  return { ...found, receipts: rows, counts: { ok, other: receipts.length - ok } };
}

export function revocationsPage({ revocations }: FixtureData, query: URLSearchParams): Row {
  const { rows, ...found } = page(revocations.toReversed(), query, 'statementId');
  return { ...found, revocations: rows };
}

export function tasksPage({ tasks }: FixtureData, query: URLSearchParams): Row {
  const wanted = query.get('state');
  const { rows, ...found } = page(
    tasks,
    query,
    'taskId',
    ({ ended }) => !wanted || (wanted === 'ended') === ended,
  );
  return { ...found, tasks: rows, open: tasks.filter(({ ended }) => !ended).length };
}

export function ordersPage({ orders }: FixtureData, query: URLSearchParams): Row {
  const { rows, ...found } = page(orders, query, 'order', ({ state }) => is(query, 'state', state));
  return { ...found, orders: rows };
}

export function standingsPage({ cards, standings }: FixtureData, query: URLSearchParams): Row {
  const { rows, ...found } = page(standings, query, 'about');
  return {
    ...found,
    standings: rows,
    view: { own: [], partners: [], day: 1 },
    names: Object.fromEntries(cards.map(({ agentId, name }) => [agentId, name])),
  };
}

export function logPage({ log }: FixtureData, query: URLSearchParams): Row {
  const before = Number(query.get('before') ?? 0) || Number.POSITIVE_INFINITY;
  const entries = (log.entries as (Row & { index: number })[]).filter(({ index }) => index < before);
  return { ...log, entries: entries.slice(0, Number(query.get('limit') ?? 50)) };
}
