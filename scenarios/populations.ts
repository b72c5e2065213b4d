/** Reads the populations of a scenario: one group of agents per strategy, with wallets, options, demand and entry. */
import type { Demand, OptionSpec, Population, Role, StrategySpec } from '../sim/engine/scenario.ts';
import type { IssueList } from './issues.ts';
import { pathBelow, type ReadFile, readNamed } from './merge.ts';
import { type ParamValues, readQuantity, walletSourceUnits } from './params.ts';
import type { Entry, MapTree, ScalarTree, Tree } from './parseTree.ts';
import type { Place } from './positions.ts';
import { DEFAULTS, HARDWARE_CLASSES, ROLE_NAMES, TRACE_FORMATS } from './schema.ts';
import { describeTree } from './structure.ts';
import { didYouMean } from './suggest.ts';
import { formatDecimal, namesItsUnit } from './units.ts';

/** What a scenario's reader knows besides the tree. */
export type Context = {
  readonly issues: IssueList;
  readonly params: ParamValues;
  readonly catalogue: readonly StrategySpec[];
  readonly read: ReadFile;
  readonly slotsPerEra: number;
  readonly totalSlots: number;
};

export function scalarOf(map: MapTree, key: string): ScalarTree | undefined {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'scalar' && !value.broken ? value : undefined;
}

export function textOf(map: MapTree, key: string): string | undefined {
  const value = scalarOf(map, key)?.value;
  return typeof value === 'string' ? value : undefined;
}

export function wordOf<T extends string>(map: MapTree, key: string, words: readonly T[]): T | undefined {
  return words.find((word) => word === textOf(map, key));
}

export function intOf(map: MapTree, key: string): number | undefined {
  const value = scalarOf(map, key)?.value;
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

export function mapOf(map: MapTree, key: string): MapTree | undefined {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'map' ? value : undefined;
}

/** `era 3` or `slot 12` as a slot before the end of the run. */
export function readMoment(map: MapTree, key: string, label: string, context: Context): number | undefined {
  const scalar = scalarOf(map, key);
  if (scalar === undefined) return undefined;
  const match = /^(era|slot) (\d{1,9})$/.exec(String(scalar.value));
  if (match === null) {
    const number = typeof scalar.value === 'number' ? `write "era ${scalar.value}" or "slot ${scalar.value}"` : '';
    context.issues.flag('E106', scalar.place, `${label} is ${describeTree(scalar)}`, {
      allowed: 'era 3 or slot 12, counted from 0',
      fix: number,
    });
    return undefined;
  }
  const slot = Number(match[2]) * (match[1] === 'era' ? context.slotsPerEra : 1);
  if (slot < context.totalSlots) return slot;
  const eras = context.totalSlots / context.slotsPerEra;
  context.issues.flag('E211', scalar.place, `${label} is ${describeTree(scalar)}, but the run ends before`, {
    allowed: `era 0 to era ${eras - 1}, slot 0 to slot ${context.totalSlots - 1}`,
  });
  return undefined;
}

/** Counts in proportion to shares that sum to 10 000: floors, and what is left over to the largest remainders. */
export function largestRemainder(count: number, sharesBps: readonly number[]): number[] {
  const counts = sharesBps.map((share) => Math.floor((count * share) / 10_000));
  const order = sharesBps
    .map((share, i) => ({ i, rest: (count * share) % 10_000 }))
    .sort((a, b) => b.rest - a.rest || a.i - b.i);
  let left = count - counts.reduce((sum, n) => sum + n, 0);
  for (const { i } of order) {
    if (left === 0) break;
    counts[i]! += 1;
    left -= 1;
  }
  return counts;
}

function findStrategy(role: Role, name: string, place: Place, context: Context): StrategySpec | undefined {
  const ofRole = context.catalogue.filter((spec) => spec.role === role);
  const found = ofRole.find((spec) => spec.name === name);
  if (found !== undefined) return found;
  const names = ofRole.map((spec) => spec.name);
  const elsewhere = context.catalogue.filter((spec) => spec.name === name).map((spec) => `"${spec.role}"`);
  context.issues.flag('E201', place, `unknown strategy "${name}" of a ${role}${didYouMean(name, names)}`, {
    allowed: names.join(', '),
    fix: elsewhere.length === 0 ? '' : `"${name}" is a strategy of role ${elsewhere.join(', ')}`,
  });
  return undefined;
}

type Share = { readonly spec: StrategySpec | undefined; readonly count: number };

function readShares(item: MapTree, label: string, role: Role, count: number | undefined, context: Context): Share[] {
  const { issues } = context;
  const strategy = item.entries.get('strategy');
  const mix = item.entries.get('mix');
  if ((strategy === undefined) === (mix === undefined)) {
    const place = mix?.keyPlace ?? { ...item.place, to: item.place.from + 1 };
    issues.flag(
      'E213',
      place,
      strategy === undefined ? `${label} has neither strategy nor mix` : `${label} has both strategy and mix`,
      {
        allowed: 'strategy: <name>, or mix: { <name>: 80%, <name>: 20% }',
      },
    );
  }
  if (strategy !== undefined) {
    const name = textOf(item, 'strategy');
    if (name !== undefined && name !== '')
      return [{ spec: findStrategy(role, name, strategy.value.place, context), count: count ?? 1 }];
  }
  if (mix?.value.kind !== 'map') return [];
  const parts = [...mix.value.entries]
    .filter(([key]) => !key.startsWith('x-'))
    .map(([name, entry]) => ({
      name,
      entry,
      spec: findStrategy(role, name, entry.keyPlace, context),
      share: readQuantity(
        entry,
        `${label}.mix.${name}`,
        { unit: 'bps', bare: false, decimals: 0 },
        [0n, 10_000n],
        issues,
      ),
    }));
  const shares = parts.map((part) => part.share ?? 0);
  if (parts.some((part) => part.share === undefined)) return parts.map((part) => ({ spec: part.spec, count: 1 }));
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum !== 10_000) {
    issues.flag('E203', mix.keyPlace, `${label}.mix sums to ${formatDecimal(sum, 2)}%, not to 100%`, {
      fix:
        sum > 10_000 ? `take ${formatDecimal(sum - 10_000, 2)}% away` : `give ${formatDecimal(10_000 - sum, 2)}% more`,
    });
    return parts.map((part) => ({ spec: part.spec, count: 1 }));
  }
  const counts = largestRemainder(count ?? 0, shares);
  return parts.flatMap((part, i) => {
    if (counts[i]! > 0) return [{ spec: part.spec, count: counts[i]! }];
    if (count !== undefined) {
      issues.flag(
        'W302',
        part.entry.keyPlace,
        `${formatDecimal(shares[i]!, 2)}% of ${count} is no agent: "${part.name}" does not take part`,
        { fix: 'raise count, or remove the strategy' },
      );
    }
    return [];
  });
}

function readOption(
  key: string,
  entry: Entry,
  option: OptionSpec,
  label: string,
  context: Context,
): number | string | undefined {
  const { issues } = context;
  if (option.unit === 'choice') {
    const { value } = entry;
    if (value.kind !== 'scalar' || value.broken) return undefined;
    const word = String(value.value);
    if (option.options.includes(word)) return word;
    issues.flag('E105', value.place, `${label}.${key} is ${describeTree(value)}${didYouMean(word, option.options)}`, {
      allowed: option.options.join(', '),
    });
    return undefined;
  }
  const scale = option.unit === 'tokens' ? 10 ** context.params.decimals : 1;
  const form = { unit: option.unit, bare: namesItsUnit(key), decimals: context.params.decimals };
  const amount = readQuantity(
    entry,
    `${label}.${key}`,
    form,
    [BigInt(option.min) * BigInt(scale), BigInt(option.max) * BigInt(scale)],
    issues,
  );
  return amount === undefined ? undefined : amount / scale;
}

/** Options of every strategy of the group: a key counts for each strategy that declares it, the others keep their defaults. */
function readOptions(
  item: MapTree,
  label: string,
  specs: readonly StrategySpec[],
  context: Context,
): Map<StrategySpec, Record<string, number | string>> {
  const result = new Map(
    specs.map((spec) => [
      spec,
      Object.fromEntries(Object.entries(spec.options).map(([key, option]) => [key, option.fallback])),
    ]),
  );
  const options = mapOf(item, 'options');
  if (options === undefined || specs.length === 0) return result;
  const declared = [...new Set(specs.flatMap((spec) => Object.keys(spec.options)))];
  for (const [key, entry] of options.entries) {
    if (key.startsWith('x-')) continue;
    if (!declared.includes(key)) {
      const whose = specs.map((spec) => spec.name).join(', ');
      context.issues.flag('E202', entry.keyPlace, `unknown option "${key}" of ${whose}${didYouMean(key, declared)}`, {
        allowed: declared.length === 0 ? 'no options' : declared.join(', '),
      });
      continue;
    }
    for (const spec of specs) {
      const option = Object.hasOwn(spec.options, key) ? spec.options[key] : undefined;
      if (option === undefined) continue;
      const value = readOption(key, entry, option, `${label}.options`, context);
      if (value !== undefined) result.get(spec)![key] = value;
    }
  }
  return result;
}

/** Larger than any trace that a run could play, small enough to hold. */
const LARGEST_TRACE_BYTES = 64 * 1024 * 1024;
const TRACE_ALLOWED = 'a relative path with "/" that stays in the folder of the scenario';

const FIRST_LINE = {
  'azure-llm-2023': /^\uFEFF?TIMESTAMP,ContextTokens,GeneratedTokens\s*$/,
  mooncake: /^\uFEFF?\{.*"timestamp".*\}\s*$/,
} as const;

function readDemand(item: MapTree, label: string, context: Context, traces: Map<string, string>): Demand | null {
  const { issues } = context;
  const fallback: Demand = { kind: 'poisson', ratePerSlotMil: DEFAULTS.poissonMil };
  const entry = item.entries.get('demand');
  if (entry?.value.kind !== 'map') return fallback;
  const demand = entry.value;
  const has = (key: string): boolean => demand.entries.has(key);
  if (has('poisson') === has('trace')) {
    issues.flag(
      'E213',
      entry.keyPlace,
      `${label}.demand has ${has('trace') ? 'both poisson and trace' : 'neither poisson nor trace'}`,
      {
        allowed: '{ poisson: 0.5 per slot }, or { trace: <path>, format: <format> }',
      },
    );
    return fallback;
  }
  if (has('poisson')) {
    for (const key of ['format', 'repeat', 'speedup']) {
      if (has(key))
        issues.flag('E213', demand.entries.get(key)!.keyPlace, `"${key}" belongs to a trace, not to poisson`, {
          fix: `remove "${key}"`,
        });
    }
    const scalar = scalarOf(demand, 'poisson');
    if (scalar === undefined) return fallback;
    const match = /^(\d{1,6})(?:\.(\d{1,3}))? per slot$/.exec(String(scalar.value));
    const ratePerSlotMil =
      match === null ? Number.NaN : Number(match[1]) * 1_000 + Number((match[2] ?? '').padEnd(3, '0'));
    if (match === null) {
      const fix = /^\d+(\.\d+)?$/.test(scalar.written) ? `write "${scalar.written} per slot"` : '';
      issues.flag('E106', scalar.place, `${label}.demand.poisson is ${describeTree(scalar)}`, {
        allowed: 'a mean such as "0.5 per slot", with at most 3 digits after the point',
        fix,
      });
    } else if (ratePerSlotMil > 1_000_000) {
      issues.flag('E107', scalar.place, `${label}.demand.poisson is ${describeTree(scalar)}`, {
        allowed: '0 per slot to 1000 per slot',
      });
    }
    return { kind: 'poisson', ratePerSlotMil };
  }
  const format = wordOf(demand, 'format', TRACE_FORMATS);
  if (!has('format'))
    issues.flag('E103', entry.keyPlace, `"format" of the trace is missing`, { allowed: TRACE_FORMATS.join(', ') });
  let speedupMil = 1_000;
  const speedup = scalarOf(demand, 'speedup');
  if (speedup !== undefined) {
    const match = /^(\d{1,7})(?:\.(\d{1,3})0*)?$/.exec(speedup.written);
    speedupMil = match === null ? 0 : Number(match[1]) * 1_000 + Number((match[2] ?? '').padEnd(3, '0'));
    if (match === null || typeof speedup.value !== 'number') {
      issues.flag('E106', speedup.place, `${label}.demand.speedup is ${describeTree(speedup)}`, {
        allowed: 'a number with at most 3 digits after the point, such as 1 or 2.5',
      });
    } else if (speedupMil < 1 || speedupMil > 1_000_000_000) {
      issues.flag('E107', speedup.place, `${label}.demand.speedup is ${describeTree(speedup)}`, {
        allowed: '0.001 to 1000000',
      });
    }
  }
  const scalar = scalarOf(demand, 'trace');
  if (scalar === undefined || typeof scalar.value !== 'string' || scalar.value === '') return fallback;
  const path = pathBelow(scalar.value, scalar.place, TRACE_ALLOWED, issues);
  if (path === null) return fallback;
  const text =
    traces.get(path) ??
    readNamed(
      scalar.value,
      path,
      scalar.place,
      context.read,
      LARGEST_TRACE_BYTES,
      {
        code: 'E208',
        what: 'the trace',
        allowed: TRACE_ALLOWED,
        fix: `looked for ${path} from the folder of the scenario`,
      },
      issues,
    );
  if (text !== null) {
    traces.set(path, text);
    const end = text.indexOf('\n');
    if (format !== undefined && !FIRST_LINE[format].test(text.slice(0, end === -1 ? 4_096 : Math.min(end, 4_096)))) {
      const meant = TRACE_FORMATS.find((other) =>
        FIRST_LINE[other].test(text.slice(0, end === -1 ? 4_096 : Math.min(end, 4_096))),
      );
      issues.flag('E209', scalar.place, `"${scalar.value}" is not a trace in the format ${format}`, {
        fix: meant === undefined ? 'name another file' : `write format: ${meant}`,
      });
    }
  }
  return {
    kind: 'trace',
    format: format ?? 'azure-llm-2023',
    path,
    repeatCount: intOf(demand, 'repeat') ?? 1,
    speedupMil,
  };
}

/** What an agent must pay before it can do anything, in base units. */
function entranceUnits(role: Role, params: ParamValues): bigint {
  switch (role) {
    case 'miner':
      return params.stored('node.stake_min');
    case 'validator':
      return params.stored('val.stake_min');
    case 'creator':
      return params.stored('model.register_fee') + params.stored('model.register_stake');
    case 'delegator':
      return params.stored('deleg.min');
    case 'slark':
      return params.stored('slark.buy_tokens.1');
    case 'fizz':
      return params.stored('fizz.min_delegation') + params.stored('fizz.register_fee');
    case 'consumer':
    case 'matchmaker':
      return 0n;
  }
}

export type ReadPopulations = {
  readonly groups: Population[] /** Text of each trace, by its path. */;
  readonly traces: ReadonlyMap<string, string>;
};

/** Reads all populations; what cannot be read is flagged and left out. */
export function readPopulations(list: readonly Tree[], listPlace: Place, context: Context): ReadPopulations {
  const { issues, params } = context;
  const groups: Population[] = [];
  const traces = new Map<string, string>();
  const unitsPerToken = 10n ** BigInt(params.decimals);
  const source = walletSourceUnits(params);
  let takenUnits = 0n;
  let exceededAt: Place | null = null;
  list.forEach((item, index) => {
    if (item.kind !== 'map') return;
    const label = `populations[${index}]`;
    const role = wordOf(item, 'role', ROLE_NAMES);
    if (role === undefined) return;
    const count = intOf(item, 'count');
    const shares = readShares(item, label, role, count, context);
    const specs = shares.flatMap((share) => (share.spec === undefined ? [] : [share.spec]));
    const options = readOptions(item, label, specs, context);

    const open = item.entries.get('open');
    const fallbackUnits = BigInt(DEFAULTS.openTokens[role]) * unitsPerToken;
    const openUnits =
      (open &&
        readQuantity(
          open,
          `${label}.open`,
          { unit: 'tokens', bare: false, decimals: params.decimals },
          [0n, BigInt(Number.MAX_SAFE_INTEGER)],
          issues,
        )) ??
      Number(fallbackUnits);
    const openPlace = open?.value.place ?? { ...item.place, to: item.place.from + 1 };
    const isProviderOnly = role === 'miner' && specs.every((spec) => options.get(spec)?.facets === 'spheron');
    const needed = isProviderOnly ? params.stored('tier.stake_tokens.7') : entranceUnits(role, params);
    if (BigInt(openUnits) < needed) {
      issues.flag(
        'W303',
        openPlace,
        `a ${role} opens with ${formatDecimal(openUnits, params.decimals)} DN and needs ${formatDecimal(needed, params.decimals)} DN to take part`,
        { fix: `raise ${label}.open` },
      );
    }
    takenUnits += BigInt(openUnits) * BigInt(Math.max(0, count ?? 0));
    if (takenUnits > source) exceededAt ??= openPlace;

    const hardware = item.entries.get('hardware');
    const hasHardware = role === 'miner' || role === 'slark' || role === 'fizz';
    if (hardware !== undefined && !hasHardware)
      issues.flag('E212', hardware.keyPlace, `a ${role} has no hardware`, {
        fix: 'remove hardware; only miners, Slarks and fizz nodes have it',
      });
    const demandEntry = item.entries.get('demand');
    if (demandEntry !== undefined && role !== 'consumer')
      issues.flag('E212', demandEntry.keyPlace, `a ${role} has no demand`, {
        fix: 'remove demand; only consumers have it',
      });
    const demand = role === 'consumer' ? readDemand(item, label, context, traces) : null;
    const entrySlot = readMoment(item, 'enter', `${label}.enter`, context) ?? 0;
    for (const share of shares) {
      if (share.spec === undefined) continue;
      groups.push({
        role,
        strategy: share.spec.name,
        count: share.count,
        openUnits,
        options: options.get(share.spec)!,
        hardware: hasHardware
          ? (wordOf(item, 'hardware', HARDWARE_CLASSES) ??
            (role === 'fizz' ? DEFAULTS.fizzHardware : DEFAULTS.hardware))
          : '',
        demand,
        entrySlot,
      });
    }
  });
  if (exceededAt !== null) {
    issues.flag(
      'E205',
      exceededAt,
      `opening wallets need ${formatDecimal(takenUnits, params.decimals)} DN; investors, liquidity and airdrop hold ${formatDecimal(source, params.decimals)} DN`,
      {
        fix: 'lower open or count, or raise econ.max_supply or the shares econ.alloc_bps.investors, .liquidity and .airdrop',
      },
    );
  }
  checkRoles(list, groups, listPlace, context);
  return { groups, traces };
}

const LARGEST_NETWORK = 1_000_000;

function checkRoles(list: readonly Tree[], groups: readonly Population[], place: Place, context: Context): void {
  const { issues, params } = context;
  const counts = Object.fromEntries(ROLE_NAMES.map((role) => [role, 0])) as Record<Role, number>;
  const unreadable = list.some((item) => item.kind !== 'map' || wordOf(item, 'role', ROLE_NAMES) === undefined);
  for (const item of list) {
    const role = item.kind === 'map' ? wordOf(item, 'role', ROLE_NAMES) : undefined;
    if (item.kind === 'map' && role !== undefined) counts[role] += intOf(item, 'count') ?? 1;
  }
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (total > LARGEST_NETWORK)
    issues.flag('E216', place, `${total} agents are more than a run can hold`, {
      allowed: `at most ${LARGEST_NETWORK}`,
    });
  if (unreadable) return;
  const without: Partial<Record<Role, string>> = {
    creator: 'there are no models',
    miner: 'nothing is served',
    validator: 'nothing is ever approved',
    consumer: 'nobody calls a model',
  };
  // A network of providers alone has no models, and is not told that it lacks them.
  const hasNodes = groups.some(({ role, options }) => role === 'miner' && options.facets !== 'spheron');
  const isMarketOnly = counts.creator + counts.validator === 0 && counts.miner > 0 && !hasNodes;
  for (const [role, consequence] of isMarketOnly ? [] : Object.entries(without)) {
    if (counts[role as Role] === 0)
      issues.flag('W301', place, `there is no ${role}: ${consequence}`, {
        fix: `add { role: ${role}, … } if that is not meant`,
      });
  }
  const groupSize = params.value('val.group_size');
  if (counts.validator > 0 && counts.validator < groupSize) {
    issues.flag(
      'W306',
      place,
      `${counts.validator} validators are fewer than a group has (val.group_size ${groupSize}): all of them judge every task`,
      { fix: 'add validators or lower val.group_size' },
    );
  }
  const slots = params.value('node.slots');
  if (counts.miner > slots)
    issues.flag('W307', place, `${counts.miner} miners compete for ${slots} node slots`, {
      fix: 'raise node.slots if that is not meant',
    });
}
