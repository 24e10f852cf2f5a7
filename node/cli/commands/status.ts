// zerostate status, peers, logs, revocations: what a running node sees.

import type { Command } from 'commander';
import type { LogsView, PeersView, RevocationView } from '../../api/views.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, table } from '../output.ts';
import { peersText } from '../peers-text.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { registerNodeStatus } from './node-status.ts';

/** Registers a command that reads one route and prints it. */
function reader<T>(
  program: Command,
  name: string,
  description: string,
  path: string,
  human: (data: T) => string,
): void {
  withTarget(program.command(name).description(description)).action(async (flags: ClientFlags) => {
    await runAction(flags, async () =>
      print(flags, await (await ApiClient.connect(flags)).get<T>(path), human),
    );
  });
}

export function registerStatus(program: Command): void {
  registerNodeStatus(program);
  reader<PeersView>(
    program,
    'peers',
    'nodes of the network: who is connected, who is limited and why',
    '/v1/peers',
    peersText,
  );
  reader<LogsView>(program, 'logs', 'every log that the node holds', '/v1/logs', ({ logs }) =>
    table([
      ['NAME', 'SIZE', 'ROOT', 'ORIGIN'],
      ...logs.map((log) => [
        plain(log.name) + (log.self ? ' (own)' : ''),
        String(log.size),
        log.root,
        log.origin,
      ]),
    ]),
  );
  reader<{ revocations: RevocationView[] }>(
    program,
    'revocations',
    'revocations that the node knows',
    '/v1/revocations',
    ({ revocations }) =>
      table([
        ['AGENT', 'KIND', 'REASON', 'ISSUED', 'STATEMENT'],
        ...revocations.map((one) => [
          plain(one.issuerName || one.issuer),
          one.target.kind,
          plain(one.reason),
          one.issuedAt,
          one.statementId,
        ]),
      ]),
  );
}
