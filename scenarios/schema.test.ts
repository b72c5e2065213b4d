import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROLES } from '../sim/engine/scenario.ts';
import { HARDWARE, REGIONS } from '../sim/engine/world.ts';
import { PARAMS } from '../sim/protocol/params.ts';
import { HARDWARE_CLASSES, ROLE_NAMES, SHOCK_REGIONS, scenarioJsonSchema, scenarioSchema } from './schema.ts';
import { GOOD } from './testing.ts';

type Schema = {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: unknown;
};

describe('scenario.v1.json', () => {
  const schema = scenarioJsonSchema() as Schema;
  it('is the JSON Schema of the zod schema (renew it with `npx vitest run scenarios/schema.test.ts -u`)', async () => {
    await expect(`${JSON.stringify(schema, null, 1)}\n`).toMatchFileSnapshot('./scenario.v1.json');
  });
  it('describes every key at the top and every parameter with unit, range and source', () => {
    for (const [key, value] of Object.entries(schema.properties!)) expect(value.description, key).toBeTruthy();
    for (const spec of PARAMS)
      expect(schema.properties!.params!.properties![spec.key]!.description, spec.key).toContain(spec.source);
  });
  it('allows x- keys in every map with fixed keys', () => {
    const closed: Schema[] = [];
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      if ((node as { additionalProperties?: unknown }).additionalProperties === false) closed.push(node as Schema);
      Object.values(node).forEach(walk);
    };
    walk(schema);
    expect(closed.length).toBeGreaterThan(8);
    for (const map of closed) expect(map.patternProperties).toEqual({ '^x-': {} });
  });
  it('gives every default in a form that the schema accepts', () => {
    const params = Object.fromEntries(
      Object.entries(schema.properties!.params!.properties!).map(([key, value]) => [key, value.default]),
    );
    const file = {
      ...(parse(GOOD) as object),
      params,
      seed: schema.properties!.seed!.default,
      inference: Object.fromEntries(
        Object.entries(schema.properties!.inference!.properties!).map(([key, value]) => [key, value.default]),
      ),
    };
    expect(scenarioSchema.safeParse(file).error?.issues ?? []).toEqual([]);
  });
});

describe('the words of scenario files', () => {
  it('are those of the engine', () => {
    expect([...ROLE_NAMES]).toEqual([...ROLES]);
    expect([...HARDWARE_CLASSES].sort()).toEqual(Object.keys(HARDWARE).sort());
    expect([...SHOCK_REGIONS].sort()).toEqual(['all', ...REGIONS].sort());
  });
});
