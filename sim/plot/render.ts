// Draws a Vega-Lite chart as SVG and PNG: offline, with one shipped font, byte for byte the same for the same chart. Libraries are
// loaded when something is drawn, since most commands draw nothing.

import { fileURLToPath } from 'node:url';
import type { TopLevelSpec } from 'vega-lite';

const FONT = 'Arimo';
/** Pixels of a PNG for one of the SVG: sharp on screens of twice the density. */
const SCALE = 2;

/** One plot. */
export interface Plot {
  readonly svg: string;
  readonly png: Uint8Array;
}

/** Draws a chart. */
export async function renderPlot(chart: TopLevelSpec): Promise<Plot> {
  const [vega, lite, { Resvg }] = await Promise.all([
    import('vega'),
    import('vega-lite'),
    import('@resvg/resvg-js'),
  ]);
  const config = { font: FONT, background: '#ffffff', ...chart.config };
  const { spec } = lite.compile({ ...chart, config } as TopLevelSpec);
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
  const svg = await view.toSVG();
  view.finalize();
  const png = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: SCALE },
    font: {
      loadSystemFonts: false,
      fontFiles: [
        fileURLToPath(import.meta.resolve('@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf')),
      ],
      defaultFontFamily: FONT,
    },
  })
    .render()
    .asPng();
  return { svg, png };
}
