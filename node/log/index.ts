// Logs of a node: its own, written here, and its peers', kept as they signed them.

export { CheckpointBook, type KeptCheckpoint } from './checkpoint-book.ts';
export { HeadGuard } from './head-guard.ts';
export type { LogAppend, StoredEntry } from './log-append.ts';
export { type LogState, LogStore } from './log-store.ts';
export { type AppendListener, type LogPosition, OwnLog } from './own-log.ts';
export { RestoredGate, writeRestoredMark } from './restored-gate.ts';
export { type Damage, scrubLogs } from './scrub.ts';
