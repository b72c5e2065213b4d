import { describe, expect, it } from 'vitest';
import {
  COMPUTE_CLASS,
  classifyCompute,
  classifyGpu,
  classifyNet,
  classifyStorage,
  GPU_GAP,
  gpuTierOfModel,
  gpuTierOfPrice,
  NET_CLASS,
  STORAGE_CLASS,
} from './attributes.ts';
import { createEraWorld } from './eraWorld.ts';

describe('classifyCompute (ATTR-2)', () => {
  it.each([
    [64, 50_001, COMPUTE_CLASS.hpc],
    [8, 50_001, COMPUTE_CLASS.hpc],
    [64, 50_000, COMPUTE_CLASS.general],
    [48, 19_999, COMPUTE_CLASS.basic],
    [49, 19_999, COMPUTE_CLASS.general],
    [48, 20_000, COMPUTE_CLASS.general],
  ])('%i threads with score %i > class %i', (threads, score, expected) => {
    expect(classifyCompute(threads, score)).toBe(expected);
  });
});

describe('classifyStorage (ATTR-3)', () => {
  it.each([
    [0, 0, 100, STORAGE_CLASS.nvme],
    [49, 0, 51, STORAGE_CLASS.nvme],
    [50, 0, 50, STORAGE_CLASS.hdd],
    [0, 51, 49, STORAGE_CLASS.ssd],
    [0, 50, 50, STORAGE_CLASS.ssd],
    [51, 49, 0, STORAGE_CLASS.hdd],
    [33, 33, 34, STORAGE_CLASS.hdd],
    [0, 0, 0, STORAGE_CLASS.hdd],
  ])('%i GB HDD, %i GB SSD, %i GB NVMe > class %i', (hddGb, ssdGb, nvmeGb, expected) => {
    expect(classifyStorage(hddGb, ssdGb, nvmeGb)).toBe(expected);
  });
});

describe('gpuTierOfModel (ATTR-4)', () => {
  it.each([
    ['T1000', 1],
    ['GTX 1080 Ti', 1],
    ['RTX 2080', 2],
    ['RTX 2080 Ti', 3],
    ['RTX A4000', 2],
    ['RTX 4000', 3],
    ['NVIDIA GeForce RTX 3090', 4],
    ['rtx-4090', 5],
    ['Tesla V100', 5],
    ['L40', 6],
    ['L40S', 7],
    ['RTX 6000 Ada', 7],
    ['A100 40GB', 8],
    ['A100 80 GB', 9],
    ['H100', 10],
    ['GH200', 10],
    ['H200', 11],
    ['Voodoo 2', 0],
  ])('%s > sub-tier %i', (model, expected) => {
    expect(gpuTierOfModel(model, true)).toBe(expected);
  });

  it('given no sub-tier 11 > classes the models of all others, and not those of Ultra 3', () => {
    expect(['H100', 'H200', 'B200'].map((model) => gpuTierOfModel(model, false))).toEqual([10, 0, 0]);
  });
});

describe('gpuTierOfPrice (ATTR-4)', () => {
  it.each([
    [0, 1],
    [499, 1],
    [500, 2],
    [999, 2],
    [1_000, 3],
    [1_500, 4],
    [2_000, 5],
    [3_499, 5],
    [3_500, 6],
    [4_999, 6],
    [7_501, 7],
    [11_250, 7],
    [11_251, 8],
    [15_000, 8],
    [15_001, 9],
    [25_000, 9],
    [25_001, 10],
    [900_000, 10],
  ])('%i USD > sub-tier %i, wherever the gap goes', (price, expected) => {
    for (const gap of Object.values(GPU_GAP)) expect(gpuTierOfPrice(price, gap)).toBe(expected);
  });

  it.each([
    ['down', 5_000, 6],
    ['down', 7_500, 6],
    ['up', 5_000, 7],
    ['up', 7_500, 7],
    ['split', 5_000, 6],
    ['split', 6_249, 6],
    ['split', 6_250, 7],
    ['split', 7_500, 7],
  ] as const)('gap %s, %i USD > sub-tier %i', (gap, price, expected) => {
    expect(gpuTierOfPrice(price, GPU_GAP[gap])).toBe(expected);
  });

  it('given a price below 0 > fails', () => {
    expect(() => gpuTierOfPrice(-1, GPU_GAP.down)).toThrow('is -1');
  });
});

describe('classifyGpu (ATTR-4, OP-35)', () => {
  it.each([
    [{}, { model: 'H100', priceUsd: 100 }, 10],
    [{}, { model: 'unheard of', priceUsd: 100 }, 1],
    [{ 'attr.gpu_lookup': 1 }, { model: 'H100', priceUsd: 100 }, 1],
    [{}, { model: 'unheard of', priceUsd: 6_000 }, 6],
    [{ 'attr.gpu_gap': 1 }, { model: 'unheard of', priceUsd: 6_000 }, 7],
    [{}, { model: 'H200', priceUsd: 30_000 }, 10],
    [{}, { model: 'B200', priceUsd: 14_000 }, 8],
    [{ 'attr.gpu_tier11': 1 }, { model: 'H200', priceUsd: 30_000 }, 11],
    [{ 'attr.gpu_tier11': 1 }, { model: 'unheard of', priceUsd: 30_000 }, 10],
  ])('with %o, %o > sub-tier %i', (params, gpu, expected) => {
    expect(classifyGpu(createEraWorld({ params }), gpu)).toBe(expected);
  });
});

describe('classifyNet (ATTR-5)', () => {
  const { low, medium, high, ultra } = NET_CLASS;
  it.each([
    [99, 9_999, low, low],
    [9_999, 74, low, low],
    [100, 75, medium, medium],
    [499, 399, medium, medium],
    [500, 399, medium, medium],
    [500, 400, high, high],
    [999, 799, high, high],
    [1_000, 800, high, ultra],
    [1_000, 799, high, high],
    [5_000, 5_000, high, ultra],
    [5_001, 5_001, ultra, ultra],
    [5_001, 5_000, high, ultra],
    [9_999, 500, high, high],
  ])('%i Mbps down, %i up > class %i, and with the gap going up %i', (down, up, gapDown, gapUp) => {
    expect(classifyNet(createEraWorld(), down, up)).toBe(gapDown);
    expect(classifyNet(createEraWorld({ params: { 'attr.net_gap': 1 } }), down, up)).toBe(gapUp);
  });
});
