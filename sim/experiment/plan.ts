/**
 * What a study runs: variants of one scenario times seeds, each pair a point that is named by its content. Pure; the same
 * scenario, axes, seeds and build give the same plan on every machine.
 */
import { canonicalJson } from '../base/canonicalJson.ts';
import { sha256Hex } from '../base/hash.ts';
import type { Axis, SeedRange } from '../engine/scenario.ts';
import type { Combination } from './design.ts';
import { shellCommand } from './shellWord.ts';

/** The scenario with some values changed. */
export type Variant = {
  /** Of the plan's axes, in their order. */
  readonly values: Combination;
  /** The changes, each as `--set` takes it. */
  readonly set: readonly string[];
  /** Of the resolved scenario, without its seed. */
  readonly scenarioHash: string;
};

export type Point = {
  readonly id: string;
  /** Index into the plan's variants. */
  readonly variant: number;
  readonly seed: number;
};

/** How the scenario is called on the command line, besides its variants and seeds. */
export type Call = {
  readonly file: string;
  /** Options of `powr run`, as words. */
  readonly words: readonly string[];
  /** The same options as overrides, in the order in which `powr run` applies them. */
  readonly overrides: readonly string[];
};

export type Plan = {
  readonly version: 1;
  readonly name: string;
  readonly call: Call;
  readonly build: string;
  readonly axes: readonly Axis[];
  readonly variants: readonly Variant[];
  readonly seeds: SeedRange;
  readonly points: readonly Point[];
};

/** Hexadecimal digits of a point's name: 64 bits tell more points apart than anybody can run. */
const ID_DIGITS = 16;

/** Name of a run by everything that decides its result: scenario, seed and program. */
export function pointId(scenarioHash: string, seed: number, build: string): string {
  return sha256Hex(canonicalJson({ build, scenario: scenarioHash, seed })).slice(0, ID_DIGITS);
}

export function seedsOf({ from, to }: SeedRange): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** All seeds of the first variant, then of the second, and so on. */
export function planStudy(study: Omit<Plan, 'version' | 'points'>): Plan {
  return {
    version: 1,
    ...study,
    points: study.variants.flatMap(({ scenarioHash }, variant) =>
      seedsOf(study.seeds).map((seed) => ({ id: pointId(scenarioHash, seed, study.build), variant, seed })),
    ),
  };
}

/** The plan as it is stored: what it was made from, and the names of its points. */
export function planText(plan: Plan): string {
  return `${JSON.stringify(plan, null, 1)}\n`;
}

/** The command that runs a point alone, to be pasted into a shell. */
export function commandOf({ call, variants }: Plan, { variant, seed }: Point): string {
  const set = variants[variant]!.set.flatMap((change) => ['--set', change]);
  return shellCommand(['powr', 'run', call.file, ...call.words, ...set, '--seed', String(seed)]);
}

/** Everything that the point changes in the scenario file, in the order in which `powr run` applies it. */
export function overridesOf({ call, variants }: Plan, { variant, seed }: Point): string[] {
  return [`seed=${seed}`, ...call.overrides, ...variants[variant]!.set];
}
