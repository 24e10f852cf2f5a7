// What a task does next, in words for its timeline.

import type { TaskEffect } from '../../protocol/task/index.ts';

/** One line for people. */
export function describeEffect(effect: TaskEffect): string {
  switch (effect.type) {
    case 'search':
      return 'members are sought';
    case 'ask':
      return `attempt ${effect.token}: asked ${effect.agentId}`;
    case 'withdraw':
      return `attempt ${effect.token}: withdrawn from ${effect.agentId}`;
    case 'accept':
      return `attempt ${effect.token}: accepted`;
    case 'compare':
      return `attempts ${effect.tokens.join(', ')}: compared`;
    case 'finish':
      return effect.state;
  }
}
