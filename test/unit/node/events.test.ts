// Watchers of a node's events: told of what they watch, and nothing is made for those who do not.

import assert from 'node:assert/strict';
import { Events } from '../../../node/events/index.ts';

describe('events', () => {
  it('a watcher of one kind is told of that kind, and no view of another is made for it', () => {
    const events = new Events();
    const told: unknown[] = [];
    events.watch(({ data }) => told.push(data), 'head');
    let made = 0;
    events.emit('peer', () => ++made);
    events.emit('head', () => 'a head');
    assert.deepEqual(told, ['a head']);
    assert.equal(made, 0);
  });

  it('all watchers of all kinds share one view, and none is made when nobody watches', () => {
    const events = new Events();
    let made = 0;
    events.emit('peer', () => ++made);
    assert.equal(made, 0);
    const told: unknown[] = [];
    const unwatch = [events.watch((event) => told.push(event)), events.watch((event) => told.push(event))];
    events.emit('peer', () => ++made);
    assert.deepEqual(told, [
      { kind: 'peer', data: 1 },
      { kind: 'peer', data: 1 },
    ]);
    for (const end of unwatch) end();
    events.emit('peer', () => ++made);
    assert.equal(made, 1);
  });
});
