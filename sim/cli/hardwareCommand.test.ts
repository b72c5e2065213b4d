import { describe, expect, it } from 'vitest';
import { HARDWARE_TABLE } from '../engine/hardwareTable.ts';
import { computeSubTierScores, type KeptScores, type SubTierScores } from '../inference/subTierScores.ts';
import { hardwareCommand, renderHardware } from './hardwareCommand.ts';
import { outputOf } from './testOutput.ts';

const spread = (median: number) => ({ median, low: median, high: median });
const keptOf = (device: KeptScores['scores']['device'], efficiency: number | null): KeptScores => ({
  path: 'fixtures/profiles/some.json',
  scores: {
    ...{ device, runtime: 'some', measuredOn: '2026-01-01', repetitionCount: 3, loadAverage: [0, 0, 0] },
    scores: [{ kind: 'matmul', size: 256, unit: 'GFLOP/s', rate: spread(250), efficiency }],
    reference: { known: false, reason: 'none' },
  },
});
const render = (kept: readonly KeptScores[]): string =>
  renderHardware(computeSubTierScores(HARDWARE_TABLE, kept), false);

describe('renderHardware', () => {
  it('given no profile > names every sub-tier, band and card, every source of a figure, and no score', () => {
    const text = render([]);
    for (const { model } of HARDWARE_TABLE.gpus) expect(text).toMatch(new RegExp(`^   ${model}[, ]`, 'm'));
    expect(text).toContain('5  Medium 1, USD 2,000 to 3,500: not measured');
    expect(text).toContain('10  Ultra 2, USD above 25,000: not measured');
    expect(text).toContain('11  Ultra 3, USD no band: not measured');
    expect(text).toMatch(/^ {3}RTX 4090 +82\.58 +1008 +not measured( +not measured){3}$/m);
    expect(text).toMatch(/^ {3}GTX 1050 +– +– +not measured/m);
    for (const source of new Set(HARDWARE_TABLE.gpuPeaks.flatMap(({ sources }) => sources)))
      expect(text).toMatch(new RegExp(`^${source}: .+ https?://.+, read 20`, 'm'));
    expect(text).not.toContain('Scaled');
  });

  it('given a measured card > brackets what is scaled from it, and says by which figure', () => {
    const text = render([keptOf({ class: 'webgpu', name: 'NVIDIA H200', isSoftware: false }, null)]);
    expect(text).toContain('11  Ultra 3, USD no band: measured');
    expect(text).toMatch(/^ {3}H200, SXM5 +66\.91 +4800 +250 GFLOP\/s +not measured/m);
    expect(text).toMatch(/^ {3}T4 +8\.141 +320 +\(30\.42 GFLOP\/s\) +not measured/m);
    expect(text).toContain('T4: scaled from NVIDIA H200 by public FP32 peak, 66.91 to 8.141 TFLOPS\n');
  });

  it('given a measured processor > shows it below, as none of the cards', () => {
    const text = render([keptOf({ class: 'cpu', name: 'Some\u001b CPU', isSoftware: false }, 0.97)]);
    expect(text).toContain('cpu, Some\\u001b CPU: matmul 250 GFLOP/s (97 % of a core) (fixtures/profiles/some.json)\n');
    expect(text).not.toMatch(/: (measured|scaled)$/m);
  });
});

describe('powr hardware --json', () => {
  it('gives every sub-tier and the sources of its figures', async () => {
    const { code, stdout } = await outputOf(() => hardwareCommand({ json: true }));
    expect(code).toBe(0);
    const { rows, sources } = JSON.parse(stdout) as SubTierScores & { readonly sources: readonly { id: string }[] };
    expect(rows).toHaveLength(11);
    const used = rows.flatMap(({ cards }) => cards.flatMap(({ publicPeak }) => publicPeak?.sources ?? []));
    const ids = sources.map(({ id }) => id);
    expect(used.filter((id) => !ids.includes(id))).toEqual([]);
  });
});
