// Average delivery times of the paper's figure 2, read off the plot: what a reproduction is held against.

export type GridPolicy = 'shortest-path' | 'q-routing' | 'full-echo';

export const GRID_POLICIES: readonly GridPolicy[] = ['shortest-path', 'q-routing', 'full-echo'];

/** Packets that arrive in the whole network in each unit of time. */
export const GRID_LOADS: readonly number[] = [0.5, 1, 1.5, 2, 2.25, 2.5, 3, 3.5, 3.75, 4];

const OFF = undefined;

/** By policy, in the order of GRID_LOADS; undefined where the curve left the plot. */
export const PAPER: Readonly<Record<GridPolicy, readonly (number | undefined)[]>> = {
  'shortest-path': [4.88, 5.05, 5.44, 6.75, 10.96, OFF, OFF, OFF, OFF, OFF],
  'q-routing': [5.39, 6.08, 6.03, 6.55, 6.72, 7.07, 8.07, 10.8, 12.3, 18.8],
  'full-echo': [4.93, 5.12, 5.5, 6.02, 6.66, 7.33, 9.73, 17.8, OFF, OFF],
};

/** The last load before the curve bends upwards: beyond it queues grow, and the mean depends on when one stops. */
export const KNEE: Readonly<Record<GridPolicy, number>> = {
  'shortest-path': 2,
  'q-routing': 3,
  'full-echo': 2.5,
};
