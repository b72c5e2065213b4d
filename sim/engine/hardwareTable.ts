/**
 * What a machine costs to buy and to run: published prices, board powers and electricity prices, kept in
 * `fixtures/hardware`, and the costs that follow from them. Decides no rule; the ledger knows nothing of dollars spent on
 * hardware. Every figure is a citation, none a measurement.
 */

import cpus from '../../fixtures/hardware/cpus.json' with { type: 'json' };
import electricity from '../../fixtures/hardware/electricity.json' with { type: 'json' };
import gpuClasses from '../../fixtures/hardware/gpuClasses.json' with { type: 'json' };
import gpuPeaks from '../../fixtures/hardware/gpuPeaks.json' with { type: 'json' };
import gpus from '../../fixtures/hardware/gpus.json' with { type: 'json' };
import parts from '../../fixtures/hardware/parts.json' with { type: 'json' };
import rentals from '../../fixtures/hardware/rentals.json' with { type: 'json' };
import sources from '../../fixtures/hardware/sources.json' with { type: 'json' };
import { assert } from '../base/assert.ts';
import { mulDivDown } from '../base/fixedPoint.ts';

/** Where a figure was read. `retrieved` is the day on which a copy was read; null: quoted as widely published, not read. */
export type Source = {
  readonly id: string;
  readonly publisher: string;
  readonly title: string;
  readonly url: string;
  readonly retrieved: string | null;
};

type Cited = {
  /** How the figures are known: `cited`, never measured. */
  readonly basis: string;
  /** Identifiers of {@link Source}. */
  readonly sources: readonly string[];
};

/** A GPU model that ATTR-4 names. Figures that no source gives are null. */
export type GpuRow = Cited & {
  /** Sub-tier of ATTR-4, 1 to 11. */
  readonly tier: number;
  readonly model: string;
  /** Price at launch, or of the maker's list. */
  readonly listPriceUsd: number | null;
  /** What third parties report where the maker has no list price. */
  readonly reportedLowUsd: number | null;
  readonly reportedHighUsd: number | null;
  /** Power of the whole board at full load. */
  readonly powerW: number | null;
  readonly memoryGb: number;
  readonly year: number;
  /** Why the price lies outside the band of the sub-tier; null if it lies inside, or is not known. */
  readonly bandNote: string | null;
};

/** A sub-tier of ATTR-4 with its price band; null where the band is open. */
export type GpuClass = {
  readonly tier: number;
  readonly name: string;
  readonly lowUsd: number | null;
  readonly highUsd: number | null;
  readonly sources: readonly string[];
};

/** What a GPU model can do at most, as published: a fact to compare measurements with. Figures that no source read gives are null. */
export type GpuPeakRow = Cited & {
  /** Of {@link GpuRow}. */
  readonly model: string;
  /** Single precision, without tensor cores. */
  readonly fp32Tflops: number | null;
  readonly bandwidthGbPerS: number | null;
  /** Which build of the model the figures are of; null where there is one. */
  readonly variant: string | null;
};

/** A server processor. */
export type CpuRow = Cited & {
  readonly model: string;
  readonly coreCount: number;
  readonly threadCount: number;
  readonly powerW: number;
  /** Price of one in a tray of 1 000. */
  readonly listPriceUsd: number | null;
  readonly year: number;
};

/** `memory` or `storage`, by the gigabyte. */
export type PartRow = Cited & {
  readonly part: string;
  readonly what: string;
  readonly usdPerGb: number;
  /** Watts per gigabyte; null where no source gives them: it then costs no electricity. */
  readonly powerW: number | null;
  readonly year: number;
};

/** Electricity in a region of `world.ts`. */
export type ElectricityRow = Cited & {
  readonly region: string;
  readonly usdPerKwh: number;
  readonly scope: string;
  readonly asOf: string;
};

/** What somebody asks for a GPU by the hour. A fact to compare with; no cost is computed from it. */
export type RentalRow = Cited & {
  readonly model: string;
  readonly market: string;
  readonly terms: string;
  readonly lowUsdPerHour: number;
  readonly highUsdPerHour: number | null;
  readonly asOf: string;
};

export type HardwareTable = {
  readonly gpus: readonly GpuRow[];
  readonly gpuClasses: readonly GpuClass[];
  readonly gpuPeaks: readonly GpuPeakRow[];
  readonly cpus: readonly CpuRow[];
  readonly parts: readonly PartRow[];
  readonly electricity: readonly ElectricityRow[];
  readonly rentals: readonly RentalRow[];
  readonly sources: readonly Source[];
};

/** The tables of `fixtures/hardware`. */
export const HARDWARE_TABLE: HardwareTable = {
  ...{ gpus, gpuClasses, gpuPeaks, cpus, parts, electricity, rentals, sources },
};

/** A machine as ORDER-2 and ATTR describe it. A CPU is a hardware thread. The model is told where it is known. */
export type MachineCapacity = {
  readonly cpuCount: number;
  readonly memoryGb: number;
  readonly storageGb: number;
  readonly gpuCount: number;
  /** 0 without GPUs. */
  readonly gpuTier: number;
  readonly gpuModel?: string;
};

export type MachineCost = {
  readonly capexMicroUsd: number;
  readonly opexMicroUsdPerHour: number;
};

const MICRO = 1_000_000;
const MILLI = 1_000;
/** `cost.opex_hour`: an hour costs a hundred-thousandth of the price, power apart. */
const PRICE_PER_OPEX_HOUR = 100_000;

const toMicro = (usd: number): number => Math.round(usd * MICRO);

/** The middle value; of two middle ones the lower. */
function lowerMedian(values: readonly number[], what: string): number {
  assert(values.length > 0, `${what}: no figure is known`);
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;
}

/** Price of a model in USD: the maker's, else the middle of what is reported; null if neither is known. */
export function priceUsdOf(row: GpuRow): number | null {
  if (row.listPriceUsd !== null) return row.listPriceUsd;
  if (row.reportedLowUsd === null || row.reportedHighUsd === null) return null;
  return (row.reportedLowUsd + row.reportedHighUsd) / 2;
}

/**
 * Price of one GPU of a sub-tier: the middle of its band. A band that is open has no middle: there it is the mean of the
 * known prices of the sub-tier's models.
 *
 * @source ATTR-4, `cost.capex`
 */
export function gpuClassPriceMicroUsd(table: HardwareTable, tier: number): number {
  const band = table.gpuClasses.find((row) => row.tier === tier);
  assert(band !== undefined, `No GPU sub-tier ${tier}: there are ${table.gpuClasses.map((row) => row.tier)}`);
  if (band.lowUsd !== null && band.highUsd !== null) return toMicro((band.lowUsd + band.highUsd) / 2);
  const prices = table.gpus
    .filter((row) => row.tier === tier)
    .map(priceUsdOf)
    .filter((price) => price !== null);
  assert(prices.length > 0, `GPU sub-tier ${tier} has an open band and no model of known price`);
  return mulDivDown(
    prices.reduce((sum, price) => sum + toMicro(price), 0),
    1,
    prices.length,
  );
}

/** Board power of one GPU of a sub-tier in milliwatts: the median of its models. */
export function gpuClassPowerMilliwatts(table: HardwareTable, tier: number): number {
  const powers = table.gpus.flatMap((row) => (row.tier === tier && row.powerW !== null ? [row.powerW] : []));
  return lowerMedian(powers, `board power of GPU sub-tier ${tier}`) * MILLI;
}

/** Price of a hardware thread: the median of the processors whose price is known. */
export function cpuPriceMicroUsd(table: HardwareTable): number {
  const prices = table.cpus.flatMap((row) =>
    row.listPriceUsd === null ? [] : [mulDivDown(toMicro(row.listPriceUsd), 1, row.threadCount)],
  );
  return lowerMedian(prices, 'price of a processor');
}

/** Power of a hardware thread in milliwatts: the median of the processors. */
export function cpuPowerMilliwatts(table: HardwareTable): number {
  return lowerMedian(
    table.cpus.map((row) => mulDivDown(row.powerW * MILLI, 1, row.threadCount)),
    'power of a processor',
  );
}

function partOf(table: HardwareTable, name: string): PartRow {
  const row = table.parts.find((part) => part.part === name);
  assert(row !== undefined, `No price per gigabyte of ${name}`);
  return row;
}

function gpuOf(table: HardwareTable, { gpuCount, gpuTier, gpuModel }: MachineCapacity) {
  if (gpuCount === 0) return { microUsd: 0, milliwatts: 0 };
  const row = gpuModel === undefined ? undefined : table.gpus.find(({ model }) => model === gpuModel);
  assert(gpuModel === undefined || row !== undefined, `No GPU model ${gpuModel}`);
  assert(row === undefined || row.tier === gpuTier, `${gpuModel} is of sub-tier ${row?.tier}, not ${gpuTier}`);
  const priceUsd = row === undefined ? null : priceUsdOf(row);
  const powerW = row?.powerW ?? null;
  return {
    microUsd: priceUsd === null ? gpuClassPriceMicroUsd(table, gpuTier) : toMicro(priceUsd),
    milliwatts: powerW === null ? gpuClassPowerMilliwatts(table, gpuTier) : powerW * MILLI,
  };
}

/**
 * What a machine costs in a region.
 *
 * capex = Σ units × price of one; opex per hour = ⌊capex / 100 000⌋ + ⌊power × price of electricity⌋ at full load. A GPU
 * costs what its model does, and what its sub-tier does (see {@link gpuClassPriceMicroUsd}) where the model is not told or
 * its price not known. Rounds down, both parts of opex for themselves.
 *
 * @param region  one of the table's electricity rows
 * @returns integers, millionths of a US dollar
 * @throws AssertionError for an unknown region, sub-tier or model, and for a model of another sub-tier
 * @source ECON-7, `cost.capex`, `cost.opex_hour`
 * @example costOf({ cpuCount: 0, memoryGb: 0, storageGb: 0, gpuCount: 1, gpuTier: 5, gpuModel: 'RTX 4090' }, HARDWARE_TABLE, 'us')
 * // 1 599 USD; 15 990 + 0.45 kW × 161 000 = 88 440 µUSD an hour
 */
export function costOf(capacity: MachineCapacity, table: HardwareTable, region: string): MachineCost {
  const power = table.electricity.find((row) => row.region === region);
  assert(
    power !== undefined,
    `No electricity price of region ${region}: there are ${table.electricity.map((row) => row.region)}`,
  );
  const gpu = gpuOf(table, capacity);
  const memory = partOf(table, 'memory');
  const storage = partOf(table, 'storage');
  const items = [
    { count: capacity.cpuCount, microUsd: cpuPriceMicroUsd(table), milliwatts: cpuPowerMilliwatts(table) },
    {
      count: capacity.memoryGb,
      microUsd: toMicro(memory.usdPerGb),
      milliwatts: Math.round((memory.powerW ?? 0) * MILLI),
    },
    {
      count: capacity.storageGb,
      microUsd: toMicro(storage.usdPerGb),
      milliwatts: Math.round((storage.powerW ?? 0) * MILLI),
    },
    { count: capacity.gpuCount, ...gpu },
  ];
  const capexMicroUsd = items.reduce((sum, { count, microUsd }) => sum + mulDivDown(count, microUsd, 1), 0);
  const milliwatts = items.reduce((sum, item) => sum + mulDivDown(item.count, item.milliwatts, 1), 0);
  return {
    capexMicroUsd,
    // Milliwatts × µUSD per kWh: a kilowatt is a million milliwatts.
    opexMicroUsdPerHour:
      mulDivDown(capexMicroUsd, 1, PRICE_PER_OPEX_HOUR) + mulDivDown(milliwatts, toMicro(power.usdPerKwh), MICRO),
  };
}
