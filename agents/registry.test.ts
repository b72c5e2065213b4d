import { describe, expect, it } from 'vitest';
import { PHASE } from '../sim/engine/agentContract.ts';
import { ROLES } from '../sim/engine/scenario.ts';
import { variants } from '../sim/inference/variants.ts';
import { CATALOGUE } from './catalogue.ts';
import { STRATEGIES, strategyOf } from './registry.ts';

const named = (list: readonly { readonly role: string; readonly name: string }[]) =>
  list.map(({ role, name }) => `${role}/${name}`);

describe('catalogue and registry', () => {
  it('every strategy of the catalogue has a function, every function an entry, and none is twice', () => {
    expect(named(STRATEGIES).sort()).toEqual(named(CATALOGUE).sort());
    expect(new Set(named(CATALOGUE)).size).toBe(CATALOGUE.length);
  });

  it('every role can be played honestly', () => {
    for (const role of ROLES)
      expect(CATALOGUE.some((spec) => spec.role === role && spec.intent === 'honest')).toBe(true);
  });

  it.each(CATALOGUE)(
    '$role/$name names a behaviour, and its defaults are what it allows',
    ({ behaviour, options, summary }) => {
      expect(behaviour).toMatch(/^BEH-\d+$/);
      expect(summary).toMatch(/^[A-Z].*\.$/);
      for (const [name, spec] of Object.entries(options)) {
        expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
        if (spec.unit === 'choice') expect(spec.options).toContain(spec.fallback);
        else {
          expect(spec.fallback).toBeGreaterThanOrEqual(spec.min);
          expect(spec.fallback).toBeLessThanOrEqual(spec.max);
        }
      }
    },
  );

  it('every choice of weights is one of all variants that can be executed, in their order', () => {
    const choices = CATALOGUE.flatMap(({ options }) =>
      Object.values(options).flatMap((spec) =>
        spec.unit === 'choice' && spec.options.includes('en') ? [spec.options] : [],
      ),
    );
    expect(choices.length).toBeGreaterThan(3);
    for (const options of choices) expect(options).toEqual(variants.map(({ id }) => id));
  });

  it('every strategy acts in phases that exist, and in the order of the slot', () => {
    for (const { phases } of STRATEGIES) {
      expect([...phases].sort((a, b) => a - b)).toEqual(phases);
      for (const phase of phases) expect(Object.values(PHASE)).toContain(phase);
    }
  });

  it('given a name that nobody registered > says which', () => {
    expect(() => strategyOf('miner', 'lazy')).toThrow('No strategy lazy for role miner');
  });
});
