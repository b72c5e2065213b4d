/**
 * Vectors of the draw of a challenge committee, made by a reference on BigInt from the definitions of NUM-6 and CHAL-9. Run
 * here through `slarkCommittee.ts` and by `contracts/test/SlarkCommittee.t.sol` through the contracts. UPDATE_VECTORS=1
 * writes them anew.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { F, SLARK_STATE } from './layout.ts';
import { writeRecord } from './nodeWorld.ts';
import { drawCommittee } from './slarkCommittee.ts';
import { createState, type State } from './state.ts';
import { setParam } from './taskWorld.ts';

type Vector = {
  /** Halves of the beacon's low 64 bits. */
  readonly beaconHigh: number;
  readonly beaconLow: number;
  readonly slot: number;
  readonly class: number;
  readonly size: number;
  /** Of licences 1, 2, …: present state, whether there is a key, chosen provider, whether it is the foundation's. */
  readonly states: readonly number[];
  readonly keys: readonly number[];
  readonly providers: readonly number[];
  readonly foundation: readonly number[];
  /** The era's list by tier, and how many of it the class may have. */
  readonly order: readonly number[];
  readonly classCount: number;
  /** Targets whose Slarks are not drawn. */
  readonly excluded: readonly number[];
  readonly licences: readonly number[];
  readonly foundationSeats: number;
};
type Input = Omit<Vector, 'licences' | 'foundationSeats'>;

const here = dirname(fileURLToPath(import.meta.url));
const file = join(here, '..', '..', 'fixtures', 'vectors', 'slarks', 'drawCommittee.json');
const MASK = (1n << 64n) - 1n;
const { running, offline } = SLARK_STATE;

function mix64(x: bigint): bigint {
  let z = x & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

function reference(v: Input): Pick<Vector, 'licences' | 'foundationSeats'> {
  const beacon = (BigInt(v.beaconHigh) << 32n) + BigInt(v.beaconLow);
  const licences: number[] = [];
  let foundationSeats = 0;
  const signs = (z: number) => v.states[z - 1] === running && v.keys[z - 1] === 1 && !licences.includes(z);
  for (let seat = 0; seat < v.size; seat++) {
    let found = 0;
    for (let attempt = 0; found === 0 && v.classCount > 0 && attempt < 16; attempt++) {
      // Purpose 11, entity slot·8 + class, draw seat·16 + attempt.
      const entity = beacon + (11n << 48n) + BigInt(v.slot * 8 + v.class);
      const random = mix64(mix64(entity) + BigInt(seat * 16 + attempt)) >> 12n;
      const z = v.order[Number((random * BigInt(v.classCount)) >> 52n)]!;
      if (signs(z) && v.foundation[z - 1] === 0 && !v.excluded.includes(v.providers[z - 1]!)) found = z;
    }
    for (let z = 1; found === 0 && z <= v.states.length; z++) {
      if (v.foundation[z - 1] === 1 && signs(z)) {
        found = z;
        foundationSeats += 1;
      }
    }
    if (found === 0) break;
    licences.push(found);
  }
  return { licences, foundationSeats };
}

let counter = 0n;
function random(n: number): number {
  counter += 1n;
  return Number(mix64(counter * 0x9e3779b97f4a7c15n) % BigInt(n));
}

function createInputs(): Input[] {
  counter = 11n;
  return Array.from({ length: 40 }, (_, c) => {
    const count = 1 + random(c < 10 ? 5 : 30);
    const all = Array.from({ length: count }, (_, i) => i + 1);
    const foundation = all.map(() => (random(6) === 0 ? 1 : 0));
    const order = all.filter((z) => foundation[z - 1] === 0).sort(() => random(3) - 1);
    return {
      beaconHigh: random(2 ** 32),
      beaconLow: random(2 ** 32),
      slot: random(3_000),
      class: 1 + random(6),
      size: 2 * random(6) + 1,
      states: all.map(() => (random(9) === 0 ? offline : running)),
      keys: all.map(() => (random(12) === 0 ? 0 : 1)),
      providers: all.map(() => 1 + random(5)),
      foundation,
      order,
      classCount: c % 7 === 0 ? 0 : order.length - random(Math.min(order.length, 3) + 1),
      excluded: c % 3 === 0 ? [1 + random(5), 1 + random(5)] : [],
    };
  });
}

function render(): string {
  const lines = createInputs().map((input) => `    ${JSON.stringify({ ...input, ...reference(input) })}`);
  return `{\n  "function": "drawCommittee",\n  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

function createLedger(v: Vector): State {
  const s = createState({ slarks: 64, slarkOrder: 64 });
  setParam(s, 'slark.conflict_exclusion', v.excluded.length > 0 ? 1 : 0);
  s.clockTotals[F.clockTotals.beacon6] = v.beaconHigh;
  s.clockTotals[F.clockTotals.beacon7] = v.beaconLow;
  s.slarkTotals[F.slarkTotals.slarkCount] = v.states.length;
  s.slarkTotals[F.slarkTotals.classCount1 + v.class - 1] = v.classCount;
  v.order.forEach((licence, i) => {
    s.slarkOrder[i + 1] = licence;
  });
  v.states.forEach((state, i) => {
    const [keyId, provider, isFoundation] = [v.keys[i]!, v.providers[i]!, v.foundation[i]!];
    writeRecord(s, 'slarks', i + 1, { state, keyId, provider, isFoundation });
  });
  return s;
}

describe('fixtures/vectors/slarks/drawCommittee.json', () => {
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
    for (const v of cases) {
      const { licences, foundationSeatCount } = drawCommittee(createLedger(v), v.slot, v.class, v.size, v.excluded);
      expect([licences, foundationSeatCount], JSON.stringify(v)).toEqual([v.licences, v.foundationSeats]);
    }
  });

  it('has committees that are full, short and empty, and some with Slarks of the foundation', () => {
    expect(cases.some((v) => v.licences.length === v.size && v.foundationSeats === 0)).toBe(true);
    expect(cases.some((v) => v.licences.length === v.size && v.foundationSeats > 0)).toBe(true);
    expect(cases.some((v) => v.licences.length > 0 && v.licences.length < v.size)).toBe(true);
    expect(cases.some((v) => v.licences.length === 0)).toBe(true);
  });
});
