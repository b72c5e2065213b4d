/** Finds the repository from wherever this code runs: as a source file, or bundled into a build folder. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Folder of the package.json named `powrlab` above this file.
 *
 * @throws Error if there is none (the code was copied out of its repository)
 */
export function repoRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if ((manifest as { name?: unknown }).name === 'powrlab') return folder;
    } catch {
      // no package.json here: further up
    }
    if (dirname(folder) === folder) throw new Error('No package.json named powrlab above the running code');
  }
}
