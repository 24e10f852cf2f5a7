// zerostate task logs --follow: shows what a run writes while it writes it, and at the end whether the receipt says the same.

import { fromBase64 } from '../../protocol/bytes/index.ts';
import type { LiveView, TaskView } from '../api/views.ts';
import type { ApiClient } from './client.ts';
import { type OutputFlags, style } from './output.ts';
import { exitOfTask } from './task-text.ts';

/** Pause before a question is repeated that was answered at once with nothing: no member runs the task just now. */
const PAUSE_MS = 300;
/** Text of one run that is kept to be compared with the end. */
const COMPARED_BYTES_MAX = 4 * 1024 * 1024;

const STREAMS = ['stdout', 'stderr'] as const;
type Stream = (typeof STREAMS)[number];

/** Bytes for people: control characters that could steer a terminal are left out, text stays whole across chunks. */
class Printer {
  readonly #decoder = new TextDecoder();
  readonly #stream: Stream;
  readonly #json: boolean;
  readonly #shown: Uint8Array[] = [];
  size = 0;
  /** False once something was passed over: then the end cannot be compared. */
  whole = true;

  constructor(stream: Stream, json: boolean) {
    this.#stream = stream;
    this.#json = json;
  }

  take(bytes: Uint8Array, at: number): void {
    if (this.size + bytes.length !== at) this.whole = false;
    this.size = at;
    if (this.whole && at <= COMPARED_BYTES_MAX) this.#shown.push(bytes);
    else this.whole = false;
    this.show(bytes);
  }

  show(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (text === '') return;
    if (this.#json) {
      process.stdout.write(`${JSON.stringify({ [this.#stream]: text })}\n`);
      return;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be left out.
    process[this.#stream].write(text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ''));
  }

  /** True when the end begins with what was shown. */
  agrees(end: Uint8Array): boolean {
    if (!this.whole) return true;
    const shown = Buffer.concat(this.#shown);
    return shown.equals(end.subarray(0, shown.length));
  }
}

/** Follows a task to its end; with --json a line for each chunk, and one for the end. The exit code is that of `task run`. */
export async function followTask(client: ApiClient, taskId: string, flags: OutputFlags): Promise<void> {
  const json = flags.json === true;
  const printers = () => ({ stdout: new Printer('stdout', json), stderr: new Printer('stderr', json) });
  const note = (text: string) => process.stderr.write(style.dim(`${text}\n`));
  let token: number | null = null;
  let shown = printers();
  let view = await client.get<TaskView>(`/v1/tasks/${taskId}`);
  while (!view.ended) {
    const place = `stdout=${shown.stdout.size}&stderr=${shown.stderr.size}`;
    const live = await client
      .get<LiveView>(`/v1/tasks/${view.taskId}/output?${place}`)
      .catch((): LiveView | undefined => undefined);
    if (live?.token != null && live.token !== token) {
      if (token !== null) note('another member has taken over: from the beginning');
      // The answer may speak of the new run from the old one's place: asked again from its beginning.
      const again = token !== null;
      token = live.token;
      shown = printers();
      if (again) continue;
    }
    if (live?.token != null)
      for (const stream of STREAMS) shown[stream].take(fromBase64(live[stream]), live.at[stream]);
    if (live === undefined || live.ended) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    view = await client.get<TaskView>(`/v1/tasks/${view.taskId}`);
  }
  const differs = STREAMS.some((stream) => !shown[stream].agrees(fromBase64(view[stream])));
  if (differs) {
    note('the receipt says otherwise than its member did; the output is:');
    shown = printers();
  }
  for (const stream of STREAMS) shown[stream].show(fromBase64(view[stream]).subarray(shown[stream].size));
  if (json) process.stdout.write(`${JSON.stringify({ taskId: view.taskId, state: view.state })}\n`);
  else note(`${view.state}${view.receiptId === null ? ', not signed' : `, receipt ${view.receiptId}`}`);
  process.exitCode = exitOfTask(view);
}
