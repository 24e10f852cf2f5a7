// A double of a node's HTTP API, for states that a real node cannot be brought into on demand: down, slow, refusing,
// hostile, or very large. It checks the token and serves the real console files; its data is invented. The story of
// the console against real nodes is in console.test.ts.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type FixtureData, fixtureData, type Row, receiptFile, trustCard } from './fixture-data.ts';
import {
  cardsPage,
  logPage,
  ordersPage,
  receiptsPage,
  revocationsPage,
  standingsPage,
  tasksPage,
} from './fixture-lists.ts';
import * as more from './fixture-more.ts';
import { events } from './fixture-people.ts';

const STATIC = join(import.meta.dirname, '../../node/console/static');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
export const TOKEN = 'fixture-token-0123456789';

/** A running double. */
export class FixtureApi {
  readonly data: FixtureData;
  /** Answers that replace the usual ones, by "METHOD /path". */
  readonly faults = new Map<string, { status: number; body: unknown }>();
  readonly asked: string[] = [];
  readonly #streams = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  /** Events that nobody has heard. */
  #unheard = '';

  constructor(data: FixtureData = fixtureData()) {
    this.data = data;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Listens; the second time on the same port as before. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Goes down at once, as a killed node does. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#streams.clear();
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Sends one live event to every page; where none listens yet, to the next that does. */
  emit(type: string, data: unknown): void {
    const event = `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
    if (this.#streams.size === 0) this.#unheard += event;
    for (const stream of this.#streams) stream.write(event);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://fixture');
    const name = `${request.method} ${path}`;
    this.asked.push(name);
    if (!path.startsWith('/v1/') && path !== '/readyz') return this.#file(path, response);
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      return send(response, 401, {
        error: {
          code: 'UNAUTHORIZED',
          message: 'the bearer token is missing or wrong',
          hint: '',
          retryable: false,
        },
      });
    const fault = this.faults.get(name);
    if (fault) return send(response, fault.status, fault.body);
    if (path === '/v1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(`: hello\n\n${this.#unheard}`);
      this.#unheard = '';
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      return;
    }
    const body = await this.#body(path, request, searchParams);
    if (body === null)
      send(response, 404, {
        error: { code: 'NOT_FOUND', message: `no route ${name}`, hint: '', retryable: false },
      });
    else if (typeof body === 'string')
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(body);
    else send(response, 200, body);
  }

  async #body(path: string, request: IncomingMessage, query: URLSearchParams): Promise<unknown> {
    const { data } = this;
    const [, , kind, id, action] = path.split('/').map(decodeURIComponent);
    if (kind === 'cards' && action === 'revoke')
      return this.#revoke(id ?? '', JSON.parse(await text(request)).reason);
    if (kind === 'cards' && id)
      return {
        ...data.cards.find((card) => card.agentId === id),
        envelope: {
          payloadType: 'application/vnd.zerostate.agent-card+json',
          payload: 'e30=',
          signatures: [],
        },
      };
    if (kind === 'receipts' && id) return receiptFile(data.receipts.find((one) => one.id === id) ?? {});
    if (kind === 'find') return this.#find(JSON.parse(await text(request)).text);
    if (kind === 'verify') return verdict(JSON.parse(await text(request)));
    if (kind === 'cards') return cardsPage(data, query);
    if (kind === 'receipts') return receiptsPage(data, query);
    if (kind === 'logs') return { logs: data.logs };
    if (kind === 'revocations') return revocationsPage(data, query);
    if (kind === 'tasks')
      return id ? (data.tasks.find((one) => one.taskId === id) ?? null) : tasksPage(data, query);
    if (kind === 'reputation')
      return action === 'events' ? { events: events(data) } : standingsPage(data, query);
    if (kind === 'log' && id === 'witnesses') return more.witnesses(data);
    if (kind === 'log' && id === 'forks') return { forks: data.forks };
    if (kind === 'provenance') return more.provenance(data, JSON.parse(await text(request)).start[0]);
    if (kind === 'quarantine') return ordersPage(data, query);
    if (kind === 'peers') return more.peers(data);
    if (kind === 'policy') return more.policy();
    if (kind === 'overrides') return { overrides: [] };
    if (kind === 'partners') return { partners: data.partners };
    if (kind === 'freshness') return more.freshness(data);
    if (kind === 'routing') return id === 'routes' ? { policy: 'q', routes: [] } : more.routing(data);
    if (path === '/readyz') return more.readiness();
    if (kind === 'node') return data.node;
    if (kind === 'network') return data.network;
    if (kind === 'trust') return trustCard(data.cards.find((card) => card.agentId === id) ?? { agentId: id });
    if (kind === 'log') return logPage(data, query);
    return null;
  }

  #find(question: string): Row {
    const words = question
      .toLowerCase()
      .split(/\W+/)
      .filter((word) => word.length > 3);
    const scored = this.data.cards.map((card) => ({
      ...card,
      score: score(JSON.stringify(card).toLowerCase(), words),
    })) as (Row & { score: number })[];
    const ranked = scored
      .sort((a, b) => b.score - a.score)
      .slice(0, 6)
      .map((card) => ({ ...card, reasons: reasons(card) })) as unknown as (Row & { status: string })[];
    return {
      query: question,
      results: ranked.filter((card) => card.status === 'valid'),
      rejected: ranked.filter((card) => card.status !== 'valid'),
      partial: false,
      missing: [],
      tookMs: 18.4,
    };
  }

  #revoke(agentId: string, reason: string): Row {
    const card = this.data.cards.find((one) => one.agentId === agentId) as Row;
    const at = new Date().toISOString();
    const row = {
      statementId: `bafkrei-${this.data.revocations.length}`,
      issuer: agentId,
      issuerName: card.name,
      target: { kind: 'agent', id: agentId, name: card.name },
      reason,
      issuedAt: at,
      receivedAt: at,
      sequence: 1,
    };
    Object.assign(card, { status: 'revoked', revocation: { reason, statementId: row.statementId, at } });
    this.data.revocations.push(row);
    this.emit('revocation', row);
    return row;
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const file = join(STATIC, normalize(path === '/' ? '/index.html' : path));
    try {
      const bytes = await readFile(file);
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': "default-src 'self'",
      });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function score(haystack: string, words: string[]): number {
  const hits = words.filter((word) => haystack.includes(word.slice(0, 6))).length;
  return 0.31 + (0.6 * hits) / Math.max(words.length, 1);
}

function reasons(card: Row): Row[] {
  const revoked = card.status === 'revoked';
  return [
    { check: 'signature', ok: true, detail: 'signed by the operational key that the keychain names' },
    { check: 'sequence', ok: true, detail: `sequence ${card.sequence} is the newest known` },
    { check: 'time', ok: true, detail: 'issued in the past and not expired' },
    {
      check: 'revocation',
      ok: !revoked,
      detail: revoked ? 'revoked: the operational key was lost' : 'not revoked, as of 4 s ago',
    },
    { check: 'terms', ok: true, detail: 'region and price fit the request' },
  ];
}

/** A refusal when the envelope was changed, as seen by its signature field. */
function verdict(file: Row): Row {
  const whole = (file.receipt as Row | undefined)?.payloadType === 'application/vnd.in-toto+json';
  const checks = [
    { name: 'form', ok: true, detail: 'a receipt file of version 1' },
    {
      name: 'signature',
      ok: whole,
      detail: whole ? 'signed by the executor' : 'the signature does not match the payload',
      ...(whole ? {} : { code: 'SIGNATURE_INVALID' }),
    },
    { name: 'inclusion', ok: true, detail: 'entry 3 of 14 in the executor’s log' },
    { name: 'checkpoint', ok: true, detail: 'signed by the log’s own key' },
  ];
  return { ok: checks.every((check) => check.ok), kind: 'receipt', checks };
}
