// The committed kernels are what their source compiles to.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import {
  compileKernel,
  KERNELS,
  type KernelName,
  kernelFile,
  kernelSource,
} from '../../../scripts/kernels.ts';

describe('kernels', () => {
  for (const name of Object.keys(KERNELS) as KernelName[]) {
    it(`${name} is compiled from its source`, () => {
      assert.equal(readFileSync(kernelFile(name), 'utf8'), kernelSource(name, compileKernel(name)));
    });
  }
});
