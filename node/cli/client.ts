// HTTP client of the commands: JSON in, JSON out, errors typed again on this side.

import { type ErrorCode, errorCodes, ZeroError } from '../../protocol/errors/index.ts';
import { resolveTarget, type Target, type TargetFlags } from './home.ts';

const TIMEOUT_MS = 120_000; // longer than the longest task that a node accepts by default

/** Calls the API of one node. */
export class ApiClient {
  readonly target: Target;

  constructor(target: Target) {
    this.target = target;
  }

  /** A client for the node that the flags mean. Throws NODE_UNREACHABLE. */
  static async connect(flags: TargetFlags): Promise<ApiClient> {
    return new ApiClient(await resolveTarget(flags));
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('POST', path, body);
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(this.target.api + path, {
        method,
        headers: {
          authorization: `Bearer ${this.target.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new ZeroError('NODE_UNREACHABLE', `${this.target.api} does not answer`, { cause });
    }
    const answer = (await response.json().catch(() => ({}))) as T & {
      error?: { code?: string; message?: string; hint?: string; details?: Record<string, unknown> };
    };
    if (response.ok) return answer;
    const { code, message, hint, details } = answer.error ?? {};
    const known = code !== undefined && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'INTERNAL';
    throw new ZeroError(known, message ?? `HTTP ${response.status}`, {
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
    });
  }
}
