/**
 * Vectors of the group draw (OP-16), made by a reference on BigInt that draws literally: weights summed one by one, every
 * draw from the definition of NUM-6. Run here through `committee.ts` and by `contracts/test/Committee.t.sol` through the
 * contracts. UPDATE_VECTORS=1 writes them anew.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { drawGroup, validatorAt } from './committee.ts';
import { F, STRIDE, TASK_STATE, VALIDATOR_STATE } from './layout.ts';
import { createState, type State } from './state.ts';
import { setParam } from './taskWorld.ts';

type Vector = {
  /** Halves of the beacon's low 64 bits. */
  readonly beaconHigh: number;
  readonly beaconLow: number;
  readonly task: number;
  readonly round: number;
  readonly seats: number;
  readonly subjectOwner: number;
  /** Of validators 1, 2, …: weight fixed at the era's start, present state, owner. */
  readonly weights: readonly number[];
  readonly states: readonly number[];
  readonly owners: readonly number[];
  /** Validators of the task's last group. */
  readonly previous: readonly number[];
  readonly group: readonly number[];
};

const file = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  'fixtures',
  'vectors',
  'tasks',
  'drawGroup.json',
);
const MASK = (1n << 64n) - 1n;
const { active, suspended } = VALIDATOR_STATE;

function mix64(x: bigint): bigint {
  let z = x & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

function referenceGroup(v: Omit<Vector, 'group'>): number[] {
  const seatOf = (i: number): number => i + 1;
  const mayServe = (i: number): boolean => v.states[i] === active && v.owners[i] !== v.subjectOwner;
  if (v.states.filter((state) => state === active).length <= v.seats) {
    return v.weights
      .map((_, i) => i)
      .filter(mayServe)
      .map(seatOf);
  }
  const total = v.weights.reduce((sum, w) => sum + BigInt(w), 0n);
  const beacon = (BigInt(v.beaconHigh) << 32n) + BigInt(v.beaconLow);
  const group: number[] = [];
  for (let k = 0; k < 16 * v.seats && group.length < v.seats; k++) {
    // Purpose 1, entity task·16 + round.
    const random = mix64(mix64(beacon + (1n << 48n) + BigInt(v.task * 16 + v.round)) + BigInt(k)) >> 12n;
    let left = (random * total) >> 52n;
    let i = 0;
    while (left >= BigInt(v.weights[i]!)) {
      left -= BigInt(v.weights[i]!);
      i += 1;
    }
    const isStale = k < 8 * v.seats && v.previous.includes(seatOf(i));
    if (mayServe(i) && !group.includes(seatOf(i)) && !isStale) group.push(seatOf(i));
  }
  return group;
}

let counter = 0n;
function random(n: number): number {
  counter += 1n;
  return Number(mix64(counter * 0x9e3779b97f4a7c15n) % BigInt(n));
}

function createInputs(): Omit<Vector, 'group'>[] {
  counter = 7n;
  return Array.from({ length: 40 }, (_, c) => {
    const validators = 1 + random(c < 8 ? 6 : 40);
    const indices = Array.from({ length: validators }, (_, i) => i);
    // Weights as they come: reputation + 5 %, some validators without any, a few of them all alike.
    const weights: number[] = indices.map(() =>
      random(7) === 0 ? 0 : 50_000_000 + (c % 4 === 0 ? 500_000_000 : random(1_000_000_001)),
    );
    const states = indices.map((i) =>
      weights[i] === 0 && random(3) > 0 ? suspended : random(12) === 0 ? suspended : active,
    );
    if (!weights.some((w) => w > 0)) weights[0] = 1;
    const seats = 1 + random(7);
    const round = random(3);
    return {
      beaconHigh: random(2 ** 32),
      beaconLow: random(2 ** 32),
      task: 1 + random(5_000),
      round,
      seats,
      // The last case: everybody is the subject's owner.
      subjectOwner: c === 39 ? 32 : 32 + random(validators + 3),
      weights,
      states,
      owners: indices.map((i) => 32 + (c === 39 || random(9) === 0 ? 0 : i)),
      previous: round === 0 ? [] : [...new Set(Array.from({ length: seats }, () => 1 + random(validators)))],
    };
  });
}

function render(): string {
  const lines = createInputs().map((input) => `    ${JSON.stringify({ ...input, group: referenceGroup(input) })}`);
  return `{\n  "function": "drawGroup",\n  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

function createLedger(v: Vector): State {
  const s = createState({ tasks: 5_000 });
  setParam(s, 'val.group_size', v.seats);
  s.clockTotals[F.clockTotals.beacon6] = v.beaconHigh;
  s.clockTotals[F.clockTotals.beacon7] = v.beaconLow;
  let cumulativeFp = 0;
  for (const [i, weight] of v.weights.entries()) {
    const at = (i + 1) * STRIDE.validators;
    s.validators[at + F.validators.owner] = v.owners[i]!;
    s.validators[at + F.validators.state] = v.states[i]!;
    cumulativeFp += weight;
    s.committeeWeights[i + 1] = cumulativeFp;
  }
  const t = F.validatorTotals;
  s.validatorTotals[t.validatorCount] = v.weights.length;
  s.validatorTotals[t.activeCount] = v.states.filter((state) => state === active).length;
  s.validatorTotals[t.committeeCount] = v.weights.length;
  s.validatorTotals[t.committeeWeightFp] = cumulativeFp;
  return s;
}

function putTask(s: State, v: Vector): void {
  const at = v.task * STRIDE.tasks;
  s.tasks[at + F.tasks.state] = TASK_STATE.created;
  s.tasks[at + F.tasks.owner] = v.subjectOwner;
  s.tasks[at + F.tasks.roundCount] = v.round;
  s.tasks[at + F.tasks.memberStart] = 1;
  s.tasks[at + F.tasks.memberCount] = v.previous.length;
  for (const [i, validator] of v.previous.entries()) {
    s.members[(i + 1) * STRIDE.members + F.members.validator] = validator;
  }
}

describe('fixtures/vectors/tasks/drawGroup.json', () => {
  if (process.env.UPDATE_VECTORS === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, render());
  }
  const text = readFileSync(file, 'utf8');
  const { cases } = JSON.parse(text) as { readonly cases: readonly Vector[] };

  it('is what the reference makes', () => {
    expect(text).toBe(render());
  });

  it('holds for the core', () => {
    for (const vector of cases) {
      const s = createLedger(vector);
      putTask(s, vector);
      expect(drawGroup(s, vector.task), JSON.stringify(vector)).toEqual(vector.group);
      expect(validatorAt(s, 0)).toBe(1 + vector.weights.findIndex((w) => w > 0));
    }
  });

  it('has groups that are full, short and empty, and some with members of the round before', () => {
    const sizes = cases.map((v) => v.group.length - v.seats);
    expect(sizes).toContain(0);
    expect(sizes.some((size) => size < 0)).toBe(true);
    expect(cases.some((v) => v.group.length === 0)).toBe(true);
    expect(cases.some((v) => v.previous.some((member) => v.group.includes(member)))).toBe(true);
  });
});
