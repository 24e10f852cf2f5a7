// The charts of the simulator as Vega-Lite: lines over time or over a parameter, with a band for the confidence interval, and bars.
// Data in, chart out; drawing is render.ts.

import type { TopLevelSpec } from 'vega-lite';

const WIDTH = 560;
const HEIGHT = 300;

/** One point of a line, with the bounds of its confidence interval where it has one. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
  /** Name of the line. */
  readonly line: string;
}

export interface ChartText {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

/** A logarithmic axis is for positive values only. */
export interface ChartOptions {
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** Highest value of y that is shown. */
  readonly yMax?: number;
}

/** Lines with bands. */
export function lineChart(
  points: readonly Point[],
  text: ChartText,
  options: ChartOptions = {},
): TopLevelSpec {
  const x = {
    field: 'x',
    type: 'quantitative',
    title: text.x,
    scale: options.logX === true ? { type: 'log' as const } : { zero: false },
  } as const;
  const domain = options.yMax === undefined ? {} : { domain: [0, options.yMax], clamp: true };
  const scale = { ...(options.logY === true ? { type: 'log' as const } : {}), ...domain };
  const color = { field: 'line', type: 'nominal', title: null } as const;
  const banded = points.some(({ low }) => low !== undefined);
  const values = points.map((point) => ({ ...point }));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: text.title,
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    layer: [
      ...(banded
        ? [
            {
              mark: { type: 'area' as const, opacity: 0.2 },
              encoding: {
                x,
                y: { field: 'low', type: 'quantitative' as const, title: text.y, scale },
                y2: { field: 'high' },
                color,
              },
            },
          ]
        : []),
      {
        mark: { type: 'line' as const, point: points.length <= 60 },
        encoding: { x, y: { field: 'y', type: 'quantitative' as const, title: text.y, scale }, color },
      },
    ],
  };
}

/** Bars with error bars: one for each line. */
export function barChart(points: readonly Omit<Point, 'x'>[], text: Omit<ChartText, 'x'>): TopLevelSpec {
  const x = { field: 'line', type: 'nominal', title: null, axis: { labelAngle: 0 } } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: text.title,
    width: WIDTH,
    height: HEIGHT,
    data: { values: points.map((point) => ({ ...point })) },
    layer: [
      { mark: 'bar', encoding: { x, y: { field: 'y', type: 'quantitative', title: text.y } } },
      {
        mark: 'rule',
        encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
    ],
  };
}
