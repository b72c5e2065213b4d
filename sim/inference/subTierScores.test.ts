import { describe, expect, it } from 'vitest';
import { HARDWARE_TABLE } from '../engine/hardwareTable.ts';
import type { ComputeScores } from './computeScores.ts';
import { type CardRow, computeSubTierScores, type KeptScores, readKeptScores } from './subTierScores.ts';

const spread = (median: number) => ({ median, low: median, high: median });

/** A device on which matmul reached 40,000 GFLOP/s and the stream 4,000 GB/s. */
function keptOf(name: string, device: Partial<ComputeScores['device']> = {}): KeptScores {
  return {
    path: 'fixtures/profiles/some.json',
    scores: {
      device: { class: 'webgpu', name, isSoftware: false, ...device },
      ...{ runtime: 'some', measuredOn: '2026-01-01', repetitionCount: 3, loadAverage: [0, 0, 0] },
      scores: [
        { kind: 'matmul', size: 2_048, unit: 'GFLOP/s', rate: spread(40_000), efficiency: null },
        { kind: 'streaming', size: 1_024, unit: 'GB/s', rate: spread(4_000), efficiency: null },
      ],
      reference: { known: false, reason: 'not a core' },
    },
  };
}

const cardsOf = (kept: readonly KeptScores[]): readonly CardRow[] =>
  computeSubTierScores(HARDWARE_TABLE, kept).rows.flatMap(({ cards }) => cards);
const cardOf = (kept: readonly KeptScores[], model: string): CardRow =>
  cardsOf(kept).find((card) => card.model === model)!;

describe('computeSubTierScores (ATTR-4)', () => {
  it('given no profile > has every sub-tier with its band and its cards, and calls none measured', () => {
    const { rows, others } = computeSubTierScores(HARDWARE_TABLE, []);
    expect(rows.map(({ tier, name, lowUsd, highUsd }) => ({ tier, name, lowUsd, highUsd }))).toEqual(
      HARDWARE_TABLE.gpuClasses.map(({ tier, name, lowUsd, highUsd }) => ({ tier, name, lowUsd, highUsd })),
    );
    expect(rows.flatMap(({ cards }) => cards)).toHaveLength(HARDWARE_TABLE.gpus.length);
    for (const { standing, measuredDevices, cards } of rows) {
      expect([standing, measuredDevices]).toEqual(['not measured', []]);
      expect(cards.flatMap(({ scores }) => scores)).toEqual([]);
    }
    expect(others).toEqual([]);
  });

  it('has the published peaks of a card with their sources, and their range over the sub-tier', () => {
    const [low1] = computeSubTierScores(HARDWARE_TABLE, []).rows.filter(({ tier }) => tier === 3);
    expect(cardOf([], 'T4').publicPeak).toMatchObject({ fp32Tflops: 8.141, bandwidthGbPerS: 320, basis: 'cited' });
    expect(cardOf([], 'GTX 1050').publicPeak).toBeNull();
    expect(low1!.publicTflops).toEqual({ low: 7.119, high: 29.8 });
    expect(low1!.publicGbPerS).toEqual({ low: 320, high: 760 });
  });

  it('given a measured card > has its scores as they are, and those of others scaled by public figures, and says so', () => {
    const kept = [keptOf('NVIDIA H200')];
    expect(cardOf(kept, 'H200').scores).toEqual([
      { kind: 'matmul', unit: 'GFLOP/s', rate: 40_000, basis: 'measured' },
      { kind: 'streaming', unit: 'GB/s', rate: 4_000, basis: 'measured' },
    ]);
    expect(cardOf(kept, 'T4').scores).toEqual([
      {
        ...{ kind: 'matmul', unit: 'GFLOP/s', rate: (40_000 * 8.141) / 66.91 },
        basis: 'scaled from NVIDIA H200 by public FP32 peak, 66.91 to 8.141 TFLOPS',
      },
      {
        ...{ kind: 'streaming', unit: 'GB/s', rate: (4_000 * 320) / 4_800 },
        basis: 'scaled from NVIDIA H200 by public bandwidth, 4800 to 320 GB/s',
      },
    ]);
    // One figure known, so one score; none known, so none.
    expect(cardOf(kept, 'P4').scores.map(({ kind }) => kind)).toEqual(['matmul']);
    expect(cardOf(kept, 'GTX 1050').scores).toEqual([]);
    const { rows, others } = computeSubTierScores(HARDWARE_TABLE, kept);
    expect(rows.map(({ standing }) => standing)).toEqual([...Array(10).fill('scaled'), 'measured']);
    expect(rows[10]!.measuredDevices).toEqual(['NVIDIA H200']);
    expect(others).toEqual([]);
  });

  it('given two measured cards > scales from the one of the nearer sub-tier', () => {
    const kept = [keptOf('NVIDIA H200'), keptOf('Tesla T4')];
    expect(cardOf(kept, 'RTX 2070').scores[0]!.basis).toContain('scaled from Tesla T4');
    expect(cardOf(kept, 'A100 80 GB').scores[0]!.basis).toContain('scaled from NVIDIA H200');
  });

  it.each([
    ['NVIDIA A100-SXM4-80GB', 'A100 80 GB'],
    ['NVIDIA A100-PCIE-40GB', 'A100 40 GB'],
    ['NVIDIA GeForce RTX 3080 Ti', 'RTX 3080 Ti'],
    ['NVIDIA GeForce RTX 3080', 'RTX 3080'],
    ['NVIDIA RTX A6000', 'RTX A6000'],
    ['Tesla V100-SXM2-16GB', 'V100'],
  ])('given a device %s > knows the card %s', (name, model) => {
    const measured = cardsOf([keptOf(name)]).filter(({ scores }) => scores.some(({ basis }) => basis === 'measured'));
    expect(measured.map((card) => card.model)).toEqual([model]);
  });

  it.each([
    ['a notebook', keptOf('NVIDIA GeForce RTX 4090 Laptop GPU')],
    ['a stronger sister', keptOf('NVIDIA GeForce RTX 4070 SUPER')],
    ['a slice of a card', keptOf('NVIDIA H200 MIG 1g.18gb')],
    ['a card that nobody has classed', keptOf('AMD Radeon RX 7900')],
    ['a processor', keptOf('T4 of some kind', { class: 'cpu' })],
    ['a program in place of a card', keptOf('T4 (software)', { class: 'webgpu-software', isSoftware: true })],
  ])('given %s > measures no card with it, and lists it apart', (_, kept) => {
    const { rows, others } = computeSubTierScores(HARDWARE_TABLE, [kept]);
    expect(new Set(rows.map(({ standing }) => standing))).toEqual(new Set(['not measured']));
    expect(others).toEqual([kept]);
  });
});

describe('readKeptScores', () => {
  it('given a profile with scores > has them with its path; without > none', () => {
    const { scores } = keptOf('NVIDIA H200');
    expect(readKeptScores('a.json', JSON.stringify({ computeScores: scores }))).toEqual({ path: 'a.json', scores });
    expect(readKeptScores('a.json', '{"format":"powr-inference-profile/1"}')).toBeUndefined();
  });
});
