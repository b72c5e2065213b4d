/** The presets that ship with PoWR Lab, by name, wherever this code runs from: as a source file or bundled. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function presetFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if ((manifest as { name?: unknown }).name === 'powrlab') return join(folder, 'scenarios', 'presets');
    } catch {
      // no package.json here: further up
    }
    if (dirname(folder) === folder) throw new Error('No package.json named powrlab above the running code');
  }
}

/** Names that `extends: preset:<name>` takes, in alphabetical order. */
export function presetNames(): string[] {
  return readdirSync(presetFolder())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** Text of a preset, or null if there is none of that name. */
export function readPreset(name: string): string | null {
  return presetNames().includes(name) ? readFileSync(join(presetFolder(), `${name}.yaml`), 'utf8') : null;
}
