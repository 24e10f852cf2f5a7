// What an A2A message asks for: a task file's fields, a module and its inputs; or words alone, which are a search. Pure: nothing is
// fetched, so a message cannot make a node call an address.

import type { Message, Part } from '@a2a-js/sdk';
import { utf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX } from '../../protocol/task/index.ts';
import { QUERY_CHARS_MAX } from '../find/schema.ts';
import { completeTask } from '../tasks/order.ts';
import type { TaskInput } from '../tasks/signing.ts';

/** Media type of the part that holds the module. */
export const WASM_TYPE = 'application/wasm';
/** Parts of one message: a task, its module, and as many inputs as a manifest takes. */
export const A2A_PARTS_MAX = 130;

/** What a message asks for. */
export type Asked =
  | { readonly kind: 'task'; readonly input: TaskInput }
  | { readonly kind: 'search'; readonly text: string };

const HELP =
  'A task is one data part with the fields of a task file, one raw part of type application/wasm with the module, and raw parts with a filename for its inputs; text is its standard input. Text alone is a search for agents.';

/** Reads a message. `agentId` is the agent that it was sent to: it asks the network, and pays. Throws USAGE or LIMIT_EXCEEDED. */
export function readMessage(message: Message, agentId: string): Asked {
  const { parts } = message;
  if (parts.length > A2A_PARTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a message has more than ${A2A_PARTS_MAX} parts`);
  if (parts.some(({ content }) => content?.$case === 'url'))
    throw new ZeroError('USAGE', 'a part is an address; this node fetches nothing for a message', {
      hint: HELP,
    });
  const data = parts.filter(({ content }) => content?.$case === 'data');
  const texts = parts.flatMap(({ content }) => (content?.$case === 'text' ? [content.value] : []));
  const raws = parts.filter(({ content }) => content?.$case === 'raw');
  if (data.length === 0 && raws.length === 0) return search(texts.join('\n').trim());
  const [fields, ...more] = data.map(({ content }) => (content?.$case === 'data' ? content.value : null));
  const modules = raws.filter(({ mediaType }) => mediaType === WASM_TYPE);
  const [module] = modules;
  if (more.length > 0 || module === undefined || modules.length > 1 || !isObject(fields))
    throw new ZeroError('USAGE', 'a task is one data part and one module', { hint: HELP });
  const inputs: Record<string, Uint8Array> = {};
  for (const part of raws.filter((one) => one !== module)) {
    if (part.filename === '' || Object.hasOwn(inputs, part.filename))
      throw new ZeroError('USAGE', 'every input is a raw part with a filename of its own', { hint: HELP });
    Object.defineProperty(inputs, part.filename, { value: bytesOf(part), enumerable: true });
  }
  const key = keyOf(message.messageId);
  const order = { as: agentId, ...(key === undefined ? {} : { idempotencyKey: key }), ...fields };
  if (order.as !== agentId)
    throw new ZeroError('USAGE', `the message is for ${agentId}, and asks as another`);
  const input = { ...completeTask(order), module: bytesOf(module), stdin: utf8(texts.join('\n')), inputs };
  return { kind: 'task', input };
}

/** A message that is sent twice, after a lost answer, is one task. */
function keyOf(messageId: string): string | undefined {
  const key = `a2a:${messageId}`;
  return /^[!-~]+$/.test(key) && key.length <= IDEMPOTENCY_KEY_CHARS_MAX ? key : undefined;
}

function search(text: string): Asked {
  if (text === '' || text.length > QUERY_CHARS_MAX)
    throw new ZeroError('USAGE', `a search has between 1 and ${QUERY_CHARS_MAX} characters`, { hint: HELP });
  return { kind: 'search', text };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const bytesOf = ({ content }: Part): Uint8Array =>
  content?.$case === 'raw' ? new Uint8Array(content.value) : new Uint8Array();
