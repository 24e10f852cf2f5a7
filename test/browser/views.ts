// Every view of the console: its route on the double, and what stands there when it is drawn. The tests walk through this list, so that a
// view that is added and not put here is a view that a test says is missing.

import type { FixtureData } from './fixture-data.ts';

export interface ViewCase {
  /** Name of the picture. */
  readonly name: string;
  readonly route: string;
  /** A CSS selector. */
  readonly drawn: string;
}

/** The views of the double. */
export function viewsOf({
  cards,
  network,
  orders,
  partners,
  receipts,
  revocations,
  standings,
  tasks,
}: FixtureData): ViewCase[] {
  const row = (name: string, route: string, drawn: string): ViewCase => ({ name, route, drawn });
  const id = (value: unknown) => encodeURIComponent(String(value));
  const detail = '.view-detail h2';
  return [
    row('network', '#/network', '.map .node'),
    row('node', `#/network/${id(network.nodes[1]?.peerId)}`, '.view-detail .agents li'),
    row('peers', '#/peers', '.view-peers .plain-table tbody tr'),
    row('routing', '#/routing', '.routing .block'),
    row('health', '#/health', '.health-line'),
    row('find', '#/find?q=diagnose+plant+leaves', '.refused .result'),
    row('cards', '#/cards', '.table-cards .row-link'),
    row('card', `#/cards/${id(cards[4]?.agentId)}`, detail),
    row('trust', `#/trust/${id(cards[4]?.agentId)}`, '.trust-lines li'),
    row('reputation', '#/reputation', '.table-standings .row-link'),
    row(
      'standing',
      `#/reputation/${id(standings[0]?.about)}`,
      '.view-detail section:last-child .plain-table',
    ),
    row('partners', '#/partners', '.view-partners .plain-table tbody tr'),
    row('partner', `#/partners/${id(partners[0]?.agent)}`, '.partner-detail .page-panel'),
    row('tasks', '#/tasks', '.table-tasks .row-link'),
    row('task', `#/tasks/${id(tasks[0]?.taskId)}`, '.timeline li'),
    row('receipts', '#/receipts', '.table-receipts .row-link'),
    row('receipt', `#/receipts/${id(receipts[4]?.id)}`, '.view-detail .button-main:not(:disabled)'),
    row('provenance', '#/provenance', '.begin li'),
    row('walk', `#/provenance/sha256:${'a'.repeat(64)}`, '.walk-item'),
    row('log', '#/log', '.table-entries .row-link'),
    row('witnesses', '#/witnesses', '.view-witnesses .plain-table tbody tr'),
    row('revocations', '#/revocations', '.table-revocations .row-link'),
    row('revocation', `#/revocations/${id(revocations[0]?.statementId)}`, detail),
    row('quarantine', '#/quarantine', '.table-orders .row-link'),
    row('order', `#/quarantine/${id(orders[0]?.order)}`, detail),
    row('freshness', '#/freshness', '.view-freshness .plain-table tbody tr'),
  ];
}
