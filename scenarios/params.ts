/** Reads the `params` of a scenario: values in the registry's units, exact, in range, and consistent with each other. */
import { alloc, MAX_INT } from '../sim/base/fixedPoint.ts';
import { PARAMS, type ParamKey, type ParamSpec } from '../sim/protocol/params.ts';
import type { IssueList } from './issues.ts';
import type { Entry, MapTree } from './parseTree.ts';
import type { Place } from './positions.ts';
import { paramForm } from './schema.ts';
import { describeTree } from './structure.ts';
import { describeForm, formatDecimal, formatQuantity, parseQuantity, type QuantityForm } from './units.ts';

export type ParamValues = {
  readonly decimals: number;
  /** In the registry's unit; a choice by its index. */
  value(key: ParamKey): number;
  /** As the ledger stores it: tokens in base units. Exact also beyond 2^53. */
  stored(key: ParamKey): bigint;
  /** Where the first of these keys was written; null when all have their default. */
  placeOf(keys: readonly ParamKey[]): Place | null;
  isGiven(key: ParamKey): boolean;
  /** Values that differ from the registry's default, and those of {@link isCalibrated} that were given, whatever they are. */
  readonly overrides: Readonly<Partial<Record<ParamKey, number>>>;
};

/**
 * True for a parameter that the device of a run sets where the scenario leaves it open: its bands. To write the default
 * there says something else than to write nothing.
 */
export const isCalibrated = (key: string): boolean => /^val\.(accept|reject)_ppb\./.test(key);

/** A quantity of a scenario, flagged when it cannot be read or is out of range. */
function readExact(
  entry: Entry,
  label: string,
  form: QuantityForm,
  range: readonly [min: bigint, max: bigint],
  issues: IssueList,
): bigint | undefined {
  const { value } = entry;
  if (value.kind !== 'scalar') return undefined;
  const limits = `${formatQuantity(range[0], form)} to ${formatQuantity(range[1], form)}`;
  const allowed = `${describeForm(form.unit, form.bare)}; ${limits}`;
  if (value.broken) {
    issues.allowAt(value.place, allowed);
    return undefined;
  }
  const parsed = parseQuantity(value.value, form);
  if (!parsed.ok) {
    issues.flag(parsed.code, value.place, `${label}: ${parsed.reason}`, { allowed, fix: parsed.fix });
    return undefined;
  }
  if (parsed.amount < range[0] || parsed.amount > range[1]) {
    issues.flag('E107', value.place, `${label} is ${describeTree(value)}`, { allowed: limits });
    return undefined;
  }
  return parsed.amount;
}

/** As an integer below 2^53: the range ends there or before. */
export function readQuantity(
  entry: Entry,
  label: string,
  form: QuantityForm,
  range: readonly [min: bigint, max: bigint],
  issues: IssueList,
): number | undefined {
  const amount = readExact(entry, label, form, range, issues);
  return amount === undefined ? undefined : Number(amount);
}

const SPECS: ReadonlyMap<string, ParamSpec> = new Map(PARAMS.map((spec) => [spec.key, spec]));

function readParam(spec: ParamSpec, entry: Entry, decimals: number, issues: IssueList): number | undefined {
  if (spec.unit === 'choice') {
    // The schema has flagged any other word.
    const index = entry.value.kind === 'scalar' ? spec.options!.indexOf(String(entry.value.value)) : -1;
    return index === -1 ? undefined : index;
  }
  const form = { ...paramForm(spec), decimals };
  const scale = spec.unit === 'tokens' ? 10n ** BigInt(decimals) : 1n;
  const amount = readExact(entry, spec.key, form, [BigInt(spec.min) * scale, BigInt(spec.max) * scale], issues);
  if (amount === undefined) return undefined;
  // A supply may exceed 2^53 base units here; that both figures are wrong together is said by checkParams.
  if (amount % scale === 0n) return Number(amount / scale);
  const tokens = Number(amount) / 10 ** decimals;
  if (BigInt(Math.round(tokens * 10 ** decimals)) === amount) return tokens;
  issues.flag(
    'E108',
    entry.value.place,
    `${spec.key} is ${describeTree(entry.value)}: too large and too fine at once`,
    { fix: 'use fewer digits after the point' },
  );
  return undefined;
}

export function readParams(map: MapTree | null, issues: IssueList): ParamValues {
  const entries = map?.entries ?? new Map<string, Entry>();
  const values = new Map<string, number>(PARAMS.map((spec) => [spec.key, spec.fallback]));
  const decimalsEntry = entries.get('token.decimals');
  const decimalsSpec = SPECS.get('token.decimals')!;
  const decimals = (decimalsEntry && readParam(decimalsSpec, decimalsEntry, 0, issues)) ?? decimalsSpec.fallback;
  values.set('token.decimals', decimals);
  const overrides: Partial<Record<ParamKey, number>> = {};
  for (const spec of PARAMS) {
    const entry = entries.get(spec.key);
    if (entry === undefined) continue;
    const value = spec.key === 'token.decimals' ? decimals : readParam(spec, entry, decimals, issues);
    if (value === undefined) continue;
    values.set(spec.key, value);
    if (value !== spec.fallback || isCalibrated(spec.key)) overrides[spec.key] = value;
  }
  return {
    decimals,
    value: (key) => values.get(key)!,
    stored(key) {
      const value = values.get(key)!;
      if (SPECS.get(key)!.unit !== 'tokens') return BigInt(value);
      // As ledgerParams rounds it; whole tokens go without a detour, they may exceed 2^53 base units.
      return Number.isInteger(value)
        ? BigInt(value) * 10n ** BigInt(decimals)
        : BigInt(Math.round(value * 10 ** decimals));
    },
    placeOf(keys) {
      let first: Place | null = null;
      for (const [key, entry] of entries) {
        if (!(keys as readonly string[]).includes(key)) continue;
        const { place } = entry.value;
        if (first === null || (place.source === first.source && place.from < first.from)) first = place;
      }
      return first;
    },
    isGiven: (key) => entries.has(key),
    overrides,
  };
}

/** Parameters that share one whole: their sum must be 10 000 bps. */
export const WHOLES: readonly { readonly what: string; readonly keys: readonly ParamKey[] }[] = [
  {
    what: 'the parts of the era emission',
    keys: [
      'powr.pool_share_bps',
      'val.pool_share_bps',
      'econ.emission_rest_bps.creators',
      'econ.emission_rest_bps.stakers',
      'econ.emission_rest_bps.foundation',
    ],
  },
  ...(['econ.alloc_bps', 'dn.split_bps', 'trust.w_bps', 'rank.w_bps', 'match.w_bps', 'fizz.sel_w_bps'] as const).map(
    (group) => ({
      what: `${group}.*`,
      keys: PARAMS.map((spec) => spec.key).filter((key) => key.startsWith(`${group}.`)),
    }),
  ),
];

/** Offset of the last phase in a time slot, the nodes' era report. @source T-PHASE */
const LAST_PHASE_S = 3_540;

/** Rules over several parameters; a parameter that could not be read counts with its default. */
export function checkParams(params: ParamValues, issues: IssueList): void {
  for (const { what, keys } of WHOLES) {
    const place = params.placeOf(keys);
    const sum = keys.reduce((total, key) => total + params.value(key), 0);
    if (place === null || sum === 10_000 || issues.flaggedAt(place)) continue;
    const now = keys.map((key) => `${key} ${params.value(key)}${params.isGiven(key) ? '' : ' (default)'}`).join(', ');
    const change = sum > 10_000 ? `take ${sum - 10_000} bps away` : `give ${10_000 - sum} bps more`;
    issues.flag('E204', place, `${what} sum to ${formatDecimal(sum, 2)}%, not to 100%`, {
      fix: `${change}; in bps they are now ${now}`,
    });
  }

  const supplyPlace = params.placeOf(['econ.max_supply', 'token.decimals']);
  const supply = params.stored('econ.max_supply');
  if (supplyPlace !== null && supply > BigInt(MAX_INT)) {
    issues.flag(
      'E206',
      supplyPlace,
      `a supply of ${params.value('econ.max_supply')} DN with ${params.decimals} decimals is ${supply} base units; the ledger holds at most ${MAX_INT}`,
      {
        fix: `lower econ.max_supply to ${formatDecimal(BigInt(MAX_INT) / 10n ** BigInt(params.decimals), 0)} DN or less, or token.decimals`,
      },
    );
  }

  const slotS = params.value('time.slot_s');
  const slotPlace = params.placeOf(['time.slot_s']);
  if (slotPlace !== null && slotS <= LAST_PHASE_S) {
    issues.flag(
      'E210',
      slotPlace,
      `a time slot of ${slotS} s ends before its last phase, the era report ${LAST_PHASE_S} s after its start`,
      { allowed: `${LAST_PHASE_S + 1} s to 86400 s` },
    );
  }
  const reserveS = params.value('node.reserve_deadline_s');
  const reservePlace = params.placeOf(['node.reserve_deadline_s', 'time.slot_s']);
  if (reservePlace !== null && reserveS < slotS) {
    issues.flag(
      'E210',
      reservePlace,
      `node.reserve_deadline_s is ${reserveS} s, so a reservation expires before the next time slot (${slotS} s) in which its node could be registered`,
      {
        fix: 'make node.reserve_deadline_s at least time.slot_s',
      },
    );
  }

  const lessThan = (low: ParamKey, high: ParamKey, orEqual: boolean): void => {
    const place = params.placeOf([low, high]);
    const a = params.value(low);
    const b = params.value(high);
    if (place === null || a < b || (orEqual && a === b)) return;
    issues.flag('E215', place, `${low} is ${a}, but ${high} is ${b}`, {
      fix: `make ${low} ${orEqual ? 'at most' : 'less than'} ${high}`,
    });
  };
  lessThan('trust.speed_ms_good', 'trust.speed_ms_bad', false);
  lessThan('hb.interval_s', 'time.slot_s', true);
  lessThan('val.accept_ppb.fp32', 'val.reject_ppb.fp32', true);
  lessThan('val.accept_ppb.reduced', 'val.reject_ppb.reduced', true);

  if (params.value('powr.variant') !== 2) {
    for (const key of ['powr.exp4.a', 'powr.exp4.b', 'powr.exp4.c'] as const) {
      const place = params.placeOf([key]);
      if (place !== null)
        issues.flag('W305', place, `${key} has no effect unless powr.variant is custom`, {
          fix: 'add powr.variant: custom',
        });
    }
  }
}

/** Base units that opening wallets may take: investors, liquidity and airdrop as genesis splits the supply. @source ECON-6 */
export function walletSourceUnits(params: ParamValues): bigint {
  const supply = params.stored('econ.max_supply');
  if (supply > BigInt(MAX_INT)) return supply;
  const shares = (['community', 'team', 'investors', 'liquidity', 'airdrop', 'foundation'] as const).map((name) =>
    params.value(`econ.alloc_bps.${name}`),
  );
  const units = shares.some((share) => share > 0) ? alloc(Number(supply), shares) : shares;
  return BigInt(units[2]!) + BigInt(units[3]!) + BigInt(units[4]!);
}
