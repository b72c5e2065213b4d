/** Writes a bad scenario to disk, for the tests that load it from there. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BadScenario, badFileName } from './badScenarios.ts';

/**
 * Writes a scenario into a folder of its own, with what lies beside it, and next to that folder one that a scenario must
 * not reach.
 *
 * @returns the path of the scenario
 */
export function writeBadScenario(root: string, bad: BadScenario): string {
  const folder = join(root, badFileName(bad).replace('.yaml', ''), 'scenarios');
  const outside = join(folder, '..', 'outside');
  mkdirSync(outside, { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(outside, 'secret.yaml'), '{"timestamp": 0, "seed": 5}\n');
  for (const [name, text] of Object.entries(bad.files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  for (const [name, target] of Object.entries(bad.links)) symlinkSync(join(folder, '..', target), join(folder, name));
  const path = join(folder, badFileName(bad));
  writeFileSync(path, bad.content);
  return path;
}
