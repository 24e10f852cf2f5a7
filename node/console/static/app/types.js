// The shapes that the node's HTTP API answers with, as far as the console reads them. Types only, no code.

/**
 * @typedef {{ name: string, peerId: string, region: string, roles: string[], version: string, addresses: string[],
 *   uptimeSeconds: number, agents: string[], peers: number, log: { origin: string, size: number, root: string },
 *   embedder?: string }} NodeView
 * @typedef {{ peerId: string, name: string, region: string, roles: string[], self: boolean, connected: boolean,
 *   lastSeenMs: number | null }} NetworkNode
 * @typedef {{ from: string, to: string, rttMs: number | null }} NetworkLink
 * @typedef {{ nodes: NetworkNode[], links: NetworkLink[] }} NetworkView
 * @typedef {{ name: string, description: string, tags: string[] }} Capability
 * @typedef {{ unit: string, amount: string, currency: string }} Price
 * @typedef {{ agentId: string, cardId: string, name: string, description: string, region: string, operator?: string,
 *   tags: string[], capabilities: Capability[], languages?: string[], prices: Price[], sla: string, sequence: number,
 *   issuedAt: string, expiresAt: string, host: string, local: boolean, status: 'valid' | 'expired' | 'revoked',
 *   revocation: null | { reason: string, statementId: string, at: string }, envelope?: unknown }} CardView
 * @typedef {{ check: string, ok: boolean, detail: string }} Reason
 * @typedef {{ agentId: string, cardId: string, name: string, description: string, region: string, score: number,
 *   sequence: number, reasons: Reason[] }} FindResult
 * @typedef {{ query: string, results: FindResult[], rejected: FindResult[], partial: boolean, missing: string[],
 *   tookMs: number }} FindAnswer
 * @typedef {{ id: string, taskId: string, status: string, exitCode: number | null, fuel: string, executor: string,
 *   executorName: string, requester: string, module: string, issuedAt: string, logIndex: number, origin: string }} ReceiptView
 * @typedef {{ name: string, ok: boolean, detail: string, code?: string }} Check
 * @typedef {{ ok: boolean, kind: string, checks: Check[] }} Report
 * @typedef {{ index: number, statementId: string, predicateType: string, issuer: string, at: string }} LogEntry
 * @typedef {{ origin: string, size: number, root: string, checkpoint: string, entries: LogEntry[] }} LogView
 * @typedef {{ origin: string, peerId: string, name: string, size: number, root: string, self: boolean, at: string }} LogHead
 * @typedef {{ statementId: string, issuer: string, issuerName: string, target: { kind: string, id: string, name?: string },
 *   reason: string, issuedAt: string, receivedAt: string, sequence: number }} RevocationView
 * @typedef {{ path: string[], query: URLSearchParams }} Route
 */

export {};
