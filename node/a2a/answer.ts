// What the node answers in the words of A2A: the state of a task, its artifacts, the receipt that anyone can verify.

import { type Artifact, type Message, type Part, Role, TaskState } from '@a2a-js/sdk';
import { fromBase64, fromUtf8 } from '../../protocol/bytes/index.ts';
import type { TaskView } from '../api/views.ts';
import type { FindAnswer } from '../find/find-service.ts';

/** Media type of a receipt file. */
export const RECEIPT_TYPE = 'application/vnd.zerostate.receipt+json';

/** The A2A state of a task of ours. */
export function stateOf({ ended, state }: TaskView): TaskState {
  if (!ended) return TaskState.TASK_STATE_WORKING;
  if (state === 'completed') return TaskState.TASK_STATE_COMPLETED;
  if (state === 'cancelled') return TaskState.TASK_STATE_CANCELED;
  return state === 'refused' ? TaskState.TASK_STATE_REJECTED : TaskState.TASK_STATE_FAILED;
}

const part = (content: Part['content'], mediaType: string, filename = ''): Part => ({
  content,
  mediaType,
  filename,
  metadata: undefined,
});
const raw = (bytes: Uint8Array): Part['content'] => ({ $case: 'raw', value: Buffer.from(bytes) });

const artifact = (artifactId: string, description: string, parts: Part[]): Artifact => ({
  artifactId,
  name: artifactId,
  description,
  parts,
  metadata: undefined,
  extensions: [],
});

/** What a task gave: standard output, files, and the receipt with its replay capsule. */
export function artifactsOf(view: TaskView, receipt: Uint8Array | undefined): Artifact[] {
  const made: Artifact[] = [];
  const stdout = fromBase64(view.stdout);
  if (stdout.length > 0)
    made.push(
      artifact('stdout', 'What the task wrote to standard output', [textOrBytes(stdout, 'stdout.txt')]),
    );
  const files = Object.entries(view.outputs).map(([path, content]) =>
    part(raw(fromBase64(content)), 'application/octet-stream', path),
  );
  if (files.length > 0) made.push(artifact('files', 'Files that the task wrote', files));
  if (receipt !== undefined) {
    const content: Part['content'] = { $case: 'data', value: JSON.parse(fromUtf8(receipt)) };
    const about =
      'Signed receipt: verify it offline with `zerostate receipt verify`, run it again with `replay`';
    made.push(artifact('receipt', about, [part(content, RECEIPT_TYPE, `${view.name}.receipt.json`)]));
  }
  return made;
}

function textOrBytes(bytes: Uint8Array, filename: string): Part {
  try {
    const value = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return part({ $case: 'text', value }, 'text/plain', filename);
  } catch {
    return part(raw(bytes), 'application/octet-stream', filename);
  }
}

/** A message of the agent. */
export function says(
  ids: { messageId: string; taskId?: string; contextId: string },
  text: string,
  data?: unknown,
): Message {
  const words = part({ $case: 'text', value: text }, 'text/plain');
  const more = data === undefined ? [] : [part({ $case: 'data', value: data }, 'application/json')];
  return {
    ...ids,
    taskId: ids.taskId ?? '',
    role: Role.ROLE_AGENT,
    parts: [words, ...more],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}

/** What became of a task, in a sentence. */
export function sentenceOf(view: TaskView): string {
  if (view.error !== null) return `${view.error.message} [${view.error.code}] ${view.error.hint}`;
  const by = view.executorName ?? view.executor ?? 'a member';
  if (view.status !== null)
    return `${view.status} by ${by}: exit code ${view.exitCode}, fuel ${view.fuel}, receipt ${view.receiptId}`;
  return view.timeline.at(-1)?.what ?? view.state;
}

/** The answer to a search, in lines. */
export function linesOf({ rejected, results }: FindAnswer): string {
  if (results.length === 0) return `Nobody was found; ${rejected.length} were refused.`;
  return results
    .map(({ agentId, name, region, score }) => `${name} (${region}, score ${score.toFixed(3)}) ${agentId}`)
    .join('\n');
}
