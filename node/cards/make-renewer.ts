// Builds the renewer of a node's cards from what the node has.

import type { AgentId } from '../../protocol/identity/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import { CLOCK_OFFSET_MS_MAX, type ClockView } from '../network/clock-offsets.ts';
import type { BookEntry } from './card-book.ts';
import type { CardService } from './card-service.ts';
import { Renewer } from './renewer.ts';

interface Around {
  readonly cards: Pick<CardService, 'known' | 'lasting' | 'renew'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: { readonly clocks: { view(): Pick<ClockView, 'offsetMs'> } };
  readonly revocations: { verdict(entry: BookEntry): { readonly state: string } };
}

/** The renewer, and the service that runs it. */
export function makeRenewer({ cards, clock, directory, log, revocations }: Around) {
  const isRevoked = (agentId: AgentId): boolean => {
    const entry = cards.known(agentId);
    return entry === undefined || revocations.verdict(entry).state === 'revoked';
  };
  const renewer = new Renewer({
    clock,
    log,
    lasting: () => cards.lasting().filter(({ agentId }) => !isRevoked(agentId)),
    isClockRight: () => Math.abs(directory.clocks.view().offsetMs ?? 0) <= CLOCK_OFFSET_MS_MAX,
    renew: (agentId) => cards.renew(agentId),
  });
  const services = [{ name: 'renewal', start: () => renewer.start(), stop: () => renewer.stop() }];
  return { renewer, services };
}
