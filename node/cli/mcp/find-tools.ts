// MCP tools that read: find agents, ask what is known, and why something was decided.

import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { Decision } from '../../../protocol/policy/index.ts';
import type { TaskView } from '../../api/views.ts';
import type { FindAnswer } from '../../find/find-service.ts';
import type { ProvenanceEndView, ProvenanceRowView } from '../../provenance/view.ts';
import type { ApiClient } from '../client.ts';
import { endText, rowText } from '../prov-text.ts';
import { statusText } from '../task-text.ts';
import { answer, STRANGERS, toolAction } from './result.ts';

const READ_ONLY = { readOnlyHint: true, openWorldHint: true } as const;
const any = z.record(z.string(), z.unknown());
/** Rows of one answer: what fits the text of one answer. */
const ROWS_MAX = 200;

export function registerFindTools(server: McpServer, client: ApiClient): void {
  server.registerTool(
    'find',
    {
      title: 'Find agents',
      description: `Find agents of the network by meaning. Every answer was checked (signature, sequence, validity, revocation, policy) and says why it was accepted or refused. ${STRANGERS}`,
      inputSchema: {
        text: z.string().min(1).max(1_000).describe('what is needed, in plain words'),
        limit: z.number().int().min(1).max(50).default(5),
        region: z.string().min(1).max(32).optional(),
        tags: z
          .array(z.string().min(1).max(64))
          .max(16)
          .optional()
          .describe('tags that an agent must all have'),
      },
      outputSchema: { results: z.array(any), rejected: z.array(any), partial: z.boolean() },
      annotations: READ_ONLY,
    },
    ({ limit, region, tags, text }) =>
      toolAction(async () => {
        const filter = {
          ...(region === undefined ? {} : { region }),
          ...(tags === undefined ? {} : { tagsAll: tags }),
        };
        const { partial, rejected, results } = await client.post<FindAnswer>('/v1/find', {
          text,
          limit,
          filter,
        });
        return answer(foundText({ rejected, results }), { results, rejected, partial });
      }),
  );

  server.registerTool(
    'query',
    {
      title: 'What is known of a thing',
      description: `Provenance: the signed statements about artifacts (by digest), statements or agents, nearest first; every row was verified. Says whether the answer is complete. ${STRANGERS}`,
      inputSchema: {
        things: z
          .array(z.string().min(1).max(256))
          .max(16)
          .describe('sha256:…, another digest, a statement id or an agent id; none: the newest'),
        direction: z
          .enum(['sources', 'uses', 'both'])
          .default('both')
          .describe('what it is made of, what was made with it, or both'),
        depth: z.number().int().min(0).max(8).default(2),
        issuer: z.string().min(1).max(128).optional().describe('only what this agent says'),
        at: z.string().max(32).optional().describe('as it was known at this time (RFC 3339)'),
        limit: z.number().int().min(1).max(ROWS_MAX).default(50),
        prove: z
          .boolean()
          .default(false)
          .describe('have it proven that this node left nothing of its own log out'),
      },
      outputSchema: { rows: z.array(any), end: any },
      annotations: READ_ONLY,
    },
    ({ things, ...question }) =>
      toolAction(async () => {
        const lines = await client.lines<ProvenanceRowView | ProvenanceEndView>('/v1/provenance/query', {
          start: things,
          types: [],
          ...question,
        });
        const rows = lines.filter((row) => row.kind === 'statement');
        const end = lines.find((row) => row.kind === 'end');
        const text = [...rows.map((row) => rowText(row, true)), ...(end === undefined ? [] : [endText(end)])];
        return answer(text.join('\n'), { rows, end: end ?? {} });
      }),
  );

  server.registerTool(
    'why',
    {
      title: 'Why',
      description: `Why something is as it is: a task (members, their scores, attempts), an agent (its trust card, each line with evidence), or a decision of the node's policy. Without an argument: the newest decisions. ${STRANGERS}`,
      inputSchema: {
        task: z.string().min(1).max(128).optional().describe('task id or its end'),
        agent: z.string().min(1).max(128).optional().describe('agent id'),
        decision: z.string().min(1).max(128).optional().describe('decision id'),
      },
      outputSchema: {
        task: any.optional(),
        agent: any.optional(),
        decision: any.optional(),
        decisions: z.array(any).optional(),
      },
      annotations: READ_ONLY,
    },
    ({ agent, decision, task }) =>
      toolAction(async () => {
        if ([agent, decision, task].filter((one) => one !== undefined).length > 1)
          throw new ZeroError('USAGE', 'why is asked of one thing: a task, an agent or a decision');
        if (task !== undefined) {
          const {
            stdout: _,
            stderr: __,
            outputs: ___,
            ...view
          } = await client.get<TaskView>(`/v1/tasks/${encodeURIComponent(task)}`);
          return answer(statusText({ ...view, stdout: '', stderr: '', outputs: {} }), { task: view });
        }
        if (agent !== undefined) {
          const card = await client.get<TrustCard>(`/v1/trust/${encodeURIComponent(agent)}`);
          return answer(trustText(card), { agent: card });
        }
        if (decision !== undefined) {
          const one = await client.get<Decision>(`/v1/decisions/${encodeURIComponent(decision)}`);
          return answer(decisionText(one), { decision: one });
        }
        const { decisions } = await client.get<{ decisions: Decision[] }>('/v1/decisions?limit=20');
        return answer(decisions.map(decisionText).join('\n') || 'Nothing has been decided yet.', {
          decisions,
        });
      }),
  );
}

interface TrustCard {
  readonly name: string;
  readonly tone: string;
  readonly lines: readonly { section: string; label: string; value: string; tone: string }[];
}

const trustText = ({ lines, name, tone }: TrustCard) =>
  [
    `${name}: ${tone}`,
    ...lines.map((line) => `  ${line.section} / ${line.label}: ${line.value} (${line.tone})`),
  ].join('\n');

function foundText({ rejected, results }: Pick<FindAnswer, 'rejected' | 'results'>): string {
  const lines = results.flatMap((one) => [
    `${one.name}  score ${one.score.toFixed(3)}  ${one.region}  ${one.agentId}`,
    `  ${one.description}`,
    `  ${one.reasons.map(({ check, detail, ok }) => `${ok ? 'ok' : 'NO'} ${check}: ${detail}`).join('; ')}`,
  ]);
  const refused = rejected.map(
    ({ name, reasons }) =>
      `refused: ${name}: ${reasons
        .filter(({ ok }) => !ok)
        .map(({ detail }) => detail)
        .join('; ')}`,
  );
  return [...(lines.length === 0 ? ['Nobody was found.'] : lines), ...refused].join('\n');
}

function decisionText({ id, record }: Decision): string {
  const { at, candidates, choice, kind, policy } = record;
  return [
    `${kind}  ${new Date(at).toISOString()}  under ${policy.name} ${policy.sequence}  ${id}`,
    ...candidates.map(
      ({ allow, detail, resource }) =>
        `  ${choice.includes(resource.id) ? 'chosen' : allow ? 'allowed' : 'refused'}  ${String(resource.facts.name ?? '')} ${resource.id}: ${detail}`,
    ),
  ].join('\n');
}
