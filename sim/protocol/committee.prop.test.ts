import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BPS, FP } from '../base/fixedPoint.ts';
import { drawGroup, MAX_WALK, validatorAt } from './committee.ts';
import { ACCOUNT, F, STRIDE, TASK_STATE, VALIDATOR_STATE } from './layout.ts';
import { createState, type State } from './state.ts';
import { readTask, setParam } from './taskWorld.ts';

// Chi-square tests would fail once in a million seeds; a fixed one makes a failure mean something.
fc.configureGlobal({ seed: 5 });

const OUTSIDER = ACCOUNT.firstAgent + 4_000;
const ownerOf = (validator: number): number => ACCOUNT.firstAgent + validator;

/** Active validators 1 … n of different owners, with these weights, and a group of `seats`. */
function createBench(weights: readonly number[], seats: number): State {
  const s = createState();
  setParam(s, 'val.group_size', seats);
  s.clockTotals[F.clockTotals.beacon6] = 0x0bad_cafe;
  s.clockTotals[F.clockTotals.beacon7] = 0x1357_9bdf;
  let cumulativeFp = 0;
  weights.forEach((weight, i) => {
    const at = (i + 1) * STRIDE.validators;
    s.validators[at + F.validators.owner] = ownerOf(i + 1);
    s.validators[at + F.validators.state] = VALIDATOR_STATE.active;
    cumulativeFp += weight;
    s.committeeWeights[i + 1] = cumulativeFp;
  });
  const t = F.validatorTotals;
  s.validatorTotals[t.validatorCount] = weights.length;
  s.validatorTotals[t.activeCount] = weights.length;
  s.validatorTotals[t.committeeCount] = weights.length;
  s.validatorTotals[t.committeeWeightFp] = cumulativeFp;
  return s;
}

/** A task that waits for its first group. */
function createTask(s: State, task: number, subjectOwner: number = OUTSIDER): number {
  const at = task * STRIDE.tasks;
  s.tasks.fill(0, at, at + STRIDE.tasks);
  s.tasks[at + F.tasks.owner] = subjectOwner;
  s.tasks[at + F.tasks.state] = TASK_STATE.created;
  return task;
}

/** Makes `validators` the task's last group. */
function setPreviousGroup(s: State, task: number, validators: readonly number[]): void {
  const at = task * STRIDE.tasks;
  s.tasks[at + F.tasks.roundCount] = 1;
  s.tasks[at + F.tasks.memberStart] = 1;
  s.tasks[at + F.tasks.memberCount] = validators.length;
  for (const [i, v] of validators.entries()) s.members[(i + 1) * STRIDE.members + F.members.validator] = v;
}

/** Probability of each ordered group when one is drawn after the other, by weight, from those that are left. */
function sequentialLaw(weights: readonly number[], seats: number, barred: number): Map<string, number> {
  const law = new Map<string, number>();
  const extend = (group: readonly number[], probability: number): void => {
    if (group.length === seats) {
      law.set(group.join(','), probability);
      return;
    }
    const left = weights.map((w, i) => (group.includes(i + 1) || i + 1 === barred ? 0 : w));
    const sum = left.reduce((a, b) => a + b, 0);
    for (const [i, w] of left.entries()) if (w > 0) extend([...group, i + 1], (probability * w) / sum);
  };
  extend([], 1);
  return law;
}

/** Pearson's statistic of `trials` groups against a law. */
function chiSquare(s: State, law: ReadonlyMap<string, number>, trials: number, subjectOwner: number): number {
  const counts = new Map<string, number>();
  for (let trial = 0; trial < trials; trial++) {
    // Another task is another draw; records are reused, only the number counts.
    const task = createTask(s, 1 + (trial % 4_000), subjectOwner);
    s.clockTotals[F.clockTotals.beacon6] = Math.floor(trial / 4_000);
    const group = drawGroup(s, task).join(',');
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  let statistic = 0;
  for (const [group, probability] of law) {
    const expected = probability * trials;
    statistic += ((counts.get(group) ?? 0) - expected) ** 2 / expected;
    counts.delete(group);
  }
  // A group that the law does not know.
  return counts.size > 0 ? Number.POSITIVE_INFINITY : statistic;
}

describe('validatorAt', () => {
  it('given any weights, zeros among them > is the first validator whose cumulative weight is above the value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 * FP })), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (weights, where) => {
          const s = createBench(weights, 1);
          const total = s.validatorTotals[F.validatorTotals.committeeWeightFp]!;
          fc.pre(total > 0);
          const value = Math.floor(where * total);
          let first = 1;
          while (s.committeeWeights[first]! <= value) first += 1;
          expect(validatorAt(s, value)).toBe(first);
          expect(weights[first - 1]).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('drawGroup', () => {
  it('given any weights, states and owners > seats distinct active validators, none of the subject’s owner', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 * FP }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 51 }),
        fc.array(fc.nat({ max: 29 }), { maxLength: 10 }),
        fc.nat({ max: 29 }),
        fc.integer({ min: 1, max: 4_000 }),
        (weights, seats, inactive, ownerIndex, task) => {
          const s = createBench(weights, seats);
          for (const i of new Set(inactive.filter((i) => i < weights.length))) {
            s.validators[(i + 1) * STRIDE.validators + F.validators.state] = VALIDATOR_STATE.suspended;
            s.validatorTotals[F.validatorTotals.activeCount]! -= 1;
          }
          const group = drawGroup(s, createTask(s, task, ownerOf(ownerIndex + 1)));
          expect(new Set(group).size).toBe(group.length);
          expect(group.length).toBeLessThanOrEqual(seats);
          for (const v of group) {
            expect(v).toBeGreaterThanOrEqual(1);
            expect(v).toBeLessThanOrEqual(weights.length);
            expect(s.validators[v * STRIDE.validators + F.validators.state]).toBe(VALIDATOR_STATE.active);
            expect(v).not.toBe(ownerIndex + 1);
          }
          expect(drawGroup(s, task)).toEqual(group);
        },
      ),
    );
  });

  describe('given as many active validators as seats', () => {
    it('takes all of them in ascending order, those of weight 0 too, except the subject’s owner', () => {
      const s = createBench([FP, 0, FP, FP], 4);
      expect(drawGroup(s, createTask(s, 1))).toEqual([1, 2, 3, 4]);
      expect(drawGroup(s, createTask(s, 1, ownerOf(3)))).toEqual([1, 2, 4]);
    });

    it('takes the members of the previous round again', () => {
      const s = createBench([FP, FP], 2);
      const task = createTask(s, 1);
      setPreviousGroup(s, task, [1, 2]);
      expect(drawGroup(s, task)).toEqual([1, 2]);
    });

    it('takes nobody who joined after the weights were fixed', () => {
      const s = createBench([FP, FP], 4);
      s.validatorTotals[F.validatorTotals.committeeCount] = 1;
      expect(drawGroup(s, createTask(s, 1))).toEqual([1]);
    });

    it('takes nobody if all are the subject’s owner’s', () => {
      const s = createBench([FP], 4);
      expect(drawGroup(s, createTask(s, 1, ownerOf(1)))).toEqual([]);
    });
  });

  it('given a registry of 1 024 > walks it; given one more > draws, and so still seats whoever weighs something', () => {
    // All but the first three have left; the first weighs nothing.
    const bench = (count: number): State => {
      const s = createBench(
        Array.from({ length: count }, (_, i) => (i === 1 || i === 2 ? FP : 0)),
        3,
      );
      for (let v = 4; v <= count; v++)
        s.validators[v * STRIDE.validators + F.validators.state] = VALIDATOR_STATE.exited;
      s.validatorTotals[F.validatorTotals.activeCount] = 3;
      return s;
    };
    expect(MAX_WALK).toBe(1_024);
    expect(drawGroup(bench(MAX_WALK), createTask(bench(MAX_WALK), 1))).toEqual([1, 2, 3]);
    const s = bench(MAX_WALK + 1);
    expect(drawGroup(s, createTask(s, 1)).sort()).toEqual([2, 3]);
  });

  describe('given one active validator more than seats', () => {
    it('draws, and never a validator of weight 0', () => {
      const s = createBench([FP, 0, FP], 2);
      for (let task = 1; task <= 200; task++) {
        expect(drawGroup(s, createTask(s, task)).sort()).toEqual([1, 3]);
      }
    });

    it('gives another round of the same task another draw', () => {
      const s = createBench(new Array<number>(20).fill(FP), 5);
      const first = drawGroup(s, createTask(s, 1));
      s.tasks[STRIDE.tasks + F.tasks.roundCount] = 1;
      expect(drawGroup(s, 1)).not.toEqual(first);
    });
  });

  describe('given a previous round', () => {
    it('passes its members over while others are left', () => {
      const s = createBench(new Array<number>(10).fill(FP), 3);
      for (let task = 1; task <= 200; task++) {
        setPreviousGroup(s, createTask(s, task), [1, 2, 3]);
        const group = drawGroup(s, task);
        expect(group).toHaveLength(3);
        for (const v of [1, 2, 3]) expect(group).not.toContain(v);
      }
    });

    it('falls back on them after 8 draws a seat, behind the fresh ones', () => {
      const s = createBench([FP, FP, FP, FP], 3);
      for (let task = 1; task <= 200; task++) {
        setPreviousGroup(s, createTask(s, task), [2, 3, 4]);
        const group = drawGroup(s, task);
        expect(group).toHaveLength(3);
        expect(group[0]).toBe(1);
        expect(readTask(s, task).memberCount).toBe(3);
      }
    });
  });

  // 40 000 groups each; thresholds are the quantile 1 − 10⁻⁶ of chi-square with (outcomes − 1) degrees of freedom.
  describe('the law of a group is that of drawing one after the other without replacement (OP-16)', () => {
    const weights = [FP, FP / 2, FP / 4, (3 * FP) / 4];
    const TRIALS = 40_000;

    it('2 seats of 4 validators, 12 outcomes', () => {
      const s = createBench(weights, 2);
      expect(chiSquare(s, sequentialLaw(weights, 2, 0), TRIALS, OUTSIDER)).toBeLessThan(49.4);
    });

    it('3 seats of 5 validators, 60 outcomes', () => {
      const five = [...weights, FP / 2];
      const s = createBench(five, 3);
      expect(chiSquare(s, sequentialLaw(five, 3, 0), TRIALS, OUTSIDER)).toBeLessThan(126);
    });

    it('2 seats of 5 validators of which one owns the subject, 12 outcomes', () => {
      const five = [...weights, FP / 2];
      const s = createBench(five, 2);
      expect(chiSquare(s, sequentialLaw(five, 2, 1), TRIALS, ownerOf(1))).toBeLessThan(49.4);
    });

    it('and the test would notice a law that is off by one tenth of one weight', () => {
      const s = createBench(weights, 2);
      const off = sequentialLaw([FP, FP / 2, FP / 4, (3 * FP * 0.9) / 4], 2, 0);
      expect(chiSquare(s, off, TRIALS, OUTSIDER)).toBeGreaterThan(49.4);
    });
  });

  it('given reputation and floor as weights > the share of seats of a newcomer follows from the floor', () => {
    // One established validator at 1.0 and one newcomer at 0, floor 5 %: 1.05 against 0.05, one seat.
    const floor = (500 * FP) / BPS;
    const s = createBench([FP + floor, floor], 1);
    let newcomers = 0;
    for (let task = 1; task <= 4_000; task++) if (drawGroup(s, createTask(s, task))[0] === 2) newcomers += 1;
    // Mean 4 000/22 = 182, standard deviation 13: five of them.
    expect(Math.abs(newcomers - 182)).toBeLessThan(66);
  });
});
