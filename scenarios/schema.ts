/**
 * The shape of scenario files, version 1: which keys exist, of what type, with what default. The JSON Schema for editors
 * is generated from it. What several keys must satisfy together is decided in `rules.ts`.
 */
import { z } from 'zod';
import type { LedgerKind, Role } from '../sim/engine/scenario.ts';
import { PARAMS, type ParamSpec } from '../sim/protocol/params.ts';
import { describeForm, formatQuantity, namesItsUnit, type QuantityUnit, textPattern } from './units.ts';

export const SCENARIO_VERSION = 1;

export const ROLE_NAMES = [
  'creator',
  'miner',
  'validator',
  'consumer',
  'delegator',
  'slark',
  'fizz',
  'matchmaker',
] as const satisfies readonly Role[];
export const LEDGERS = ['core', 'chain', 'lockstep'] as const satisfies readonly LedgerKind[];
export const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;
export const TASKS = ['text-recognition'] as const;
export const LEVELS = ['easy', 'medium', 'hard'] as const;
export const HARDWARE_CLASSES = ['community', 'datacentre', 'home'] as const;
export const SHOCK_REGIONS = ['all', 'eu', 'us', 'asia'] as const;
export const TRACE_FORMATS = ['azure-llm-2023', 'mooncake'] as const;
/** Devices on which validators may execute; `auto` is another one than the miners', where one works. */
export const VALIDATOR_DEVICES = ['same', 'auto', 'cpu', 'webgpu', 'cuda', 'wasm'] as const;
export const PUZZLES = ['text', 'compute'] as const;
export const MODULES = ['deepnode', 'spheron', 'dfpn'] as const;

export const BOUNDS = {
  seed: [0, Number.MAX_SAFE_INTEGER],
  eras: [1, 36_500],
  count: [1, 1_000_000],
  poolSamples: [1, 100_000],
  publicSamples: [0, 99_999],
  heldOutSamples: [1, 100_000],
  rotateEras: [0, 365],
  repeat: [1, 1_000_000],
  expectSeeds: [1, 100_000],
  steps: [2, 1_000],
} as const satisfies Record<string, readonly [number, number]>;

/** What a file need not say. Wallets are base amounts in whole tokens, enough for the role's default stake or fees. */
export const DEFAULTS = {
  seed: 1,
  eras: 30,
  ledger: 'core',
  mode: 'measure',
  device: 'auto',
  poolSamples: 600,
  publicSamples: 0,
  heldOutSamples: 60,
  rotateEras: 0,
  puzzle: 'text',
  validatorDevice: 'auto',
  levelBps: { easy: 0, medium: 5_000, hard: 5_000 },
  signedBps: 100,
  poissonMil: 500,
  hardware: 'community',
  fizzHardware: 'home',
  record: 'all',
  openTokens: {
    creator: 1_000,
    miner: 2_000,
    validator: 2_000,
    consumer: 500,
    delegator: 5_000,
    slark: 1_000,
    fizz: 1_000,
    matchmaker: 100,
  },
} as const;

/**
 * Marks the message of a quantity: its text is judged once more, with a reason, by `units.ts`. Everywhere else the
 * message of a schema says what is allowed.
 */
export const QUANTITY_MARK = 'quantity: ';

function quantity(unit: QuantityUnit, bare = false): z.ZodType {
  const error = `${QUANTITY_MARK}${describeForm(unit, bare)}`;
  const pattern = textPattern(unit);
  const number = z.int({ error }).min(0, { error });
  if (pattern === null) return number;
  const text = z.string({ error }).regex(new RegExp(pattern), { error });
  return bare ? z.union([number, text], { error }) : text;
}

function pattern(source: string, allowed: string): z.ZodType {
  const error = `${QUANTITY_MARK}${allowed}`;
  return z.string({ error }).regex(new RegExp(source), { error });
}

function whole([min, max]: readonly [number, number]): z.ZodInt {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

function word<const T extends readonly string[]>(words: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words, { error: words.join(', ') });
}

const name = (allowed: string): z.ZodString =>
  z.string({ error: allowed }).min(1, { error: allowed }).max(200, { error: allowed });
const flag = (): z.ZodBoolean => z.boolean({ error: 'true or false' });
const list = <T extends z.ZodType>(item: T): z.ZodArray<T> =>
  z.array(item, { error: 'a list' }).max(1_000, { error: 'a list of at most 1000 items' });
const map = <T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> =>
  z.strictObject(shape, { error: 'a map of keys and values' });

/** How the registry's values are written: `form` of a parameter. */
export function paramForm(spec: ParamSpec): { readonly unit: QuantityUnit; readonly bare: boolean } {
  if (spec.unit === 'choice') throw new RangeError(`${spec.key} is a choice and has no unit`);
  return { unit: spec.unit, bare: namesItsUnit(spec.key) };
}

/** A parameter's value, in the registry's unit, as it is written in a file. */
export function writtenParam(spec: ParamSpec, value: number): number | string {
  if (spec.unit === 'choice') return spec.options![value]!;
  // Whole tokens have no decimals to lose, so that the scenario's own token.decimals does not matter here.
  return formatQuantity(value, { ...paramForm(spec), decimals: 0 });
}

function paramSchema(spec: ParamSpec): z.ZodType {
  const range = spec.unit === 'choice' ? '' : `, ${writtenParam(spec, spec.min)} to ${writtenParam(spec, spec.max)}`;
  const schema = spec.unit === 'choice' ? word(spec.options!) : quantity(paramForm(spec).unit, paramForm(spec).bare);
  return schema.optional().meta({
    description: `${spec.note} (${spec.unit}${range}; ${spec.source})`,
    default: writtenParam(spec, spec.fallback),
  });
}

const populationSchema = map({
  role: word(ROLE_NAMES).meta({ description: 'what these agents do in the network' }),
  count: whole(BOUNDS.count).meta({ description: 'number of agents' }),
  strategy: name('the name of a strategy').optional().meta({ description: 'how they behave' }),
  mix: z
    .record(z.string(), quantity('bps'), {
      error: 'a map of strategies and shares, such as { steady: 80%, degrading: 20% }',
    })
    .optional()
    .meta({ description: 'strategies and their shares, instead of one strategy; the shares sum to 100%' }),
  open: quantity('tokens')
    .optional()
    .meta({ description: 'opening wallet of each agent, taken from investors, liquidity and airdrop' }),
  hardware: word(HARDWARE_CLASSES)
    .optional()
    .meta({ description: 'hardware class of miners and Slarks', default: DEFAULTS.hardware }),
  options: z
    .record(z.string(), z.union([z.number(), z.string()], { error: 'a number, a word, or a quantity with its unit' }), {
      error: 'a map of options and values',
    })
    .optional()
    .meta({ description: 'options of the strategy' }),
  demand: map({
    poisson: pattern('^\\d+(\\.\\d{1,3})? per slot$', 'a mean such as 0.5 per slot')
      .optional()
      .meta({ description: 'mean requests of one consumer in a time slot' }),
    trace: name('the path of a trace')
      .optional()
      .meta({ description: 'recorded requests; the path is relative to this file' }),
    format: word(TRACE_FORMATS).optional().meta({ description: 'format of the trace' }),
    repeat: whole(BOUNDS.repeat).optional().meta({ description: 'times that the trace is played', default: 1 }),
    speedup: z
      .number({ error: `${QUANTITY_MARK}a factor such as 1 or 2.5` })
      .optional()
      .meta({ description: 'recorded seconds per simulated second', default: 1 }),
  })
    .optional()
    .meta({ description: 'what consumers ask for: poisson, or trace and format' }),
  enter: pattern('^(era|slot) \\d+$', 'era 3 or slot 12, counted from 0')
    .optional()
    .meta({ description: 'when these agents enter the network', default: 'slot 0' }),
});

const shockSchema = map({
  at: pattern('^(era|slot) \\d+$', 'era 3 or slot 12, counted from 0').meta({ description: 'when it begins' }),
  kind: word(['outage']).meta({ description: 'outage: the hardware of the region is cut off' }),
  region: word(SHOCK_REGIONS).meta({ description: 'whom it hits' }),
  lasts: pattern('^\\d+(\\.\\d+)? ?(s|m|h|d|slots?|eras?)$', 'a duration such as 6h, 12 slots or 1 era').meta({
    description: 'a whole number of time slots',
  }),
});

const expectSchema = map({
  metric: name('the name of a metric, or a sum and difference of metrics').meta({
    description: 'a metric of summary.json',
  }),
  is: pattern('^(<|<=|>|>=|==|=) ?-?\\d+(\\.\\d+)?$', 'a comparison with a number, such as "< 0" or ">= 0.95"').meta({
    description: 'what the run must satisfy',
  }),
  seeds: whole(BOUNDS.expectSeeds).optional().meta({ description: 'runs over which it is judged' }),
  confidence: quantity('bps').optional().meta({ description: 'confidence of the verdict, such as 95%' }),
});

const axisValue = (): z.ZodType =>
  z.union([z.number(), z.string(), z.boolean()], { error: 'a number, a word, or a quantity with its unit' });

const axesSchema = z
  .record(
    z.string(),
    z.union(
      [
        z.array(axisValue()).min(1).max(BOUNDS.steps[1]),
        map({ from: axisValue(), to: axisValue(), steps: whole(BOUNDS.steps) }),
      ],
      { error: `a list of 1 to ${BOUNDS.steps[1]} values, or { from: 10%, to: 30%, steps: 5 }` },
    ),
    { error: 'a map of paths and values, such as { val.group_size: [3, 5, 7] }' },
  )
  .meta({ description: 'values of parameters or of other paths of the scenario; every combination is run' });

const seedsSchema = pattern('^\\d{1,16}\\.\\.\\d{1,16}$', 'a range of seeds such as 1..30').meta({
  description: 'seeds with which every combination is run',
});

export const scenarioSchema = map({
  $schema: z.string({ error: 'the path of a JSON Schema' }).optional().meta({ description: 'for editors; not read' }),
  version: z
    .literal(SCENARIO_VERSION, { error: String(SCENARIO_VERSION) })
    .meta({ description: 'version of this file format' }),
  name: z
    .string({ error: 'a name of lower-case letters, digits and hyphens' })
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'a name of at most 64 lower-case letters, digits and hyphens' })
    .meta({ description: 'name of the scenario; run folders begin with it' }),
  extends: z
    .string({ error: 'a path, or preset:<name>' })
    .optional()
    .meta({ description: 'scenario that this one changes: maps merge, lists replace, an empty value deletes' }),
  seed: whole(BOUNDS.seed)
    .optional()
    .meta({ description: 'everything that is left to chance follows from it', default: DEFAULTS.seed }),
  eras: whole(BOUNDS.eras).optional().meta({ description: 'length of the run', default: DEFAULTS.eras }),
  ledger: word(LEDGERS).optional().meta({
    description: 'core: TypeScript; chain: Solidity on a local chain; lockstep: both, compared after every era',
    default: DEFAULTS.ledger,
  }),
  modules: map({ deepnode: flag().optional(), spheron: flag().optional(), dfpn: flag().optional() })
    .optional()
    .meta({ description: 'protocols that take part' }),
  inference: map({
    mode: word(['measure', 'replay'])
      .optional()
      .meta({ description: 'measure executes models; replay reads what was measured', default: DEFAULTS.mode }),
    device: word(DEVICES).optional().meta({ description: 'where models run', default: DEFAULTS.device }),
    tasks: list(word(TASKS))
      .optional()
      .meta({ description: 'what models are asked to do', default: [...TASKS] }),
    pool_samples: whole(BOUNDS.poolSamples)
      .optional()
      .meta({ description: 'samples of the task pool at each difficulty', default: DEFAULTS.poolSamples }),
    levels: map({
      easy: quantity('bps').optional(),
      medium: quantity('bps').optional(),
      hard: quantity('bps').optional(),
    })
      .optional()
      .meta({
        description: 'shares of the difficulties; one that is not named has none',
        default: { easy: '0%', medium: '50%', hard: '50%' },
      }),
    sets: map({
      public: whole(BOUNDS.publicSamples).optional().meta({
        description: 'samples that everybody has, creators too; consumers ask for the others',
        default: DEFAULTS.publicSamples,
      }),
      held_out: whole(BOUNDS.heldOutSamples).optional().meta({
        description: 'samples of the others on which models are validated while the set rotates',
        default: DEFAULTS.heldOutSamples,
      }),
      rotate_eras: whole(BOUNDS.rotateEras).optional().meta({
        description: 'eras until another held-out set is drawn; 0: models are validated on the public set for ever',
        default: DEFAULTS.rotateEras,
      }),
    })
      .optional()
      .meta({ description: 'parts of the pool; without public samples everything is drawn from all of it' }),
    puzzle: word(PUZZLES).optional().meta({
      description: 'what Slarks ask of targets: to read a line, or to compute a graph',
      default: DEFAULTS.puzzle,
    }),
    validator_device: word(VALIDATOR_DEVICES).optional().meta({
      description: "where validators execute again; auto: another device than the miners', where one works",
      default: DEFAULTS.validatorDevice,
    }),
  })
    .optional()
    .meta({ description: 'how models are run' }),
  chain: map({
    signed_share: quantity('bps')
      .optional()
      .meta({ description: 'share of actions sent as individually signed transactions', default: '1%' }),
  })
    .optional()
    .meta({ description: 'how the chain is driven' }),
  params: map(Object.fromEntries(PARAMS.map((spec) => [spec.key, paramSchema(spec)])))
    .optional()
    .meta({ description: 'parameters of the protocol; see `powr params`' }),
  populations: list(populationSchema)
    .min(1, { error: 'at least one population' })
    .meta({ description: 'who takes part' }),
  prices: name('the path of a file of prices').optional().meta({
    description:
      'recorded prices of foreign assets for oracle.model: file; columns asset1,asset2,asset3 in tokens per unit, a row per time slot, the last one stays; the path is relative to this file',
  }),
  shocks: list(shockSchema).optional().meta({ description: 'what happens to the network from outside' }),
  record: map({
    agents: word(['all', 'none']).optional().meta({ description: 'a row per agent and era', default: DEFAULTS.record }),
    events: word(['all', 'none']).optional().meta({ description: 'a row per event', default: DEFAULTS.record }),
  })
    .optional()
    .meta({ description: 'what the run stores' }),
  expect: list(expectSchema).optional().meta({ description: 'what the run must satisfy; exit code 3 if it does not' }),
  sweep: map({ axes: axesSchema.optional(), seeds: seedsSchema.optional() })
    .optional()
    .meta({ description: 'axes and seeds of the runs of `powr sweep`' }),
});

type JsonSchema = { [key: string]: unknown };

/** Adds `x-` keys to every map, whether its keys are fixed or the author's choice: the loader sets them aside anywhere. */
function allowFreeKeys(schema: unknown): void {
  if (Array.isArray(schema)) schema.forEach(allowFreeKeys);
  else if (typeof schema === 'object' && schema !== null) {
    const object = schema as JsonSchema;
    const others = object.additionalProperties;
    if (others === false || (typeof others === 'object' && others !== null)) object.patternProperties = { '^x-': {} };
    Object.values(object).forEach(allowFreeKeys);
  }
}

/**
 * JSON Schema (draft 7) of a scenario file, for completion and checks in editors. A file that extends another one may
 * leave out what the other one has.
 */
export function scenarioJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' }) as JsonSchema;
  allowFreeKeys(schema);
  return {
    ...schema,
    title: `PoWR Lab scenario, version ${SCENARIO_VERSION}`,
    required: ['version'],
    anyOf: [{ required: ['extends'] }, { required: ['name', 'populations'] }],
  };
}
