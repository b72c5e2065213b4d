import { describe, expect, it } from 'vitest';
import { GPU_GAP, gpuTierOfModel, gpuTierOfPrice } from '../protocol/attributes.ts';
import {
  costOf,
  cpuPowerMilliwatts,
  cpuPriceMicroUsd,
  gpuClassPowerMilliwatts,
  gpuClassPriceMicroUsd,
  HARDWARE_TABLE,
  type HardwareTable,
  type MachineCapacity,
  priceUsdOf,
} from './hardwareTable.ts';
import { REGIONS } from './world.ts';

const { gpus, gpuClasses, gpuPeaks, cpus, parts, electricity, rentals, sources } = HARDWARE_TABLE;
const NOTHING: MachineCapacity = { cpuCount: 0, memoryGb: 0, storageGb: 0, gpuCount: 0, gpuTier: 0 };
const TIERS = gpuClasses.map((row) => row.tier);
const ULTRA_3 = 11;

describe('fixtures/hardware', () => {
  it('names a source for every row, and no source that no row uses', () => {
    const rows = [...gpus, ...gpuClasses, ...gpuPeaks, ...cpus, ...parts, ...electricity, ...rentals];
    const ids = sources.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(rows.filter((row) => row.sources.length === 0)).toEqual([]);
    expect([...new Set(rows.flatMap((row) => row.sources))].sort()).toEqual([...ids].sort());
    for (const { publisher, title, url, retrieved } of sources) {
      expect(publisher.length * title.length).toBeGreaterThan(0);
      expect(url).toMatch(/^https?:\/\/[^ ]+\.[^ ]+$/);
      if (retrieved !== null) expect(retrieved).toMatch(/^20\d\d-\d\d-\d\d$/);
    }
  });

  it('calls every figure cited, none measured', () => {
    for (const row of [...gpus, ...gpuPeaks, ...cpus, ...parts, ...electricity, ...rentals])
      expect(row.basis).toBe('cited');
  });

  it('has every model of ATTR-4 but for spellings, in the sub-tier that the protocol looks up', () => {
    expect(gpus.filter(({ model, tier }) => gpuTierOfModel(model, true) !== tier)).toEqual([]);
    expect(gpus).toHaveLength(50);
    expect(new Set(gpus.map(({ model }) => model)).size).toBe(50);
  });

  it('has prices inside the band of the sub-tier, or says why not, and never says so of one inside', () => {
    const priced = gpus.flatMap((row) => {
      const priceUsd = priceUsdOf(row);
      return priceUsd === null ? [] : [{ ...row, isInside: gpuTierOfPrice(priceUsd, GPU_GAP.down) === row.tier }];
    });
    // Ultra 3 has no band: nothing is inside or outside of it.
    const banded = priced.filter(({ tier }) => tier !== ULTRA_3);
    expect(banded.filter(({ isInside, bandNote }) => isInside === (bandNote !== null))).toEqual([]);
    expect(gpus.filter((row) => row.bandNote !== null && priceUsdOf(row) === null)).toEqual([]);
    expect([priced.length, banded.filter(({ isInside }) => isInside).length]).toEqual([36, 14]);
  });

  it('has bands that are those of the protocol, border by border', () => {
    for (const { tier, lowUsd, highUsd } of gpuClasses) {
      if (lowUsd === null) continue;
      expect(gpuTierOfPrice(highUsd === null ? lowUsd + 1 : (lowUsd + highUsd) / 2, GPU_GAP.down)).toBe(tier);
      if (highUsd !== null) expect(gpuClasses.find((row) => row.tier === tier + 1)?.lowUsd).toBe(highUsd);
    }
    expect(TIERS).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('has figures of plausible size, in the units of their names', () => {
    for (const { powerW, memoryGb, year } of gpus) {
      if (powerW !== null) expect(powerW >= 50 && powerW <= 1_000).toBe(true);
      expect(memoryGb >= 2 && memoryGb <= 192 && year >= 2016 && year <= 2026).toBe(true);
    }
    for (const { coreCount, threadCount } of cpus) expect(threadCount).toBe(2 * coreCount);
    for (const { lowUsdPerHour, highUsdPerHour } of rentals) {
      expect(lowUsdPerHour > 0 && (highUsdPerHour ?? lowUsdPerHour) >= lowUsdPerHour).toBe(true);
    }
    expect(rentals.filter(({ model }) => !gpus.some((row) => row.model === model))).toEqual([]);
  });

  it('has peaks of models that it has, at most one row of each, and an arithmetic peak of every sub-tier', () => {
    const models = gpuPeaks.map(({ model }) => model);
    expect(new Set(models).size).toBe(models.length);
    const tierOf = (model: string): number | undefined => gpus.find((row) => row.model === model)?.tier;
    expect(models.filter((model) => tierOf(model) === undefined)).toEqual([]);
    const withArithmetic = gpuPeaks.filter(({ fp32Tflops }) => fp32Tflops !== null);
    expect(new Set(withArithmetic.map(({ model }) => tierOf(model)))).toEqual(new Set(TIERS));
  });

  it('has peaks of plausible size: of arithmetic per byte as cards are built', () => {
    for (const { fp32Tflops, bandwidthGbPerS } of gpuPeaks) {
      expect(fp32Tflops !== null || bandwidthGbPerS !== null).toBe(true);
      if (fp32Tflops !== null) expect(fp32Tflops >= 1 && fp32Tflops <= 200).toBe(true);
      if (bandwidthGbPerS !== null) expect(bandwidthGbPerS >= 100 && bandwidthGbPerS <= 10_000).toBe(true);
      if (fp32Tflops === null || bandwidthGbPerS === null) continue;
      const flopPerByte = (1_000 * fp32Tflops) / bandwidthGbPerS;
      expect(flopPerByte > 8 && flopPerByte < 110).toBe(true);
    }
  });

  it('has an electricity price of every region of the world', () => {
    expect(electricity.map(({ region }) => region).sort()).toEqual([...REGIONS].sort());
  });
});

describe('gpuClassPriceMicroUsd', () => {
  it('is the middle of the band, and of an open band the mean of its models', () => {
    expect(TIERS.map((tier) => gpuClassPriceMicroUsd(HARDWARE_TABLE, tier) / 1_000_000)).toEqual([
      // H100 is reported at 25 000 to 30 000; H200 at 25 000 to 35 000, B200 at 30 000 to 40 000.
      250, 750, 1_250, 1_750, 2_750, 5_500, 9_375, 13_125, 20_000, 27_500, 32_500,
    ]);
  });

  it('given a sub-tier that is not there, or an open band of which nothing is known > says so', () => {
    expect(() => gpuClassPriceMicroUsd(HARDWARE_TABLE, 12)).toThrow('No GPU sub-tier 12: there are 1,2,3');
    const unknown: HardwareTable = { ...HARDWARE_TABLE, gpus: gpus.filter(({ model }) => model !== 'H100') };
    expect(() => gpuClassPriceMicroUsd(unknown, 10)).toThrow('GPU sub-tier 10 has an open band');
  });
});

describe('costOf (ECON-7)', () => {
  it('worked by hand: 32 threads, 128 GB, 1 TB and two RTX 4090 in the EU', () => {
    // Threads: the median of the priced ones is the EPYC 74F3, 2 900 USD / 48; the median power is 130 W / 32.
    expect([cpuPriceMicroUsd(HARDWARE_TABLE), cpuPowerMilliwatts(HARDWARE_TABLE)]).toEqual([60_416_666, 4_062]);
    // 32 × 60.416666 + 128 × 4.70 + 1 000 × 0.06 + 2 × 1 599 = 1 933.333312 + 601.60 + 60 + 3 198 USD.
    const capexMicroUsd = 5_792_933_312;
    // 57 929 for the price; (32 × 4.062 + 2 × 450) W = 1.029984 kW at 0.195 USD: 200 846.88.
    expect(
      costOf(
        { cpuCount: 32, memoryGb: 128, storageGb: 1_000, gpuCount: 2, gpuTier: 5, gpuModel: 'RTX 4090' },
        HARDWARE_TABLE,
        'eu',
      ),
    ).toEqual({ capexMicroUsd, opexMicroUsdPerHour: 57_929 + 200_846 });
  });

  it('given no machine > costs nothing, whatever the sub-tier', () => {
    expect(costOf({ ...NOTHING, gpuTier: 9 }, HARDWARE_TABLE, 'us')).toEqual({
      capexMicroUsd: 0,
      opexMicroUsdPerHour: 0,
    });
  });

  it('given a model without a known price > takes the price of its sub-tier, and its own power', () => {
    // L4: 72 W, no price; Medium 1 is 2 000 to 3 500 USD.
    expect(costOf({ ...NOTHING, gpuCount: 1, gpuTier: 5, gpuModel: 'L4' }, HARDWARE_TABLE, 'us')).toEqual({
      capexMicroUsd: 2_750_000_000,
      opexMicroUsdPerHour: 27_500 + 11_592,
    });
  });

  it.each(['cpuCount', 'memoryGb', 'storageGb', 'gpuCount'] as const)('never falls when %s rises', (resource) => {
    for (const region of REGIONS) {
      for (const tier of TIERS) {
        const base: MachineCapacity = { cpuCount: 4, memoryGb: 16, storageGb: 100, gpuCount: 1, gpuTier: tier };
        let last = costOf({ ...base, [resource]: 0 }, HARDWARE_TABLE, region);
        for (let n = 1; n <= 64; n = 2 * n + 1) {
          const next = costOf({ ...base, [resource]: n }, HARDWARE_TABLE, region);
          expect(next.capexMicroUsd).toBeGreaterThan(last.capexMicroUsd);
          expect(next.opexMicroUsdPerHour).toBeGreaterThanOrEqual(last.opexMicroUsdPerHour);
          last = next;
        }
      }
    }
  });

  it('a better sub-tier costs more to buy; its power need not be more', () => {
    const costs = TIERS.map((gpuTier) => costOf({ ...NOTHING, gpuCount: 1, gpuTier }, HARDWARE_TABLE, 'eu'));
    for (let i = 1; i < costs.length; i++) {
      expect(costs[i]!.capexMicroUsd).toBeGreaterThan(costs[i - 1]!.capexMicroUsd);
    }
    expect(TIERS.map((tier) => gpuClassPowerMilliwatts(HARDWARE_TABLE, tier) / 1_000)).toEqual([
      150, 200, 250, 320, 230, 300, 300, 250, 400, 700, 700,
    ]);
  });

  it('costs to buy the same everywhere, and to run what electricity costs there', () => {
    const machine: MachineCapacity = { cpuCount: 64, memoryGb: 512, storageGb: 4_000, gpuCount: 8, gpuTier: 10 };
    const [eu, us, asia] = REGIONS.map((region) => costOf(machine, HARDWARE_TABLE, region));
    expect(new Set([eu, us, asia].map((cost) => cost!.capexMicroUsd)).size).toBe(1);
    expect(eu!.opexMicroUsdPerHour).toBeGreaterThan(us!.opexMicroUsdPerHour);
    expect(us!.opexMicroUsdPerHour).toBeGreaterThan(asia!.opexMicroUsdPerHour);
  });

  it.each([
    ['an unknown region', NOTHING, 'mars', 'No electricity price of region mars: there are eu,us,asia'],
    ['an unknown model', { ...NOTHING, gpuCount: 1, gpuTier: 5, gpuModel: 'RTX 9090' }, 'eu', 'No GPU model RTX 9090'],
    [
      'a model of another sub-tier',
      { ...NOTHING, gpuCount: 1, gpuTier: 4, gpuModel: 'RTX 4090' },
      'eu',
      'RTX 4090 is of sub-tier 5, not 4',
    ],
    ['GPUs of no sub-tier', { ...NOTHING, gpuCount: 1 }, 'eu', 'No GPU sub-tier 0'],
  ])('given %s > says so', (_, machine, region, message) => {
    expect(() => costOf(machine, HARDWARE_TABLE, region)).toThrow(message);
  });
});
