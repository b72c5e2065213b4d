/**
 * `powr bench compare --exact` and `powr bench accept`: the first gate of the regression benchmark. Counters that a seed
 * decides (gas, transactions, calls, inferences, rows, digest) are compared as integers with `bench/baseline.json`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../base/canonicalJson.ts';
import { repoRoot } from '../store/paths.ts';
import { replaceFile } from '../store/writeFile.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { loadScenarioFile, printIssues } from './loadFile.ts';
import { createProgress } from './progress.ts';
import { runSession } from './session.ts';

/** Scenarios of the gate. Inference is replayed from the committed profile, so that every machine counts the same. */
export const GATED = ['quickstart', 'baseline', 'fizz-subnets', 'model-market'] as const;
const OVERRIDES = ['ledger=lockstep', 'inference.mode=replay'];
const BASELINE_FILE = 'bench/baseline.json';

/** Flat: name of a counter to its value. */
export type Counters = Readonly<Record<string, number | string>>;
export type Baseline = {
  readonly version: 1;
  readonly why: string;
  readonly scenarios: Readonly<Record<string, Counters>>;
};

/** Runs one gated scenario and counts. @throws UsageError if its file does not load, SessionError if the run fails */
export async function countScenario(name: string, builtDir: string): Promise<Counters> {
  const root = repoRoot();
  const file = join(root, 'scenarios', `${name}.yaml`);
  const loaded = loadScenarioFile(file, OVERRIDES);
  if (!loaded.ok) {
    printIssues(loaded);
    throw new UsageError(`Scenario ${name} does not load`);
  }
  const progress = createProgress(process.stderr, false);
  const rows: Record<string, number> = {};
  const { manifest } = await runSession({
    scenario: loaded.scenario,
    scenarioFile: `scenarios/${name}.yaml`,
    resolvedYaml: loaded.resolvedYaml,
    scenarioHash: loaded.hash,
    builtDir,
    threads: 1,
    out: null,
    command: `powr bench compare --exact --scenario ${name}`,
    onSlot: (done, total, era) => progress.update(done, total, `${name}, era ${era + 1}`),
    onEra(era) {
      for (const [table, list] of Object.entries(era))
        rows[table] = (rows[table] ?? 0) + (Array.isArray(list) ? list.length : 1);
    },
  });
  progress.finish();
  const flat: Record<string, number | string> = {
    digest: manifest.digest,
    'lockstep.words': manifest.lockstep?.comparedWordCount ?? 0,
  };
  const add = (prefix: string, values: Readonly<Record<string, number>>): void => {
    for (const [key, value] of Object.entries(values)) flat[`${prefix}.${key}`] = value;
  };
  add('rows', rows);
  add('accepted', manifest.actions.accepted);
  add('rejected', manifest.actions.rejected);
  add('reason', manifest.actions.reasons);
  for (const [variant, { executedCount, replayedCount }] of Object.entries(manifest.inference.byVariant))
    flat[`inference.${variant}`] = executedCount + replayedCount;
  if (manifest.chain !== null) {
    flat['chain.blocks'] = manifest.chain.blockCount;
    flat['chain.transactions'] = manifest.chain.transactionCount;
    flat['chain.signed'] = manifest.chain.signedTransactionCount;
    flat['chain.gas'] = manifest.chain.gasUsed;
    add('gas', manifest.chain.gasByAction);
    add('rpc', manifest.chain.rpcCalls);
  }
  return Object.fromEntries(Object.entries(flat).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export type CounterChange = {
  readonly counter: string;
  readonly before: number | string | null;
  readonly after: number | string | null;
};

/** Counters that differ; one that is missing on a side is null there. */
export function compareCounters(before: Counters, after: Counters): CounterChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((counter) => ({ counter, before: before[counter] ?? null, after: after[counter] ?? null }));
}

/** @throws UsageError if there is no baseline or it is not readable */
export function readBaseline(root: string): Baseline {
  const path = join(root, BASELINE_FILE);
  try {
    const baseline = JSON.parse(readFileSync(path, 'utf8')) as Baseline;
    if (baseline.version !== 1) throw new Error(`version ${String(baseline.version)} is unknown`);
    return baseline;
  } catch (error) {
    throw new UsageError(
      `Cannot read ${BASELINE_FILE}: ${(error as Error).message}. Make one with \`powr bench accept -m "why"\`.`,
    );
  }
}

function describe({ counter, before, after }: CounterChange): string {
  const delta =
    typeof before === 'number' && typeof after === 'number' && before !== 0
      ? ` (${after >= before ? '+' : ''}${(((after - before) / before) * 100).toFixed(3)} %)`
      : '';
  return `  ${counter}: ${before ?? 'absent'} -> ${after ?? 'absent'}${delta}`;
}

export async function compareCommand(
  options: { readonly scenario: readonly string[]; readonly json?: boolean },
  builtDir: string,
): Promise<number> {
  const names = options.scenario.length > 0 ? options.scenario : GATED;
  for (const name of names)
    if (!(GATED as readonly string[]).includes(name))
      throw new UsageError(`No gated scenario ${name}; there are ${GATED.join(', ')}`);
  const baseline = readBaseline(repoRoot());
  const result: Record<string, CounterChange[]> = {};
  for (const name of names)
    result[name] = compareCounters(baseline.scenarios[name] ?? {}, await countScenario(name, builtDir));
  const changed = Object.values(result).some((changes) => changes.length > 0);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ changed, scenarios: result }, null, 2)}\n`);
  else {
    for (const [name, changes] of Object.entries(result)) {
      const counted = Object.keys(baseline.scenarios[name] ?? {}).length;
      process.stdout.write(
        changes.length === 0
          ? `${name}: ${counted} counters, no difference\n`
          : `${name}: ${changes.length} of ${counted} counters differ\n${changes.map(describe).join('\n')}\n`,
      );
    }
    if (changed) process.stdout.write('If the change is meant: powr bench accept -m "why"\n');
  }
  return changed ? EXIT.regression : EXIT.ok;
}

export async function acceptCommand(why: string, builtDir: string): Promise<number> {
  if (why.trim() === '') throw new UsageError('Say why the counters changed: -m "why"');
  const scenarios: Record<string, Counters> = {};
  for (const name of GATED) scenarios[name] = await countScenario(name, builtDir);
  const baseline: Baseline = { version: 1, why, scenarios };
  // Canonical first: it refuses NaN and the like, which JSON would turn into null.
  canonicalJson(baseline);
  await replaceFile(join(repoRoot(), BASELINE_FILE), `${JSON.stringify(baseline, null, 1)}\n`);
  for (const [name, counters] of Object.entries(scenarios))
    process.stdout.write(`${name}: ${Object.keys(counters).length} counters accepted\n`);
  return EXIT.ok;
}
