// Reads a stream of server-sent events, as the node sends them: a name and one line of JSON each.

import { ZeroError } from '../../protocol/errors/index.ts';

/** Characters of one event: a card's view has some kilobytes. */
const EVENT_CHARS_MAX = 1_048_576;

/** Something that happened at the node: card, receipt, revocation, head, peer, task. */
export interface ApiEvent {
  readonly kind: string;
  readonly data: unknown;
}

/** The events of an answer, until it ends or `signal` aborts. Throws NODE_UNREACHABLE when the node ends it in the middle. */
export async function* readEvents(response: Response, signal: AbortSignal): AsyncGenerator<ApiEvent> {
  if (response.body === null) return;
  let text = '';
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const parts = text.split('\n\n');
      text = (parts.pop() as string).slice(-EVENT_CHARS_MAX);
      for (const part of parts) {
        const [, kind, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
        if (kind !== undefined && data !== undefined) yield { kind, data: JSON.parse(data) as unknown };
      }
    }
  } catch (cause) {
    if (!signal.aborted)
      throw new ZeroError('NODE_UNREACHABLE', 'the node ended the stream of events', { cause });
  }
}
