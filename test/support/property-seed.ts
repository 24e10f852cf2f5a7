// Property tests draw the same inputs in every run, so that a red run can be repeated and a green one means the same
// everywhere. PROPERTY_SEED=random (or a number) explores others; fast-check prints the seed of what it finds.

import fc from 'fast-check';

const SEED = 20_260_101;
const wish = process.env.PROPERTY_SEED;

if (wish !== 'random') fc.configureGlobal({ seed: wish === undefined ? SEED : Number(wish) });
