// Past one machine: array jobs over seeds and parameters, and configurations for Shadow. Everything is checked against a schema first.

export { kubernetesText, slurmFiles } from './cluster.ts';
export { shadowFiles } from './shadow.ts';
export { sharesOf } from './shares.ts';
