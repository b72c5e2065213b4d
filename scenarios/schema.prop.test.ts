import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFreeKey } from './parseTree.ts';
import { scenarioSchema } from './schema.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Schema = {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
};

/** A second judge: the keywords of JSON Schema that the file uses, and an error for any other. */
const JUDGED = [
  'type',
  'properties',
  'patternProperties',
  'additionalProperties',
  'required',
  'items',
  'anyOf',
  'enum',
  'const',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
];
const SILENT = ['$schema', 'title', 'description', 'default', 'propertyNames'];

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

function accepts(schema: Schema, value: Json): boolean {
  for (const keyword of Object.keys(schema))
    if (!JUDGED.includes(keyword) && !SILENT.includes(keyword)) throw new Error(`keyword ${keyword}`);
  const type = typeOf(value);
  const types = schema.type === undefined ? [type] : [schema.type].flat();
  if (!types.includes(type) && !(types.includes('number') && type === 'integer')) return false;
  if (schema.const !== undefined && schema.const !== value) return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (schema.anyOf !== undefined && !schema.anyOf.some((option) => accepts(option, value))) return false;
  if (typeof value === 'number') return value >= (schema.minimum ?? value) && value <= (schema.maximum ?? value);
  if (typeof value === 'string') {
    const fits = value.length >= (schema.minLength ?? 0) && value.length <= (schema.maxLength ?? value.length);
    return fits && (schema.pattern === undefined || new RegExp(schema.pattern).test(value));
  }
  if (Array.isArray(value)) {
    const fits = value.length >= (schema.minItems ?? 0) && value.length <= (schema.maxItems ?? value.length);
    return fits && (schema.items === undefined || value.every((item) => accepts(schema.items!, item as Json)));
  }
  if (value === null || typeof value !== 'object') return true;
  if (schema.required?.some((key) => !(key in value))) return false;
  return Object.entries(value).every(([key, item]) => {
    const own = schema.properties?.[key];
    if (own !== undefined) return accepts(own, item);
    if (Object.keys(schema.patternProperties ?? {}).some((source) => new RegExp(source).test(key))) return true;
    return typeof schema.additionalProperties === 'object'
      ? accepts(schema.additionalProperties, item)
      : schema.additionalProperties !== false;
  });
}

/** The loader sets free keys aside before it looks at the shape. */
function withoutFreeKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => withoutFreeKeys(item as Json));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isFreeKey(key))
      .map(([key, item]) => [key, withoutFreeKeys(item)]),
  );
}

const FULL: Json = {
  version: 1,
  name: 'full',
  seed: 3,
  eras: 10,
  ledger: 'core',
  modules: { deepnode: true },
  inference: {
    mode: 'measure',
    device: 'auto',
    tasks: ['text-recognition'],
    pool_samples: 10,
    levels: { easy: '50%', hard: '50%' },
  },
  chain: { signed_share: '1%' },
  params: {
    'val.samples': 5,
    'node.stake_min': '500 DN',
    'val.deadline_s': '1h',
    'val.audit_bps': 100,
    'val.acc_min': '80%',
    'place.policy': 'random',
  },
  populations: [
    {
      role: 'miner',
      count: 3,
      mix: { steady: '100%' },
      open: '5 DN',
      hardware: 'home',
      options: { capacity: 3 },
      enter: 'era 2',
    },
    {
      role: 'consumer',
      count: 1,
      strategy: 'honest',
      demand: { trace: 'a.csv', format: 'mooncake', repeat: 2, speedup: 1.5 },
    },
    { role: 'consumer', count: 1, strategy: 'honest', demand: { poisson: '0.5 per slot' } },
  ],
  prices: 'p.csv',
  shocks: [{ at: 'era 1', kind: 'outage', region: 'eu', lasts: '6h' }],
  record: { agents: 'none' },
  expect: [{ metric: 'a', is: '< 0', seeds: 3, confidence: '95%' }],
  sweep: {
    axes: { 'val.samples': [5, 10], 'val.acc_min': { from: '80%', to: '90%', steps: 3 } },
    seeds: '1..3',
  },
};

const KEYS = [
  'zz',
  'x-a',
  'count',
  'role',
  'easy',
  'val.samples',
  'val.sample',
  'poisson',
  'is',
  'seed',
  'dfpn',
  'enter',
];
const value = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    0,
    1,
    -1,
    1.5,
    2 ** 53,
    '',
    'era 3',
    'slot 12',
    '6h',
    '1 era',
    '5%',
    '5 %',
    '2.5%',
    '5 DN',
    '5DN',
    '5 dn',
    '0.5 per slot',
    '< 0',
    '>=0.5',
    'core',
    'miner',
    'home',
    'x'.repeat(201),
    [],
    {},
    ['text-recognition'],
    { easy: '1%' },
  ),
  fc.integer({ min: -2, max: 40_000 }),
  fc.string({ maxLength: 6 }),
);
const change = fc.record({
  steps: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 4 }),
  action: fc.constantFrom('set', 'delete', 'add'),
  key: fc.constantFrom(...KEYS),
  value,
});

function changed(tree: Json, steps: readonly number[], action: string, key: string, put: Json): Json {
  const [step, ...rest] = steps;
  if (step === undefined || tree === null || typeof tree !== 'object') return action === 'set' ? put : tree;
  const entries = Object.entries(tree);
  if (action === 'add' && rest.length === 0 && !Array.isArray(tree)) return { ...(tree as object), [key]: put };
  if (entries.length === 0) return tree;
  const at = step % entries.length;
  const next = entries.flatMap(([name, item], i): [string, Json][] => {
    if (i !== at) return [[name, item as Json]];
    return action === 'delete' && rest.length === 0 ? [] : [[name, changed(item as Json, rest, action, key, put)]];
  });
  return Array.isArray(tree) ? next.map(([, item]) => item) : Object.fromEntries(next);
}

describe('scenario.v1.json and the loader', () => {
  const schema = JSON.parse(readFileSync(new URL('./scenario.v1.json', import.meta.url), 'utf8')) as Schema;
  it('agree on the shape of 5,000 changed scenarios, some good and some bad', () => {
    let good = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const document = changes.reduce<Json>((tree, c) => changed(tree, c.steps, c.action, c.key, c.value), FULL);
        const verdict = scenarioSchema.safeParse(withoutFreeKeys(document)).success;
        good += Number(verdict);
        expect(accepts(schema, document)).toBe(verdict);
      }),
      { numRuns: 5_000 },
    );
    expect(good).toBeGreaterThan(250);
    expect(good).toBeLessThan(4_750);
  });
});
