/** Turns a merged tree into the resolved scenario: defaults filled in, units converted, rules across keys checked. */
import type { Expectation, Population, SampleSets, Scenario, Shock, StrategySpec } from '../sim/engine/scenario.ts';
import type { IssueList } from './issues.ts';
import type { ReadFile } from './merge.ts';
import { checkParams, type ParamValues, readParams, readQuantity } from './params.ts';
import type { MapTree, Tree } from './parseTree.ts';
import { type Context, intOf, mapOf, readMoment, readPopulations, scalarOf, textOf, wordOf } from './populations.ts';
import { type PriceReader, readPrices } from './prices.ts';
import { checkSampleSets } from './sampleSets.ts';
import {
  BOUNDS,
  DEFAULTS,
  DEVICES,
  LEDGERS,
  LEVELS,
  MODULES,
  PUZZLES,
  SHOCK_REGIONS,
  VALIDATOR_DEVICES,
} from './schema.ts';
import { describeTree } from './structure.ts';
import { formatDecimal } from './units.ts';
import { checkOrderWindows } from './windows.ts';

export type Resolved = {
  readonly scenario: Scenario;
  readonly params: ParamValues;
  /** Text of each trace and of the prices, by its path. */
  readonly texts: ReadonlyMap<string, string>;
};

const BPS_FORM = { unit: 'bps', bare: false, decimals: 0 } as const;

function itemsOf(map: MapTree, key: string): readonly Tree[] {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'list' ? value.items : [];
}

function inBounds(value: number | undefined, [min, max]: readonly [number, number]): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

/** Flags every population that runs providers or Slarks. */
function refuseProviders(root: MapTree, issues: IssueList): void {
  for (const item of itemsOf(root, 'populations')) {
    if (item.kind !== 'map') continue;
    const role = scalarOf(item, 'role');
    const options = mapOf(item, 'options');
    const facets = options === undefined ? undefined : scalarOf(options, 'facets');
    if (role?.value === 'fizz' || role?.value === 'matchmaker')
      issues.flag('E207', role.place, 'there is no compute market with modules.spheron: false', {
        fix: 'remove the population, or write modules.spheron: true',
      });
    if (role?.value === 'slark')
      issues.flag('E207', role.place, 'there are no Slarks with modules.spheron: false', {
        fix: 'remove the population, or write modules.spheron: true',
      });
    if (facets !== undefined && facets.value !== 'deepnode')
      issues.flag('E207', facets.place, 'there are no providers with modules.spheron: false', {
        fix: 'write facets: deepnode, or modules.spheron: true',
      });
  }
}

/** Spheron's providers and Slarks take part if the populations say so; `spheron: false` says that none may. */
function checkModules(root: MapTree, issues: IssueList): void {
  const modules = mapOf(root, 'modules');
  if (modules === undefined) return;
  for (const name of MODULES) {
    const value = scalarOf(modules, name);
    if (name === 'spheron') {
      if (value?.value === false) refuseProviders(root, issues);
      continue;
    }
    if (typeof value?.value !== 'boolean' || value.value === (name === 'deepnode')) continue;
    const message =
      name === 'deepnode'
        ? 'modules.deepnode cannot be switched off in this version'
        : `modules.${name} is not in this version`;
    issues.flag('E207', value.place, message, {
      fix: name === 'deepnode' ? 'write true or remove the key' : 'write false or remove the key',
    });
  }
}

function readLevels(inference: MapTree | undefined, issues: IssueList): readonly [number, number, number] {
  const entry = inference?.entries.get('levels');
  const defaults = LEVELS.map((level) => DEFAULTS.levelBps[level]) as [number, number, number];
  if (entry?.value.kind !== 'map') return defaults;
  const levels = entry.value;
  const shares = LEVELS.map((level) => {
    const given = levels.entries.get(level);
    return given === undefined ? 0 : readQuantity(given, `inference.levels.${level}`, BPS_FORM, [0n, 10_000n], issues);
  });
  if (shares.includes(undefined)) return defaults;
  const sum = shares.reduce<number>((total, share) => total + share!, 0);
  if (sum !== 10_000) {
    issues.flag('E203', entry.keyPlace, `inference.levels sum to ${formatDecimal(sum, 2)}%, not to 100%`, {
      allowed: 'shares of easy, medium and hard; one that is not named has none',
    });
  }
  return shares as [number, number, number];
}

/** Parts of the pool: some samples must be left for the consumers and for the held-out sets. */
function readSets(inference: MapTree | undefined, poolSamples: number, issues: IssueList): SampleSets {
  const map = inference && mapOf(inference, 'sets');
  const read = (key: string, bounds: readonly [number, number], fallback: number): number =>
    (map && inBounds(intOf(map, key), bounds)) ?? fallback;
  const sets = {
    publicSamples: read('public', BOUNDS.publicSamples, DEFAULTS.publicSamples),
    heldOutSamples: read('held_out', BOUNDS.heldOutSamples, DEFAULTS.heldOutSamples),
    rotateEras: read('rotate_eras', BOUNDS.rotateEras, DEFAULTS.rotateEras),
  };
  const place = map && scalarOf(map, 'public')?.place;
  if (place && sets.publicSamples >= poolSamples)
    issues.flag('E220', place, `${sets.publicSamples} samples are public, and the pool has ${poolSamples}`, {
      fix: 'lower inference.sets.public or raise inference.pool_samples: the others are what consumers ask for',
    });
  const heldOut = map && (scalarOf(map, 'held_out') ?? scalarOf(map, 'rotate_eras'))?.place;
  const hiddenSamples = poolSamples - sets.publicSamples;
  if (heldOut && sets.rotateEras > 0 && hiddenSamples > 0 && sets.heldOutSamples >= hiddenSamples)
    issues.flag(
      'E220',
      heldOut,
      `${sets.heldOutSamples} samples are held out of the ${hiddenSamples} that are not public`,
      {
        fix: 'lower inference.sets.held_out or raise inference.pool_samples: consumers ask for what is left',
      },
    );
  const rotation = map && scalarOf(map, 'rotate_eras')?.place;
  if (rotation && sets.rotateEras > 0 && sets.publicSamples === 0)
    issues.flag('E220', rotation, 'sets rotate, but without public samples models are validated on the whole pool', {
      fix: 'write inference.sets.public, or remove rotate_eras',
    });
  return sets;
}

function readInference(root: MapTree, params: ParamValues, issues: IssueList): Scenario['inference'] {
  const inference = mapOf(root, 'inference');
  const empty: MapTree = { kind: 'map', place: root.place, entries: new Map() };
  const map = inference ?? empty;
  const tasks = map.entries.get('tasks');
  if (tasks?.value.kind === 'list' && tasks.value.items.length !== 1) {
    issues.flag('E107', tasks.keyPlace, `inference.tasks has ${tasks.value.items.length} tasks`, {
      allowed: 'exactly one, text-recognition',
    });
  }
  const poolSamples = inBounds(intOf(map, 'pool_samples'), BOUNDS.poolSamples) ?? DEFAULTS.poolSamples;
  const samples = params.value('val.samples');
  if (samples > poolSamples) {
    const place = params.placeOf(['val.samples']) ??
      scalarOf(map, 'pool_samples')?.place ?? { ...root.place, to: root.place.from + 1 };
    issues.flag(
      'W304',
      place,
      `val.samples is ${samples}, but the pool has ${poolSamples} samples: checks see some of them twice`,
      { fix: 'lower val.samples or raise inference.pool_samples' },
    );
  }
  return {
    mode: wordOf(map, 'mode', ['measure', 'replay']) ?? DEFAULTS.mode,
    device: wordOf(map, 'device', DEVICES) ?? DEFAULTS.device,
    poolSamples,
    levelBps: readLevels(inference, issues),
    sets: readSets(inference, poolSamples, issues),
    puzzle: wordOf(map, 'puzzle', PUZZLES) ?? DEFAULTS.puzzle,
    validatorDevice: wordOf(map, 'validator_device', VALIDATOR_DEVICES) ?? DEFAULTS.validatorDevice,
  };
}

/** A duration as a whole number of slots. */
function readSlots(map: MapTree, label: string, context: Context): number | undefined {
  const scalar = scalarOf(map, 'lasts');
  if (scalar === undefined) return undefined;
  const { issues, params } = context;
  const match = /^(\d{1,9})(?:\.(\d{1,6}))? ?(s|m|h|d|slots?|eras?)$/.exec(String(scalar.value));
  if (match === null) {
    const fix = typeof scalar.value === 'number' ? `write "${scalar.value}h" or "${scalar.value} slots"` : '';
    issues.flag('E106', scalar.place, `${label} is ${describeTree(scalar)}`, {
      allowed: 'a duration such as 6h, 12 slots or 1 era',
      fix,
    });
    return undefined;
  }
  const slotS = BigInt(params.value('time.slot_s'));
  const [, whole = '0', fraction = '', word = ''] = match;
  const worth =
    { s: 1n, m: 60n, h: 3_600n, d: 86_400n }[word] ??
    (word.startsWith('era') ? slotS * BigInt(context.slotsPerEra) : slotS);
  const scaled = BigInt(whole + fraction) * worth;
  const slot = slotS * 10n ** BigInt(fraction.length);
  if (scaled === 0n || scaled % slot !== 0n) {
    issues.flag(
      'E214',
      scalar.place,
      `${label} is ${describeTree(scalar)}, which is not a whole number of time slots`,
      { allowed: `multiples of a slot of ${slotS} s, at least one` },
    );
    return undefined;
  }
  return Number(scaled / slot);
}

function readShocks(root: MapTree, context: Context): Shock[] {
  return itemsOf(root, 'shocks').flatMap((item, i) => {
    if (item.kind !== 'map') return [];
    const fromSlot = readMoment(item, 'at', `shocks[${i}].at`, context);
    const slotCount = readSlots(item, `shocks[${i}].lasts`, context);
    const region = wordOf(item, 'region', SHOCK_REGIONS);
    return fromSlot === undefined || slotCount === undefined || region === undefined
      ? []
      : [{ kind: 'outage' as const, region, fromSlot, slotCount }];
  });
}

/** What the file says about an expectation beyond the comparison; later versions judge it. */
function readExpectations(root: MapTree, issues: IssueList): Expectation[] {
  return itemsOf(root, 'expect').flatMap((item, i) => {
    if (item.kind !== 'map') return [];
    const confidence = item.entries.get('confidence');
    if (confidence !== undefined) readQuantity(confidence, `expect[${i}].confidence`, BPS_FORM, [1n, 9_999n], issues);
    const scalar = scalarOf(item, 'is');
    const metric = textOf(item, 'metric');
    if (metric !== undefined && /[\t\n\r]/.test(metric)) {
      issues.flag('E106', item.entries.get('metric')!.value.place, `expect[${i}].metric has more than one line`, {
        allowed: 'the name of a metric, or a sum and difference of metrics',
        fix: 'write it on one line',
      });
    }
    if (scalar === undefined) return [];
    const match = /^(<=|>=|==|<|>|=) ?(-?\d{1,15}(?:\.\d{1,15})?)$/.exec(String(scalar.value).trim());
    if (match === null) {
      const fix = typeof scalar.value === 'number' ? `write "== ${scalar.written}"` : '';
      issues.flag('E106', scalar.place, `expect[${i}].is is ${describeTree(scalar)}`, {
        allowed: 'a comparison with a number, such as "< 0" or ">= 0.95"',
        fix,
      });
      return [];
    }
    if (metric === undefined || metric === '') return [];
    const comparison = (match[1] === '=' ? '==' : match[1]) as Expectation['comparison'];
    return [{ metric, comparison, value: Number(match[2]), text: `${metric} ${comparison} ${match[2]}` }];
  });
}

/** Hours that the bitmaps of a provider's report have room for. @rule LIVE-4, TIER-8 */
const HOURS_OF_REPORT = 24;

/** True if anybody may run a provider, a Slark or a fizz node, as the engine decides it. */
export function usesProviders(populations: readonly Population[]): boolean {
  return populations.some(
    ({ role, options }) =>
      role === 'slark' || role === 'fizz' || (role === 'miner' && (options.facets ?? 'deepnode') !== 'deepnode'),
  );
}

/** An hour is a slot: those of an era beyond the 24th would have no bit in the reports of providers. */
function checkEraLength(params: ParamValues, populations: readonly Population[], issues: IssueList): void {
  const slots = params.value('time.slots_per_era');
  const place = params.placeOf(['time.slots_per_era']);
  if (place === null || slots <= HOURS_OF_REPORT || issues.flaggedAt(place) || !usesProviders(populations)) return;
  issues.flag(
    'E217',
    place,
    `an era of ${slots} slots does not fit the reports of providers, which hold ${HOURS_OF_REPORT}, and this scenario has providers or Slarks`,
    {
      allowed: `1 to ${HOURS_OF_REPORT} slots; more only where no miner has the facet spheron or both and nobody is a Slark`,
      fix: `lower time.slots_per_era to ${HOURS_OF_REPORT} or less, or leave providers and Slarks out`,
    },
  );
}

/**
 * Reads the whole tree. What is missing or unreadable is flagged (here or by `checkStructure`) and replaced by a default,
 * so that everything else is still judged; the scenario counts only if no error was flagged.
 */
export function resolveTree(
  root: MapTree,
  catalogue: readonly StrategySpec[],
  read: ReadFile,
  priceReader: PriceReader,
  issues: IssueList,
): Resolved {
  const params = readParams(mapOf(root, 'params') ?? null, issues);
  checkParams(params, issues);
  checkModules(root, issues);
  const eras = inBounds(intOf(root, 'eras'), BOUNDS.eras) ?? DEFAULTS.eras;
  const slotsPerEra = params.value('time.slots_per_era');
  const context: Context = { issues, params, catalogue, read, slotsPerEra, totalSlots: eras * slotsPerEra };
  const populations = root.entries.get('populations');
  const { groups, traces } =
    populations?.value.kind === 'list' && populations.value.items.length > 0
      ? readPopulations(populations.value.items, populations.keyPlace, context)
      : { groups: [], traces: new Map<string, string>() };
  checkEraLength(params, groups, issues);
  checkOrderWindows(params, groups, issues);
  const texts = new Map(traces);
  const prices = readPrices(root, params, priceReader, read, texts, issues);
  const chain = mapOf(root, 'chain');
  const signed = chain?.entries.get('signed_share');
  const record = mapOf(root, 'record');
  const inference = readInference(root, params, issues);
  const listPlace = populations?.keyPlace ?? { ...root.place, to: root.place.from + 1 };
  checkSampleSets(root, listPlace, inference.sets, groups, issues);
  const scenario: Scenario = {
    version: 1,
    name: textOf(root, 'name') ?? '',
    seed: inBounds(intOf(root, 'seed'), BOUNDS.seed) ?? DEFAULTS.seed,
    eras,
    ledger: wordOf(root, 'ledger', LEDGERS) ?? DEFAULTS.ledger,
    inference,
    chain: {
      signedBps:
        (signed && readQuantity(signed, 'chain.signed_share', BPS_FORM, [0n, 10_000n], issues)) ?? DEFAULTS.signedBps,
    },
    params: params.overrides,
    populations: groups,
    ...(prices === undefined ? {} : { prices }),
    shocks: readShocks(root, context),
    record: {
      agents: (record && wordOf(record, 'agents', ['all', 'none'])) ?? DEFAULTS.record,
      events: (record && wordOf(record, 'events', ['all', 'none'])) ?? DEFAULTS.record,
    },
    expect: readExpectations(root, issues),
  };
  return { scenario, params, texts };
}
