import { describe, expect, it } from 'vitest';
import { graphKinds, sizeFor } from './computeGraphs.ts';
import { measureComputeScores } from './computeScores.ts';
import { chooseDevice } from './devices.ts';
import { getBuiltDir, root } from './testSupport.ts';

describe('measureComputeScores', () => {
  it('given the cpu > has a rate of every graph at its size, and beside a compiler how much of a core that is', async () => {
    const device = await chooseDevice('cpu', { builtDir: getBuiltDir(), root });
    const told: string[] = [];
    const options = { root, builtDir: getBuiltDir(), measuredOn: '2026-01-02', repetitionCount: 1 };
    const record = await measureComputeScores(device, { ...options, onNext: (what) => told.push(what) });
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    expect(record).toMatchObject({ device: { class: 'cpu' }, measuredOn: '2026-01-02', repetitionCount: 1 });
    expect(told).toEqual(graphKinds.map(({ id, coreSize }) => `${id} ${coreSize}`));
    expect(record.scores.map(({ kind, size, unit }) => [kind, size, unit])).toEqual([
      ['matmul', 256, 'GFLOP/s'],
      ['convolution', 80, 'GFLOP/s'],
      ['attention', 256, 'GFLOP/s'],
      ['streaming', 2 ** 24, 'GB/s'],
    ]);
    for (const { rate, efficiency, core } of record.scores) {
      // Whoever divides what is kept gets what is kept.
      expect(core && Number((core.rate / core.peak).toPrecision(4))).toBe(efficiency);
      expect(rate.median).toBeGreaterThan(0.01);
      expect(efficiency !== null).toBe(record.reference.known);
      // By the time that the core spent on both: others on the machine hardly move it, and nothing exceeds the peak by much.
      if (efficiency !== null) expect(efficiency > 0.1 && efficiency < 1.5).toBe(true);
    }
    const share = record.scores[0]!.efficiency;
    if (share !== null) expect(share).toBeGreaterThan(0.5);
  }, 60_000);
});

describe('sizeFor', () => {
  it('gives a core, a card and a program in place of a card sizes of their own, all of which the graph can have', () => {
    const devices = [
      { id: 'cpu', isSoftware: false },
      { id: 'webgpu', isSoftware: false },
      { id: 'webgpu', isSoftware: true },
    ] as const;
    expect(devices.map((device) => sizeFor('matmul', device))).toEqual([256, 2_048, 64]);
    for (const { id, sizeMax, sizeStep } of graphKinds)
      for (const device of devices) {
        const size = sizeFor(id, device);
        expect(size % sizeStep === 0 && size <= sizeMax).toBe(true);
      }
  });
});
