// The version of this package, read once from package.json.

import { readFileSync } from 'node:fs';

function readVersion(): string {
  // Source sits one level below package.json, the built form two.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === 'zerostate' && manifest.version !== undefined) return manifest.version;
    } catch {
      // try the next place
    }
  }
  return '0.0.0';
}

export const VERSION: string = readVersion();
