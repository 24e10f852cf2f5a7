// Running scenarios: seeds on threads, folders with results, reports, plots, shrinking.

export {
  type ClaimResult,
  type Experiment,
  type ExperimentOptions,
  experimentOf,
  type Finished,
  failures,
  runExperiment,
  type SeedRun,
} from './experiment.ts';
export {
  listRuns,
  newRunFolder,
  RUNS_FOLDER,
  readRun,
  readSamples,
  scenarioText,
  writeRun,
} from './folder.ts';
export { runJob } from './job.ts';
export { sweepChart, writePlot, writeRunPlots } from './pictures.ts';
export { runJobs } from './pool.ts';
export { digits, replayCommand, reportText, shortOfTime, withInterval } from './report.ts';
export { shrink } from './shrink.ts';
export { difference, type Summary, studentT, summarize, summarizeAll } from './statistics.ts';
