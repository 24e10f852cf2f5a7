// Plots of the simulator: charts as data, drawn offline.

export { barChart, type ChartOptions, type ChartText, lineChart, type Point } from './charts.ts';
export { type Plot, renderPlot } from './render.ts';
