// Door of the collections that hold so much and no more.

export { RecentMap } from './recent-map.ts';
export { Tally } from './tally.ts';
