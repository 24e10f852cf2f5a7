// zerostate relay status, why, routes, policy, drain: what a running node says of its relays, and maintenance without broken streams.

import { Argument, type Command, InvalidArgumentError } from 'commander';
import { ApiClient, type ClientFlags, print, runAction, withTarget } from '../../node/cli/index.ts';
import type { RoutesView, RoutingStatusView, WhyView } from '../../node/routing/index.ts';
import { POLICY_NAMES } from '../../protocol/routing/index.ts';
import { routesText, statusText, whyText } from './text.ts';

/** Seconds that streams get to end by themselves, when nothing else is said. */
const DRAIN_SECONDS = 30;

/** Whole seconds, as the API takes them: what is no number must not drain a relay at once. */
function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('not a whole number of seconds');
  return Number(text);
}

/** The name of a stream or how it begins, as `relay status` shows it. */
export function streamName(text: string): string {
  const name = text.toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(name))
    throw new InvalidArgumentError(
      'not 4 to 32 of the digits 0-9 and a-f; "zerostate relay status" lists the names of streams',
    );
  return name;
}

/** Adds the commands to "zerostate relay". */
export function registerWatching(relay: Command): void {
  withTarget(
    relay.command('status').description('relays known here, peers reached through them, streams'),
  ).action(async (flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(flags, await client.get<RoutingStatusView>('/v1/routing'), statusText);
    });
  });
  withTarget(
    relay
      .command('why')
      .description('why a stream went where it went: every candidate and what its cost was made of')
      .argument('<stream>', 'its name, or how that begins', streamName),
  ).action(async (stream: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(flags, await client.get<WhyView>(`/v1/routing/streams/${encodeURIComponent(stream)}`), whyText);
    });
  });
  withTarget(
    relay
      .command('routes')
      .description('how a stream would go now, and what is known of every other way')
      .argument('[peer]', 'peer id; without it, every peer that was asked for lately'),
  ).action(async (peer: string | undefined, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const query = peer === undefined ? '' : `?to=${encodeURIComponent(peer)}`;
      print(flags, await client.get<RoutesView>(`/v1/routing/routes${query}`), routesText);
    });
  });
  withTarget(
    relay
      .command('policy')
      .description(
        'choose routes by another policy until the node restarts (relay.policy says by which one then)',
      )
      .addArgument(
        new Argument('<name>', 'docs/reference/routing.md says what each does').choices(POLICY_NAMES),
      ),
  ).action(async (policy: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(
        flags,
        await client.post<{ policy: string }>('/v1/routing/policy', { policy }),
        (now) => `routes are chosen by ${now.policy}; what other policies learned here is kept`,
      );
    });
  });
  withTarget(
    relay
      .command('drain')
      .description('take no new streams and let those that are open end or move, before maintenance'),
  )
    .option('--wait <seconds>', 'how long streams may end by themselves', seconds, DRAIN_SECONDS)
    .option('--undo', 'take streams again')
    .action(async (flags: ClientFlags & { wait: number; undo?: boolean }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const body = { draining: flags.undo !== true, waitSeconds: flags.wait };
        const done = await client.post<{ draining: boolean; moved: number }>('/v1/routing/drain', body);
        print(flags, done, ({ draining, moved }) =>
          draining
            ? `the relay takes no new streams; ${moved} were moved to other paths. It may be stopped.`
            : 'the relay takes streams again',
        );
      });
    });
}
