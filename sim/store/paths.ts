/** Where things lie: the repository, the directory of a run, and the files in it. Touches nothing. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Names of the files of a run. */
export const RUN_FILES = {
  manifest: 'manifest.json',
  scenario: 'scenario.resolved.yaml',
  log: 'log.ndjson',
  summary: 'summary.json',
  metrics: 'metrics.parquet',
  agents: 'agents.parquet',
  models: 'models.parquet',
  nodes: 'nodes.parquet',
  validators: 'validators.parquet',
  delegations: 'delegations.parquet',
  calls: 'calls.parquet',
  providers: 'providers.parquet',
  slarks: 'slarks.parquet',
  challenges: 'challenges.parquet',
  market: 'market.parquet',
  flows: 'flows.parquet',
  leases: 'leases.parquet',
  economics: 'economics.parquet',
  fizz: 'fizz.parquet',
  audits: 'audits.parquet',
  events: 'events.parquet',
  report: 'report.html',
  lockstepFailure: 'lockstep-failure.json',
} as const;

/**
 * Folder of the package.json named `powrlab` above this file, whether it runs as a source file or bundled.
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

/**
 * Directory of a run, named by what decides its result. Whatever the name holds, the directory lies directly in `outRoot`.
 *
 * @param scenarioHash  hex digits; the first eight are used
 * @example runDirectory('runs', 'sybil swarm', 'c0ffee0123456789', 7) // 'runs/sybil-swarm-c0ffee01-s7'
 */
export function runDirectory(outRoot: string, name: string, scenarioHash: string, seed: number): string {
  const plain = (text: string): string => text.replace(/[^A-Za-z0-9_-]+/g, '-');
  return join(outRoot, `${plain(name).slice(0, 80)}-${plain(scenarioHash.slice(0, 8))}-s${seed}`);
}
