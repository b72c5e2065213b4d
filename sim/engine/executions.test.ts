import { describe, expect, it } from 'vitest';
import { smallScenario } from '../cli/testRun.ts';
import { hasExecuted, isInference, noteExecution } from './executions.ts';
import { createTestInference } from './testInference.ts';
import { createTestWorld } from './testWorld.ts';

describe('executions', () => {
  const POOL = 7;
  const scenario = smallScenario([{ role: 'miner', strategy: 'steady', count: 3 }], { inference: poolOf(POOL) });
  function poolOf(poolSamples: number) {
    const { inference } = smallScenario([]);
    return { ...inference, poolSamples, sets: { publicSamples: 0, heldOutSamples: poolSamples, rotateEras: 0 } };
  }
  const create = () => createTestWorld(scenario, createTestInference({ poolSamples: POOL })).shared;

  it('are whose they are: each place of the answers has a bit of its own for every agent', () => {
    const run = create();
    const places: [number, number, number, number][] = [];
    for (let agent = 0; agent < 3; agent++)
      for (let variant = 0; variant < run.variants.length; variant++)
        for (let sample = 0; sample < POOL; sample++)
          for (let level = 0; level < 3; level++) places.push([agent, variant, sample, level]);
    expect(places.some((place) => hasExecuted(run, ...place))).toBe(false);
    const noted = places.filter((_, i) => i % 5 === 0);
    for (const place of noted) noteExecution(run, ...place);
    expect(places.filter((place) => hasExecuted(run, ...place))).toEqual(noted);
  });

  it.each([
    ['a variant that there is not', -1, 0, 0],
    ['a variant beyond the last one', 99, 0, 0],
    ['no number', Number.NaN, 0, 0],
    ['half a variant', 0.5, 0, 0],
    ['a sample outside the pool', 0, POOL, 0],
    ['a level that there is not', 0, 0, 3],
  ])('given %s > is no inference, and nobody has executed it', (_, variant, sample, level) => {
    const run = create();
    run.executions.fill(255);
    expect(isInference(run, variant, sample, level)).toBe(false);
    expect(hasExecuted(run, 1, variant, sample, level)).toBe(false);
    expect(isInference(run, 0, 0, 0)).toBe(true);
  });
});
