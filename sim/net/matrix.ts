// Measured delays between places: a square matrix of milliseconds from a CSV file, such as the King data set or cloud regions.

import { ZeroError } from '../../protocol/errors/index.ts';
import { readTextFile } from '../scenario/text-file.ts';

/** Rows of a matrix at most: 16 MB of floats. */
const ROWS_MAX = 2_048;
/** Bytes of a matrix file: the largest matrix with 16 characters a number. */
const BYTES_MAX = 64 * 1024 * 1024;

/** Delays between places. */
export interface LatencyMatrix {
  readonly rows: number;
  /** One-way delay from row to column, in milliseconds, row by row. */
  readonly delays: Float32Array;
}

/** Parses a matrix: one row a line, numbers parted by commas; a first row or column of names is left out. Throws SCENARIO_INVALID. */
export function parseMatrix(text: string, source = 'matrix'): LatencyMatrix {
  const wrong = (problem: string) => new ZeroError('SCENARIO_INVALID', `${source}: ${problem}`);
  let cells = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map((cell) => cell.trim()));
  const named = (cell: string | undefined) => cell === undefined || cell === '' || Number.isNaN(Number(cell));
  if (cells[0]?.slice(1).every(named)) cells = cells.slice(1);
  if (cells.every((row) => named(row[0]))) cells = cells.map((row) => row.slice(1));
  const rows = cells.length;
  if (rows < 1 || rows > ROWS_MAX) throw wrong(`has ${rows} rows; from 1 to ${ROWS_MAX} are read`);
  const delays = new Float32Array(rows * rows);
  for (const [r, row] of cells.entries()) {
    if (row.length !== rows) throw wrong(`row ${r + 1} has ${row.length} numbers, not ${rows}`);
    for (const [c, cell] of row.entries()) {
      const value = Number(cell);
      if (cell === '' || !(value >= 0 && value <= 60_000))
        throw wrong(`row ${r + 1}, column ${c + 1}: ${cell} is not from 0 to 60000 milliseconds`);
      delays[r * rows + c] = value;
    }
  }
  return { rows, delays };
}

/** Reads a matrix file. Throws SCENARIO_INVALID. */
export function readMatrix(path: string): LatencyMatrix {
  return parseMatrix(readTextFile(path, BYTES_MAX), path);
}
