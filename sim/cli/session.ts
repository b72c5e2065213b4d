/**
 * One run from scenario to run directory: opens the ledger, the agents' threads, the inference and the store, lets the
 * engine work, and closes everything whatever happens. Prints nothing.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CATALOGUE } from '../../agents/catalogue.ts';
import { agentNames } from '../../agents/names.ts';
import { AssertionError } from '../base/assert.ts';
import { blsVerifier, createKeyRing } from '../chain/keyRing.ts';
import type { Fault, LockstepError } from '../chain/lockstep.ts';
import type { ProtocolChain } from '../chain/protocolChain.ts';
import { createCoreLedger } from '../engine/coreLedger.ts';
import { parseTrace, type TracedRequest } from '../engine/demand.ts';
import { createGenesisState, planGenesis } from '../engine/genesis.ts';
import type { InferencePort } from '../engine/inferencePort.ts';
import type { EraRows } from '../engine/observer.ts';
import type { BlockResult, LedgerPort } from '../engine/ports.ts';
import { createRoster } from '../engine/roster.ts';
import { type RunOutcome, runScenario } from '../engine/run.ts';
import { type Scenario, usesProviders } from '../engine/scenario.ts';
import { capacitiesFor, createShared, type SharedRun, sharedVariantsOf } from '../engine/shared.ts';
import type { Manifest } from '../engine/trace.ts';
import { openInference } from '../inference/openInference.ts';
import { DEFAULT_POOL_SEED } from '../inference/textRecognition.ts';
import { createTracker, findViolations, INVARIANTS } from '../protocol/invariants.ts';
import type { State } from '../protocol/state.ts';
import { repoRoot, runDirectory } from '../store/paths.ts';
import { openRun, resumeRun } from '../store/runWriter.ts';
import { createAgentPool } from './agentPool.ts';
import { bandsOf, withCalibratedBands, writeBands } from './calibratedBands.ts';
import { UsageError } from './exitCodes.ts';
import { evaluateExpectations, type Verdict } from './expectations.ts';
import { withNamedErrors } from './inferenceErrors.ts';

export type SessionOptions = {
  readonly scenario: Scenario;
  readonly scenarioFile: string;
  readonly resolvedYaml: string;
  readonly scenarioHash: string;
  readonly builtDir: string;
  readonly threads: number;
  /** Where run directories go, or the directory itself. null keeps nothing. */
  readonly out: { readonly root: string } | { readonly directory: string } | null;
  readonly command: string;
  readonly cacheDir?: string;
  /** Runner processes on the cpu, default one per core. */
  readonly runners?: number;
  /** Goes on with a killed run: its committed eras are replayed and must come to the same digests. */
  readonly resume?: boolean;
  onSlot?(done: number, total: number, era: number): void;
  onEra?(rows: EraRows): void;
  stopRequested?(): boolean;
  /** For tests: storage words to overwrite on the chain, and a look at every block. */
  readonly faults?: readonly Fault[];
  onBlock?(slot: number, phase: number, result: BlockResult, shared: SharedRun, state: State): void;
};

export type SessionResult = {
  readonly manifest: Manifest;
  readonly summary: Readonly<Record<string, number>>;
  readonly verdicts: readonly Verdict[];
  readonly directory: string | null;
  /** The resolved scenario with the bands that it was run with. */
  readonly scenarioYaml: string;
};

/** A run failed after it had started; `reproduction` is the file with the shortest action list, for a lockstep failure. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly directory: string | null;
  constructor(message: string, directory: string | null, cause: unknown) {
    super(message, { cause });
    this.directory = directory;
  }
}

/** Real time that the search for the shortest reproduction may take. */
const MINIMISE_WALL_MS = 240_000;

/** Entries of the list that an error of this name carries, at least 1: a refusal that differs lists none. */
function countOf(error: unknown, name: string, list: string): number {
  if (!(error instanceof Error) || error.name !== name) return 0;
  return Math.max(1, (error as unknown as Record<string, readonly unknown[]>)[list]?.length ?? 0);
}

/** @throws UsageError if a trace cannot be read; TraceError naming file and line */
function readTraces(scenario: Scenario, scenarioFile: string): Map<number, readonly TracedRequest[]> {
  const traces = new Map<number, readonly TracedRequest[]>();
  scenario.populations.forEach(({ demand }, population) => {
    if (demand?.kind !== 'trace') return;
    const path = resolve(dirname(scenarioFile), demand.path);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new UsageError(
        `Cannot read the trace ${demand.path} of population ${population + 1} (${(cause as Error).message})`,
      );
    }
    traces.set(population, parseTrace(text, demand.format, demand.path));
  });
  return traces;
}

function gitCommit(root: string): string {
  try {
    const run = (args: readonly string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `${run(['rev-parse', 'HEAD'])}${run(['status', '--porcelain']) === '' ? '' : ' with changes'}`;
  } catch {
    return 'no git checkout';
  }
}

/** Hash of the built program: two runs can only be joined if the same code ran both. */
export function buildIdOf(builtDir: string): string {
  const hash = createHash('sha256');
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.name.endsWith('.js')) hash.update(entry.name).update(readFileSync(path));
    }
  };
  visit(builtDir);
  return hash.digest('hex').slice(0, 16);
}

function versionsOf(root: string, builtDir: string, anvil: string | null, runtime: string): Record<string, string> {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    powrlab: own.version,
    build: buildIdOf(builtDir),
    commit: gitCommit(root),
    node: process.version,
    ...(anvil === null ? {} : { anvil, solc: '0.8.37' }),
    inference: runtime,
  };
}

/**
 * Runs a scenario.
 *
 * @throws SessionError (a bug, or infrastructure: see its cause), UsageError, TraceError
 */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const startMs = performance.now();
  const startedAt = new Date().toISOString();
  const { builtDir } = options;
  const root = repoRoot();
  const traces = readTraces(options.scenario, options.scenarioFile);
  let inference: InferencePort | null = null;
  let chain: ProtocolChain | null = null;
  let ledger: LedgerPort | null = null;
  const { mode, device, poolSamples, validatorDevice } = options.scenario.inference;
  const opening = openInference({
    mode,
    device,
    validatorDevice,
    poolSeed: DEFAULT_POOL_SEED,
    poolSamples,
    builtDir,
    root,
    ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
    ...(options.runners === undefined ? {} : { workers: options.runners }),
  });
  inference = await withNamedErrors(opening);
  try {
    const scenario = withCalibratedBands(options.scenario, inference.bands);
    const scenarioYaml = writeBands(options.resolvedYaml, scenario);
    const roster = createRoster(scenario);
    const plan = planGenesis(scenario, roster);
    const capacities = capacitiesFor(roster, scenario, plan.slotsPerEra, traces);
    const state = createGenesisState(plan, capacities);
    if (scenario.ledger === 'lockstep') state.verifier = blsVerifier;
    const names = agentNames(scenario.seed, roster);
    const chainOptions = {
      plan,
      seed: scenario.seed,
      agentCount: roster.agents.length,
      signedBps: scenario.chain.signedBps,
      builtDir,
      root,
    };
    const directory =
      options.out === null
        ? null
        : 'directory' in options.out
          ? options.out.directory
          : runDirectory(options.out.root, scenario.name, options.scenarioHash, scenario.seed);

    const variants = sharedVariantsOf(inference.variants);
    const shared = createShared(scenario, roster, state, capacities, {
      slotS: plan.slotS,
      slotsPerEra: plan.slotsPerEra,
      unitsPerToken: plan.unitsPerToken,
      variants,
    });
    if (scenario.ledger === 'core') ledger = createCoreLedger(state);
    else {
      const { openProtocolChain } = await import('../chain/protocolChain.ts');
      chain = await openProtocolChain(chainOptions);
      if (scenario.ledger === 'chain')
        ledger = await (await import('../chain/chainLedger.ts')).createChainLedger(state, chain, capacities);
      else {
        const { createLockstepLedger } = await import('../chain/lockstep.ts');
        ledger = createLockstepLedger({ core: state, chain, faults: options.faults ?? [] });
      }
    }
    const agents = createAgentPool(shared, options.threads, builtDir);
    const tracker = createTracker();
    let comparedEraCount = 0;
    let comparedWordCount = 0;
    let erasDone = 0;
    let checkedCount = 0;
    let outcome: RunOutcome | null = null;
    let summary: Record<string, number> = {};
    let verdicts: Verdict[] = [];

    const openedInference = inference;
    function manifestOf(stateName: Manifest['state'], differenceCount: number, violatedCount: number): Manifest {
      const counters = chain?.counters();
      const stats = openedInference.stats();
      const wallS = (performance.now() - startMs) / 1_000;
      const actions = outcome?.observer.counters() ?? { accepted: {}, rejected: {}, reasons: {} };
      const actionCount = [...Object.values(actions.accepted), ...Object.values(actions.rejected)].reduce(
        (a, b) => a + b,
        0,
      );
      const demand = outcome?.demand.statistics() ?? null;
      return {
        version: 1,
        state: stateName,
        name: scenario.name,
        seed: scenario.seed,
        eras: scenario.eras,
        erasDone: outcome?.erasDone ?? erasDone,
        ledger: scenario.ledger,
        scenarioHash: options.scenarioHash,
        scenarioFile: options.scenarioFile,
        digest: outcome?.digest ?? '',
        exact: true,
        command: options.command,
        roles: Object.fromEntries(
          roster.agents.reduce(
            (counts, a) => counts.set(a.role, (counts.get(a.role) ?? 0) + 1),
            new Map<string, number>(),
          ),
        ),
        lockstep: scenario.ledger === 'lockstep' ? { comparedEraCount, comparedWordCount, differenceCount } : null,
        invariants: { checkedCount, violatedCount, ids: INVARIANTS.map(({ id }) => id) },
        expectations: verdicts.map(({ text, measured, holds }) => ({ text, measured, holds })),
        actions,
        messages: { ignored: outcome?.ignoredMessages ?? {} },
        inference: {
          mode,
          device: stats.device,
          runtime: stats.runtime,
          executedCount: stats.executedCount,
          replayedCount: stats.replayedCount,
          comparedCount: stats.comparedCount,
          sketchedCount: stats.sketchedCount,
          validatorDevice: stats.validatorDevice,
          bands: bandsOf(scenario),
          sets: scenario.inference.sets,
          byVariant: stats.byVariant,
        },
        chain:
          chain === null || counters === undefined
            ? null
            : {
                anvil: chain.anvil.version,
                blockCount: counters.blockCount,
                transactionCount: counters.transactionCount,
                signedTransactionCount: counters.signedCount,
                gasUsed: counters.gas,
                gasByAction: counters.gasByAction,
                rpcCalls: counters.rpcCalls,
                actionsPerWallS: Math.round(actionCount / wallS),
                gasPerWallS: Math.round(counters.gas / wallS),
              },
        demand:
          demand === null
            ? null
            : {
                requestCount: demand.requestCount,
                medianInputTokens: demand.medianInputTokens,
                medianOutputTokens: demand.medianOutputTokens,
                interArrivalCv: demand.interArrivalCv,
                dispersionIndex10s: demand.dispersionIndex10s,
              },
        versions: versionsOf(
          root,
          builtDir,
          chain === null ? null : `${chain.anvil.version} (${chain.anvil.from})`,
          stats.runtime,
        ),
        host: {
          cpu: cpus()[0]?.model.trim() ?? 'unknown',
          cores: cpus().length,
          memoryGb: Math.round(totalmem() / 2 ** 30),
          platform: `${process.platform} ${process.arch}`,
        },
        threads: options.threads,
        startedAt,
        wallMs: Math.round(performance.now() - startMs),
      };
    }

    const running = manifestOf('running', 0, 0);
    const resumed =
      directory !== null && options.resume === true ? await resumeRun({ directory, manifest: running }) : null;
    const writer =
      directory === null ? null : (resumed?.writer ?? (await openRun({ directory, manifest: running, scenarioYaml })));
    const committed = resumed?.committedDigests ?? [];
    try {
      const slots = scenario.eras * plan.slotsPerEra;
      outcome = await runScenario(
        { scenario, plan, shared, catalogue: CATALOGUE, names, traces },
        { ledger, agents, inference, keys: createKeyRing(scenario.seed, scenario.ledger !== 'core') },
        {
          async era(rows, words) {
            erasDone += 1;
            options.onEra?.(rows);
            if (words > 0) comparedEraCount += 1;
            comparedWordCount += words;
            const before = committed[rows.era.era];
            if (before === undefined) await writer?.appendEra(rows);
            else if (before !== rows.era.digest) {
              throw new AssertionError(
                `Era ${rows.era.era} of the resumed run has digest ${rows.era.digest}; before the kill it was ${before}`,
              );
            }
          },
          slot: (slot) => options.onSlot?.(slot + 1, slots, Math.floor(slot / plan.slotsPerEra)),
          checkInvariants(s) {
            checkedCount += INVARIANTS.length;
            return findViolations(s, tracker).map(({ id, title, message }) => ({ id, title, found: message }));
          },
          ...(options.onBlock === undefined
            ? {}
            : {
                block: (slot: number, phase: number, result: BlockResult) =>
                  options.onBlock?.(slot, phase, result, shared, state),
              }),
          ...(options.stopRequested === undefined ? {} : { stopRequested: () => options.stopRequested?.() ?? false }),
        },
      );
      summary = outcome.observer.summary();
      if (usesProviders(scenario.populations)) {
        summary['proofs.checked'] = outcome.proofs.checkedCount;
        summary['proofs.dropped'] = outcome.proofs.droppedCount;
      }
      const ignoredCount = Object.values(outcome.ignoredMessages).reduce((sum, count) => sum + count, 0);
      if (usesProviders(scenario.populations) || ignoredCount > 0) summary['messages.ignored'] = ignoredCount;
      verdicts = evaluateExpectations(scenario.expect, summary);
      const manifest = manifestOf(outcome.stopped ? 'failed' : 'complete', 0, 0);
      if (outcome.stopped) await writer?.fail(manifest);
      else await writer?.finish({ manifest, summary });
      return { manifest, summary, verdicts, directory, scenarioYaml };
    } catch (error) {
      await writer
        ?.fail(
          manifestOf(
            'failed',
            countOf(error, 'LockstepError', 'differences'),
            countOf(error, 'InvariantError', 'violations'),
          ),
        )
        .catch(() => {});
      const note =
        error instanceof Error && error.name === 'LockstepError'
          ? await writeReproduction(error as LockstepError, directory, plan, capacities, chainOptions).catch(
              (second: unknown) => `\nThe search for the shortest list of actions failed: ${String(second)}`,
            )
          : '';
      throw new SessionError(`${error instanceof Error ? error.message : String(error)}${note}`, directory, error);
    } finally {
      await agents.close();
    }
  } finally {
    await ledger?.close();
    if (ledger === null) await chain?.close();
    await inference.close();
  }
}

/** Writes the shortest list of actions that shows the difference again. @returns a sentence about it */
async function writeReproduction(
  failure: LockstepError,
  directory: string | null,
  plan: ReturnType<typeof planGenesis>,
  capacities: ReturnType<typeof capacitiesFor>,
  chainOptions: Parameters<typeof import('../chain/protocolChain.ts').openProtocolChain>[0],
): Promise<string> {
  const { reproduce } = await import('../chain/minimise.ts');
  const { journal, agreedBlockCount } = failure;
  const found = await reproduce(journal, agreedBlockCount, plan, capacities, chainOptions, MINIMISE_WALL_MS);
  if (found === null)
    return '\nThe actions alone do not reproduce it on fresh ledgers: something outside the run changed the chain.';
  const { after, items, message, differences, shortest } = found;
  const start = after === null ? 'from genesis' : `after slot ${after.slot}, phase ${after.phase} of the run`;
  const steps = `${items.length} ${items.length === 1 ? 'step' : 'steps'}`;
  if (directory === null) return `\nReproduced by ${steps} ${start}: ${message}`;
  const { replaceFile } = await import('../store/writeFile.ts');
  const path = join(directory, 'lockstep-failure.json');
  await replaceFile(path, `${JSON.stringify({ message, differences, shortest, after, items }, null, 1)}\n`);
  return `\nReproduced by ${steps} ${start} (${shortest ? 'none can be left out' : 'the time to shorten it ran out'}), written to ${path}`;
}
