/**
 * A resolved scenario as a file again: everything written out, presets and overrides merged, so that it alone is enough
 * to repeat the run; and the hash that names it. Only bands that the scenario leaves to the device stay out: they are not
 * known before there is one, and a run writes down those that it had.
 */
import { stringify } from 'yaml';
import { canonicalJson } from '../sim/base/canonicalJson.ts';
import { sha256Hex } from '../sim/base/hash.ts';
import type { OptionSpec, Population, StrategySpec } from '../sim/engine/scenario.ts';
import { PARAMS, type ParamSpec } from '../sim/protocol/params.ts';
import { isCalibrated } from './params.ts';
import type { MapTree } from './parseTree.ts';
import { mapOf } from './populations.ts';
import { type Resolved, usesProviders } from './resolve.ts';
import { LEVELS, paramForm, TASKS } from './schema.ts';
import { toPlain } from './structure.ts';
import { formatDecimal, formatQuantity, namesItsUnit } from './units.ts';

const share = (amountBps: number): string =>
  String(formatQuantity(amountBps, { unit: 'bps', bare: false, decimals: 0 }));

function writtenOption(key: string, value: number | string, option: OptionSpec, decimals: number): number | string {
  if (option.unit === 'choice' || typeof value === 'string') return value;
  const amount = option.unit === 'tokens' ? Math.round(value * 10 ** decimals) : value;
  return formatQuantity(amount, { unit: option.unit, bare: namesItsUnit(key), decimals });
}

function writtenPopulation(group: Population, spec: StrategySpec, decimals: number): Record<string, unknown> {
  const { demand } = group;
  return {
    role: group.role,
    count: group.count,
    strategy: group.strategy,
    open: `${formatDecimal(group.openUnits, decimals)} DN`,
    ...(group.hardware === '' ? {} : { hardware: group.hardware }),
    options: Object.fromEntries(
      Object.entries(group.options).map(([key, value]) => [
        key,
        writtenOption(key, value, spec.options[key]!, decimals),
      ]),
    ),
    ...(demand === null
      ? {}
      : {
          demand:
            demand.kind === 'poisson'
              ? { poisson: `${formatDecimal(demand.ratePerSlotMil, 3)} per slot` }
              : {
                  trace: demand.path,
                  format: demand.format,
                  repeat: demand.repeatCount,
                  speedup: demand.speedupMil / 1_000,
                },
        }),
    enter: `slot ${group.entrySlot}`,
  };
}

/**
 * @param root  the merged tree, for what is kept for later and has no place in `Scenario`
 * @returns the text, and a hash of it together with the traces and prices. The seed is left out of the hash: runs of one scenario
 * that differ only in their seed share it. So is the sweep, of which a run takes no notice
 */
export function writeResolved(
  resolved: Resolved,
  root: MapTree,
  catalogue: readonly StrategySpec[],
): { readonly resolvedYaml: string; readonly hash: string } {
  const { scenario, params, texts } = resolved;
  const { decimals } = params;
  const specOf = (group: Population): StrategySpec =>
    catalogue.find((spec) => spec.role === group.role && spec.name === group.strategy)!;
  const expectations = (toPlain(root) as { expect?: Record<string, unknown>[] }).expect ?? [];
  const sweep = mapOf(root, 'sweep');
  const usesSpheron =
    usesProviders(scenario.populations) || scenario.populations.some(({ role }) => role === 'matchmaker');
  const document: Record<string, unknown> = {
    version: scenario.version,
    name: scenario.name,
    seed: scenario.seed,
    eras: scenario.eras,
    ledger: scenario.ledger,
    modules: { deepnode: true, spheron: usesSpheron, dfpn: false },
    inference: {
      mode: scenario.inference.mode,
      device: scenario.inference.device,
      tasks: [...TASKS],
      pool_samples: scenario.inference.poolSamples,
      levels: Object.fromEntries(LEVELS.map((level, i) => [level, share(scenario.inference.levelBps[i]!)])),
      sets: {
        public: scenario.inference.sets.publicSamples,
        held_out: scenario.inference.sets.heldOutSamples,
        rotate_eras: scenario.inference.sets.rotateEras,
      },
      puzzle: scenario.inference.puzzle,
      validator_device: scenario.inference.validatorDevice,
    },
    chain: { signed_share: share(scenario.chain.signedBps) },
    params: Object.fromEntries(
      PARAMS.filter(({ key }) => !isCalibrated(key) || params.isGiven(key)).map((spec: ParamSpec) => {
        const value = params.value(spec.key as (typeof PARAMS)[number]['key']);
        if (spec.unit === 'choice') return [spec.key, spec.options![value]];
        return [
          spec.key,
          formatQuantity(params.stored(spec.key as (typeof PARAMS)[number]['key']), { ...paramForm(spec), decimals }),
        ];
      }),
    ),
    populations: scenario.populations.map((group) => writtenPopulation(group, specOf(group), decimals)),
    ...(scenario.prices === undefined ? {} : { prices: scenario.prices.path }),
    shocks: scenario.shocks.map((shock) => ({
      at: `slot ${shock.fromSlot}`,
      kind: shock.kind,
      region: shock.region,
      lasts: formatQuantity(shock.slotCount, { unit: 'slots', bare: false, decimals: 0 }),
    })),
    record: { ...scenario.record },
    expect: scenario.expect.map((expectation, i) => ({
      ...expectations[i],
      is: `${expectation.comparison} ${expectation.text.split(' ').at(-1)}`,
    })),
    ...(sweep === undefined ? {} : { sweep: toPlain(sweep) }),
  };
  const { seed: _seed, sweep: _sweep, ...identity } = document;
  const contents = Object.fromEntries([...texts].map(([path, text]) => [path, sha256Hex(text)]));
  return {
    resolvedYaml: `# Everything that the scenario left to defaults, presets and overrides is written out here.\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`,
    hash: sha256Hex(canonicalJson({ scenario: identity, traces: contents })),
  };
}
