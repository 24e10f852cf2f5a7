// zerostate mcp: the node's tools for AI assistants that speak the Model Context Protocol.

import type { Command } from 'commander';
import { ApiClient } from '../client.ts';
import { print, runAction } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { untilSignal } from '../until-signal.ts';
import { portNumber } from './find.ts';

export function registerMcp(program: Command): void {
  withTarget(
    program
      .command('mcp')
      .description('serve find, run, verify, query and why to AI assistants (Model Context Protocol)'),
  )
    .option(
      '--http <port>',
      'serve over HTTP on this loopback port (0: a free one) instead of standard input',
      portNumber,
    )
    .addHelpText(
      'after',
      `
Over standard input the assistant starts the command itself; over HTTP it needs the node's API token as a bearer token, and tools read
no files of this machine.

Examples:
  $ zerostate mcp
  $ zerostate mcp --http 7490
  $ claude mcp add zerostate -- zerostate mcp --home ~/my-node`,
    )
    .action(async (flags: ClientFlags & { http?: number }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        if (flags.http === undefined) await overStdio(client);
        else await overHttp(client, flags.http, flags);
      });
    });
}

async function overStdio(client: ApiClient): Promise<void> {
  // Loaded late: every other command starts without the SDK.
  const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
  const { makeMcpServer } = await import('../mcp/server.ts');
  const server = makeMcpServer(client, { files: true });
  const stopping = untilSignal({ supervised: false });
  const ended = new Promise<void>((resolve) => process.stdin.once('end', resolve).once('close', resolve));
  await server.connect(new StdioServerTransport());
  await Promise.race([ended, stopping.promise]);
  await server.close();
}

async function overHttp(client: ApiClient, port: number, flags: ClientFlags): Promise<void> {
  const { serveMcp } = await import('../mcp/http.ts');
  const endpoint = await serveMcp(client, port);
  print(
    flags,
    { url: endpoint.url },
    ({ url }) => `MCP at ${url}, with the API token of the node. Ctrl-C stops it.`,
  );
  await untilSignal({ supervised: false }).promise;
  await endpoint.close();
}
