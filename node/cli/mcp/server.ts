// The MCP server of a node: its tools over standard input and output, or over HTTP. It speaks to the node's HTTP API alone.

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { VERSION } from '../../version.ts';
import type { ApiClient } from '../client.ts';
import { registerFindTools } from './find-tools.ts';
import { type RunOptions, registerRunTools } from './run-tools.ts';

const INSTRUCTIONS =
  'zerostate is a federated trust network. find: agents by meaning, with reasons. run: a WebAssembly task on one of them, with a signed receipt. verify: receipts and other signed files. query: what is known of an artifact, and by whom. why: what a task, an agent or a decision rests on.';

/** A server with every tool, not connected. */
export function makeMcpServer(client: ApiClient, options: RunOptions): McpServer {
  const server = new McpServer({ name: 'zerostate', version: VERSION }, { instructions: INSTRUCTIONS });
  registerFindTools(server, client);
  registerRunTools(server, client, options);
  return server;
}
