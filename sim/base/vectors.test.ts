/**
 * Vectors of the arithmetic, made by a reference on BigInt and run here through `fixedPoint.ts` and `rnd.ts`;
 * `vectors.e2e.test.ts` runs the same files through `contracts/src/Fixed.sol`. UPDATE_VECTORS=1 writes them anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AssertionError } from './assert.ts';
import { allocShare, compareProducts, mulDivDown, mulDivUp, pow4, root2, root4 } from './fixedPoint.ts';
import { chance, pick, rnd } from './rnd.ts';

type ErrorName = 'OperandTooLarge' | 'QuotientTooLarge' | 'DivisionByZero';
type Argument = number | string;
type Case = { readonly args: readonly Argument[] } & (
  | { readonly result: number | boolean }
  | { readonly error: ErrorName }
);

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'fixtures', 'vectors', 'base');

// Reference: the definitions of NUM-2 to NUM-6, on integers without a limit.

const LIMIT = 1n << 53n;
const FP = 1_000_000_000n;
const MASK = (1n << 64n) - 1n;

class Refusal extends Error {
  readonly code: ErrorName;
  constructor(code: ErrorName) {
    super(code);
    this.code = code;
  }
}

function operands(...xs: bigint[]): void {
  if (xs.some((x) => x >= LIMIT)) throw new Refusal('OperandTooLarge');
}

function quotient(q: bigint): bigint {
  if (q >= LIMIT) throw new Refusal('QuotientTooLarge');
  return q;
}

function divide(a: bigint, b: bigint, c: bigint, rounding: 'down' | 'up'): bigint {
  operands(a, b, c);
  if (c === 0n) throw new Refusal('DivisionByZero');
  return quotient(rounding === 'down' || (a * b) % c === 0n ? (a * b) / c : (a * b) / c + 1n);
}

function squareRoot(x: bigint): bigint {
  let low = 0n;
  let high = 1n << 60n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle * middle <= x) low = middle;
    else high = middle;
  }
  return low;
}

function refRoot2(x: bigint): bigint {
  operands(x);
  return squareRoot(x * FP);
}

function refPow4(x: bigint, quarters: bigint): bigint {
  operands(x);
  const factor = quarters % 4n === 0n ? x : refRoot2(refRoot2(x));
  let result = FP;
  for (let i = 0n; i < (quarters % 4n === 0n ? quarters / 4n : quarters); i++)
    result = divide(result, factor, FP, 'down');
  return result;
}

function refMix64(x: bigint): bigint {
  let z = x & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

const reference: Record<string, (...args: bigint[]) => bigint | boolean> = {
  mulDivDown: (a, b, c) => divide(a!, b!, c!, 'down'),
  mulDivUp: (a, b, c) => divide(a!, b!, c!, 'up'),
  compareProducts: (a, b, c, d) => {
    operands(a!, b!, c!, d!);
    return a! * b! < c! * d! ? -1n : a! * b! > c! * d! ? 1n : 0n;
  },
  root2: (x) => refRoot2(x!),
  root4: (x) => refRoot2(refRoot2(x!)),
  pow4: (x, quarters) => refPow4(x!, quarters!),
  allocShare: (total, before, after, sum) =>
    divide(total!, after!, sum!, 'down') - divide(total!, before!, sum!, 'down'),
  rnd: (beacon, purpose, entity, k) => refMix64(refMix64(beacon! + (purpose! << 48n) + entity!) + k!) >> 12n,
  pick: (draw, n) => divide(draw!, n!, 1n << 52n, 'down'),
  chance: (draw, bps) => divide(draw!, 10_000n, 1n << 52n, 'down') < bps!,
};

// Inputs: every combination of a few edges, then random ones of every magnitude.

let counter = 0n;
function random(bits: number): bigint {
  counter += 1n;
  return refMix64(counter * 0x9e3779b97f4a7c15n) >> BigInt(64 - bits);
}
/** An amount whose magnitude, too, is random, so that small and large ones meet. */
const amount = (): bigint => random(1 + Number(random(6) % 53n));
const ratio = (): bigint => random(30) % (FP + 1n);
const times = (n: number, make: () => readonly bigint[]): (readonly bigint[])[] => Array.from({ length: n }, make);
function product(...choices: (readonly bigint[])[]): (readonly bigint[])[] {
  return choices.reduce<(readonly bigint[])[]>((all, xs) => all.flatMap((row) => xs.map((x) => [...row, x])), [[]]);
}

const TOP = LIMIT - 1n;
const edges = [0n, 1n, TOP - 1n, TOP];
const perRatio = (): bigint[] => [amount(), ratio(), FP];
const nearQuotient = (): bigint[] => {
  const c = amount() + 1n;
  return [TOP - (random(4) % 8n), c, c > 8n ? c - (random(4) % 8n) : c];
};
const draw = (): bigint => random(52);

const inputs: Record<string, () => (readonly bigint[])[]> = {
  mulDivDown: () => [
    ...product(edges, edges, edges),
    ...times(60, () => [amount(), amount(), amount() + 1n]),
    ...times(40, perRatio),
    ...times(20, nearQuotient),
    [LIMIT, 1n, 1n],
    [1n, LIMIT, 1n],
    [1n, 1n, LIMIT],
  ],
  mulDivUp: () => [
    ...product(edges, edges, edges),
    ...times(60, () => [amount(), amount(), amount() + 1n]),
    ...times(40, perRatio),
    ...times(20, nearQuotient),
    // (c + 1)²/c: the floor is the largest amount, the ceiling one too large.
    [LIMIT - 2n, LIMIT - 2n, LIMIT - 3n],
    [LIMIT, 1n, 1n],
    [1n, LIMIT, 1n],
    [1n, 1n, LIMIT],
  ],
  compareProducts: () => [
    ...product([0n, 1n, TOP], [1n, TOP], [0n, 1n, TOP], [1n, TOP]),
    // Products above 2^105 that differ by 1, which float64 cannot tell apart: x² against (x − 1)(x + 1).
    ...times(30, () => {
      const x = TOP - 1n - random(30);
      return [x, x, x - 1n, x + 1n];
    }),
    ...times(10, () => {
      const x = TOP - 1n - random(30);
      return [x - 1n, x + 1n, x, x];
    }),
    ...times(20, () => {
      const [a, b] = [random(26), random(26)];
      return [a * 3n, b * 5n, a * 5n, b * 3n];
    }),
    ...times(40, () => [amount(), amount(), amount(), amount()]),
    [LIMIT, 1n, 1n, 1n],
    [1n, LIMIT, 1n, 1n],
    [1n, 1n, LIMIT, 1n],
    [1n, 1n, 1n, LIMIT],
  ],
  root2: () => [
    ...[0n, 1n, 2n, 3n, 4n, FP - 1n, FP, FP + 1n, TOP - 1n, TOP, LIMIT].map((x) => [x]),
    // r²·FP is the root's own square; one less must give the root below.
    ...times(15, () => [((random(25) + 1n) * (random(25) + 1n)) % LIMIT]),
    ...times(20, () => {
      const r = random(21) + 1n;
      return [r * r * FP <= TOP ? r * r * FP : r * FP];
    }),
    ...times(30, () => [ratio()]),
    ...times(30, () => [amount()]),
  ],
  root4: () => [
    ...[0n, 1n, 2n, FP / 16n, FP - 1n, FP, FP + 1n, TOP, LIMIT].map((x) => [x]),
    ...times(30, () => [ratio()]),
    ...times(20, () => [amount()]),
  ],
  pow4: () => [
    ...product([0n, 1n, FP / 2n, FP - 1n, FP, FP + 1n, 2n * FP], [0n, 1n, 2n, 3n, 4n, 5n, 8n, 12n]),
    ...times(40, () => [ratio(), random(4)]),
    ...times(20, () => [amount(), random(3)]),
    [LIMIT, 4n],
    [LIMIT, 3n],
  ],
  allocShare: () => [
    ...[0n, 1n, TOP].flatMap((total) => [
      [total, 0n, 1n, 1n],
      [total, 0n, 1n, 3n],
      [total, 1n, 2n, 3n],
      [total, 2n, 3n, 3n],
      [total, 0n, TOP, TOP],
      [total, TOP - 1n, TOP, TOP],
      [total, 5n, 5n, 7n],
      [total, 0n, 0n, 0n],
    ]),
    ...times(60, () => {
      const [x, y, z] = [amount() / 3n, amount() / 3n, amount() / 3n + 1n];
      return [amount(), x, x + y, x + y + z];
    }),
    [LIMIT, 0n, 1n, 1n],
    [1n, 0n, 1n, LIMIT],
  ],
  rnd: () => [
    ...product([0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, MASK], [1n, 7n], [0n, (1n << 48n) - 1n], [0n, TOP]),
    ...times(80, () => [random(64), random(3), random(48), random(53)]),
  ],
  pick: () => [
    ...product([0n, 1n, 1n << 51n, (1n << 52n) - 1n], [0n, 1n, 2n, 3n, 10_000n, TOP]),
    ...times(60, () => [draw(), amount()]),
    [LIMIT, 1n],
    [1n, LIMIT],
  ],
  chance: () => [
    ...product([0n, (1n << 51n) - 1n, 1n << 51n, (1n << 52n) - 1n], [0n, 1n, 5_000n, 5_001n, 9_999n, 10_000n]),
    ...times(40, () => [draw(), random(14) % 10_001n]),
  ],
};

function caseOf(name: string, args: readonly bigint[]): Case {
  // A beacon has 64 bits, more than a JSON number holds.
  const written = args.map((x, i) => (name === 'rnd' && i === 0 ? `0x${x.toString(16).padStart(16, '0')}` : Number(x)));
  try {
    const result = reference[name]!(...args);
    return { args: written, result: typeof result === 'boolean' ? result : Number(result) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { args: written, error: error.code };
  }
}

function render(name: string): string {
  counter = BigInt(name.length) << 32n;
  const lines = inputs[name]!().map((args) => `    ${JSON.stringify(caseOf(name, args))}`);
  return `{\n  "function": "${name}",\n  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

const ours: Record<string, (...args: number[]) => number | boolean> = {
  mulDivDown: (a, b, c) => mulDivDown(a!, b!, c!),
  mulDivUp: (a, b, c) => mulDivUp(a!, b!, c!),
  compareProducts: (a, b, c, d) => compareProducts(a!, b!, c!, d!),
  root2: (x) => root2(x!),
  root4: (x) => root4(x!),
  pow4: (x, quarters) => pow4(x!, quarters!),
  allocShare: (total, before, after, sum) => allocShare(total!, before!, after!, sum!),
  rnd: (high, low, purpose, entity, k) => rnd(high!, low!, purpose!, entity!, k!),
  pick: (n, bits) => pick(n!, bits!),
  chance: (n, bps) => chance(n!, bps!),
};

/** The arguments as our functions take them: a beacon in two halves of 32 bits. */
function numbers(args: readonly Argument[]): number[] {
  return args.flatMap((x) =>
    typeof x === 'number' ? [x] : [Number(`0x${x.slice(2, 10)}`), Number(`0x${x.slice(10)}`)],
  );
}

describe.each(Object.keys(reference))('fixtures/vectors/base/%s.json', (name) => {
  const file = join(folder, `${name}.json`);
  if (process.env.UPDATE_VECTORS === '1') writeFileSync(file, render(name));
  const text = readFileSync(file, 'utf8');

  it('is what the reference makes', () => {
    expect(text).toBe(render(name));
  });

  it('holds for the core: every result, and an AssertionError wherever the reference refuses', () => {
    const { cases } = JSON.parse(text) as { cases: readonly Case[] };
    for (const vector of cases) {
      const call = () => ours[name]!(...numbers(vector.args));
      if ('error' in vector) expect(call, JSON.stringify(vector)).toThrow(AssertionError);
      else expect(call(), JSON.stringify(vector)).toBe(vector.result);
    }
  });
});
