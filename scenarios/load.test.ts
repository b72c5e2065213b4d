import { describe, expect, it } from 'vitest';
import { PARAMS } from '../sim/protocol/params.ts';
import { formatIssues } from './issues.ts';
import { type LoadResult, loadScenario } from './load.ts';
import { type Files, GOOD, load, TEST_CATALOGUE } from './testing.ts';

type Loaded = Extract<LoadResult, { ok: true }>;

function loaded(text: string, files: Files = {}, set: readonly string[] = []): Loaded {
  const result = load(text, files, set);
  if (!result.ok) throw new Error(formatIssues(result.issues, false));
  return result;
}
const scenarioOf = (extra = '', files: Files = {}, set: readonly string[] = []): Loaded['scenario'] =>
  loaded(GOOD + extra, files, set).scenario;
const warningsOf = (text: string): string[] =>
  loaded(text).warnings.map((issue) => `${issue.line}:${issue.column} ${issue.code}`);

describe('loadScenario, given the least a scenario needs', () => {
  it('fills in every default', () => {
    expect(scenarioOf()).toEqual({
      version: 1,
      name: 'good',
      seed: 1,
      eras: 30,
      ledger: 'core',
      inference: {
        mode: 'measure',
        device: 'auto',
        poolSamples: 600,
        levelBps: [0, 5_000, 5_000],
        sets: { publicSamples: 0, heldOutSamples: 60, rotateEras: 0 },
        puzzle: 'text',
        validatorDevice: 'auto',
      },
      chain: { signedBps: 100 },
      params: {},
      populations: [
        {
          role: 'creator',
          strategy: 'improver',
          count: 1,
          openUnits: 1_000_000_000,
          options: { variant: 'en', cycle_eras: 6 },
          hardware: '',
          demand: null,
          entrySlot: 0,
        },
        {
          role: 'miner',
          strategy: 'steady',
          count: 4,
          openUnits: 2_000_000_000,
          options: { capacity: 8 },
          hardware: 'community',
          demand: null,
          entrySlot: 0,
        },
        {
          role: 'validator',
          strategy: 'diligent',
          count: 5,
          openUnits: 2_000_000_000,
          options: { skill_bps: 9_900 },
          hardware: '',
          demand: null,
          entrySlot: 0,
        },
        {
          role: 'consumer',
          strategy: 'honest',
          count: 4,
          openUnits: 500_000_000,
          options: { budget: 1 },
          hardware: '',
          demand: { kind: 'poisson', ratePerSlotMil: 500 },
          entrySlot: 0,
        },
      ],
      shocks: [],
      record: { agents: 'all', events: 'all' },
      expect: [],
    });
    expect(loaded(GOOD).warnings).toEqual([]);
  });
  it('reads JSON as well', () => {
    const json = JSON.stringify({
      $schema: 'scenario.v1.json',
      version: 1,
      name: 'good',
      populations: [{ role: 'miner', count: 2, strategy: 'steady' }],
    });
    expect(loaded(json).scenario.populations.map((group) => group.count)).toEqual([2]);
  });
  it('reads Windows line ends and a byte order mark', () => {
    expect(loaded(`\ufeff${GOOD.replaceAll('\n', '\r\n')}`).scenario).toEqual(scenarioOf());
  });
});

describe('loadScenario, given values with units', () => {
  it.each([
    ['node.stake_min: 500.5 DN', { 'node.stake_min': 500.5 }],
    ['node.stake_min: 1_500 DN', { 'node.stake_min': 1_500 }],
    ['deleg.min: 0.000001 DN', { 'deleg.min': 0.000_001 }],
    ['token.decimals: 7\n  deleg.min: 0.0000001 DN', { 'token.decimals': 7, 'deleg.min': 1e-7 }],
    ['val.audit_bps: 2.5%', { 'val.audit_bps': 250 }],
    ['val.audit_bps: 250', { 'val.audit_bps': 250 }],
    ['val.acc_min: 99.5%', { 'val.acc_min': 995_000_000 }],
    ['val.accept_ppb.fp32: 0.01%', { 'val.accept_ppb.fp32': 100_000 }],
    ['val.reject_ppb.fp32: 400000ppb', { 'val.reject_ppb.fp32': 400_000 }],
    ['val.accept_ppb.reduced: 7', { 'val.accept_ppb.reduced': 7 }],
    ['val.proof: text\n  chal.proof: sketch', { 'val.proof': 0, 'chal.proof': 1 }],
    ['val.deadline_s: 2h', { 'val.deadline_s': 7_200 }],
    ['val.deadline_s: 90m', { 'val.deadline_s': 5_400 }],
    ['val.deadline_s: 1.5h', { 'val.deadline_s': 5_400 }],
    ['val.deadline_s: 7200', { 'val.deadline_s': 7_200 }],
    ['node.reserve_deadline_s: 8d', { 'node.reserve_deadline_s': 691_200 }],
    ['trust.speed_ms_bad: 2s', { 'trust.speed_ms_bad': 2_000 }],
    ['trust.half_life_eras: 5 eras', { 'trust.half_life_eras': 5 }],
    ['trust.half_life_eras: 1 era', { 'trust.half_life_eras': 1 }],
    ['trust.behaviour_half_life: 9 eras', { 'trust.behaviour_half_life': 9 }],
    ['val.group_size: 3', { 'val.group_size': 3 }],
    ['fb.scale_tenths: 100', { 'fb.scale_tenths': 100 }],
    ['powr.variant: reputation', { 'powr.variant': 1 }],
    [
      'dn.split_bps.node: 51%\n  dn.split_bps.creator: 2900',
      { 'dn.split_bps.creator': 2_900, 'dn.split_bps.node': 5_100 },
    ],
    ['val.group_size: 5', {}],
  ])('%s > %j', (line, params) => {
    expect(scenarioOf(`params:\n  ${line}\n`).params).toEqual(params);
  });
  it('keeps the largest seed to the last digit', () => {
    expect(scenarioOf('seed: 9007199254740991\n').seed).toBe(9_007_199_254_740_991);
  });
  it('reads wallets with the decimals of the scenario', () => {
    const text = GOOD.replace('strategy: steady', 'strategy: steady, open: 750.25 DN');
    expect(loaded(`${text}params: { token.decimals: 3 }\n`).scenario.populations[1]!.openUnits).toBe(750_250);
  });
});

describe('loadScenario, given parts of the task pool', () => {
  const inferenceOf = (text: string, set: readonly string[] = []): Loaded['scenario']['inference'] =>
    scenarioOf(`inference: ${text}\n`, {}, set).inference;
  it('takes what is written and the defaults of the rest', () => {
    expect(inferenceOf('{ sets: { public: 100, rotate_eras: 7 } }').sets).toEqual({
      publicSamples: 100,
      heldOutSamples: 60,
      rotateEras: 7,
    });
    expect(inferenceOf('{ sets: { public: 5, held_out: 9 } }').sets).toEqual({
      publicSamples: 5,
      heldOutSamples: 9,
      rotateEras: 0,
    });
  });
  it('leaves one sample for the consumers at least', () => {
    expect(inferenceOf('{ pool_samples: 10, sets: { public: 9 } }').sets.publicSamples).toBe(9);
    expect(load(`${GOOD}inference: { pool_samples: 10, sets: { public: 10 } }\n`).ok).toBe(false);
  });
  it('judges them as they are after --set', () => {
    expect(inferenceOf('{ sets: { public: 100 } }', ['inference.sets.rotate_eras=3']).sets.rotateEras).toBe(3);
    const refused = load(`${GOOD}inference: { sets: { public: 100 } }\n`, {}, ['inference.pool_samples=100']);
    expect(refused.ok ? [] : refused.issues.map(({ code, line }) => `${code} ${line}`)).toEqual([
      expect.stringMatching(/^E220 \d+$/),
    ]);
  });
  it('says what to do where nothing is left', () => {
    const refused = load(`${GOOD}inference: { pool_samples: 10, sets: { public: 10 } }\n`);
    expect(refused.ok ? '' : formatIssues(refused.issues, false)).toContain('raise inference.pool_samples');
  });
  it('takes puzzles and the devices of validators by name', () => {
    expect(inferenceOf('{ puzzle: compute, validator_device: wasm }')).toMatchObject({
      puzzle: 'compute',
      validatorDevice: 'wasm',
    });
  });
});

describe('loadScenario, given populations', () => {
  it('makes one group per strategy of a mix, in the order of the file, by largest remainders', () => {
    const text = GOOD.replace(
      'count: 4, strategy: steady',
      'count: 7, mix: { cheater: 33.33%, steady: 33.34%, degrading: 33.33% }',
    );
    // 7 · 0.3333 = 2.3331 twice and 7 · 0.3334 = 2.3338: the seventh goes to the largest remainder.
    expect(
      loaded(text)
        .scenario.populations.filter((g) => g.role === 'miner')
        .map((g) => [g.strategy, g.count]),
    ).toEqual([
      ['cheater', 2],
      ['steady', 3],
      ['degrading', 2],
    ]);
  });
  it('gives an option of a mix to the strategies that have it', () => {
    const text = GOOD.replace(
      'strategy: steady',
      'mix: { steady: 50%, degrading: 25%, cheater: 25% }, options: { capacity: 3, drift: 1.5x }',
    );
    expect(
      loaded(text)
        .scenario.populations.filter((g) => g.role === 'miner')
        .map((g) => g.options),
    ).toEqual([{ capacity: 3 }, { drift: 1_500 }, { variant: 'en-m3', capacity: 3 }]);
  });
  it('reads options in their units', () => {
    const options = (line: string): unknown =>
      loaded(GOOD.replace(/( {2}- \{ role: consumer.*)/, line)).scenario.populations[3]!.options;
    expect(options('  - { role: consumer, count: 1, strategy: honest, options: { budget: 2.5 DN } }')).toEqual({
      budget: 2.5,
    });
    expect(options('  - { role: consumer, count: 1, strategy: spammer, options: { pause: 12 slots } }')).toEqual({
      pause: 12,
    });
  });
  it('reads demand from a trace beside the file, with its speed', () => {
    const text = GOOD.replace(
      'strategy: honest',
      'strategy: honest, demand: { trace: traces/t.jsonl, format: mooncake, repeat: 3, speedup: 2.5 }',
    );
    const files = { 'traces/t.jsonl': '{"timestamp": 0, "input_length": 5, "output_length": 5}\n' };
    expect(loaded(text, files).scenario.populations[3]!.demand).toEqual({
      kind: 'trace',
      format: 'mooncake',
      path: 'traces/t.jsonl',
      repeatCount: 3,
      speedupMil: 2_500,
    });
  });
  it('counts entry in eras or slots from 0', () => {
    const enter = (moment: string): number =>
      loaded(GOOD.replace('strategy: steady', `strategy: steady, enter: ${moment}`)).scenario.populations[1]!.entrySlot;
    expect([enter('era 3'), enter('slot 12'), enter('era 29')]).toEqual([72, 12, 696]);
  });
});

describe('loadScenario, given opening wallets', () => {
  const withOpen = (open: string): string => GOOD.replace('strategy: honest', `strategy: honest, open: ${open}`);
  // The others take 1000 + 4 · 2000 + 5 · 2000 = 19 000 DN; the source is 25 % of 100 M DN; four consumers share the rest.
  it('that take exactly what investors, liquidity and airdrop hold > loads', () => {
    expect(loaded(withOpen('6_245_250 DN')).scenario.populations[3]!.openUnits).toBe(6_245_250_000_000);
  });
  it('that take one base unit more each > names both figures', () => {
    const result = load(withOpen('6245250.000001 DN'));
    expect(result.ok ? [] : result.issues.map((issue) => issue.message)).toEqual([
      'opening wallets need 25000000.000004 DN; investors, liquidity and airdrop hold 25000000 DN',
    ]);
  });
});

describe('loadScenario, given shocks and expectations', () => {
  it.each([
    ['6h', 6],
    ['12 slots', 12],
    ['1 era', 24],
    ['1.5 eras', 36],
    ['2d', 48],
  ])('an outage of %s > %i slots', (lasts, slotCount) => {
    expect(scenarioOf(`shocks: [{ at: era 2, kind: outage, region: eu, lasts: ${lasts} }]\n`).shocks).toEqual([
      { kind: 'outage', region: 'eu', fromSlot: 48, slotCount },
    ]);
  });
  it.each([
    ['< 0', '<', 0],
    ['">= 0.95"', '>=', 0.95],
    ['"==-3"', '==', -3],
    ['"= 7"', '==', 7],
  ])('%s > is read as %s %d', (is, comparison, value) => {
    expect(scenarioOf(`expect:\n  - metric: profit.a - profit.b\n    is: ${is}\n`).expect).toEqual([
      { metric: 'profit.a - profit.b', comparison, value, text: `profit.a - profit.b ${comparison} ${value}` },
    ]);
  });
  it('keeps seeds, confidence and sweeps in the resolved file', () => {
    const { resolvedYaml } = loaded(
      `${GOOD}expect: [{ metric: a, is: "< 0", seeds: 30, confidence: 95% }]\nsweep: { axes: { val.samples: [10, 20] }, seeds: 1..30 }\n`,
    );
    expect(resolvedYaml).toContain('seeds: 30\n    confidence: 95%');
    expect(resolvedYaml).toContain('sweep:\n  axes:\n    val.samples:\n      - 10\n      - 20\n  seeds: 1..30');
  });
});

describe('loadScenario, given a base', () => {
  const base = `version: 1\nname: base\nseed: 7\neras: 10\nparams: { val.samples: 5, val.group_size: 3 }\npopulations: [{ role: miner, count: 9, strategy: steady }]\n`;
  const files: Files = { 'base.yaml': base };
  it('merges maps, replaces lists, and deletes what is null', () => {
    const { scenario } = loaded(
      'extends: base.yaml\nname: top\nseed:\nparams: { val.samples: 6, val.group_size: null }\npopulations: [{ role: miner, count: 2, strategy: steady }]\n',
      files,
    );
    expect([
      scenario.name,
      scenario.seed,
      scenario.eras,
      scenario.params,
      scenario.populations.map((g) => g.count),
    ]).toEqual(['top', 1, 10, { 'val.samples': 6 }, [2]]);
  });
  it('finds bases of bases relative to them, and traces relative to the file that names them', () => {
    const consumer =
      'populations: [{ role: consumer, count: 1, strategy: honest, demand: { trace: t.csv, format: azure-llm-2023 } }]\n';
    const nested: Files = {
      'sub/b.yaml': 'extends: ../base.yaml\neras: 3\n',
      'base.yaml': base,
      'sub/c.yaml': `extends: b.yaml\n${consumer}`,
      'sub/t.csv': 'TIMESTAMP,ContextTokens,GeneratedTokens\n',
    };
    const { scenario } = loaded('extends: sub/c.yaml\nname: top\n', nested);
    expect([scenario.seed, scenario.eras, scenario.populations[0]!.demand]).toMatchObject([
      7,
      3,
      { path: 'sub/t.csv' },
    ]);
  });
  it('puts overrides on top, which may replace, add, delete and reach into lists', () => {
    const set = [
      'seed=8',
      'params.val.samples=9',
      'trust.half_life_eras=3',
      'populations.0.count=4',
      'inference.levels={easy: 100%}',
      'params.val.group_size=',
      'inference.pool_samples=50',
    ];
    const { scenario } = loaded('extends: base.yaml\nname: top\n', files, set);
    expect([scenario.seed, scenario.params, scenario.populations[0]!.count, scenario.inference]).toMatchObject([
      8,
      { 'val.samples': 9, 'trust.half_life_eras': 3 },
      4,
      { levelBps: [10_000, 0, 0], poolSamples: 50 },
    ]);
  });
  it('takes presets by name', () => {
    // The test catalogue knows none of the preset's creators; what counts is that the preset was found.
    const result = load('extends: preset:minimal\n');
    expect(result.ok ? [] : result.issues.map((issue) => issue.file)).toContain('preset:minimal');
  });
  it('does not look above the folder of the scenario', () => {
    const asked: string[] = [];
    load(
      'extends: ../../etc/passwd\n',
      new Proxy<Record<string, string>>({}, { getOwnPropertyDescriptor: (_, key) => void asked.push(String(key)) }),
    );
    expect(asked).toEqual([]);
  });
});

describe('loadScenario, given what may be meant or not', () => {
  it.each([
    ['no consumer', GOOD.split('\n').slice(0, 6).join('\n'), ['3:1 W301']],
    ['a share without agents', GOOD.replace('strategy: steady', 'mix: { steady: 95%, cheater: 5% }'), ['5:50 W302']],
    [
      'a wallet below the stake',
      GOOD.replace('strategy: steady', 'strategy: steady, open: 499.999999 DN'),
      ['5:54 W303'],
    ],
    ['a wallet of exactly the stake', GOOD.replace('strategy: steady', 'strategy: steady, open: 500 DN'), []],
    ['more samples than the pool has', `${GOOD}inference: { pool_samples: 50 }\n`, ['8:28 W304']],
    ['an exponent of another variant', `${GOOD}params: { powr.exp4.a: 8 }\n`, ['8:24 W305']],
    ['an exponent of the custom variant', `${GOOD}params: { powr.exp4.a: 8, powr.variant: custom }\n`, []],
    ['fewer validators than a group', GOOD.replace('count: 5', 'count: 4'), ['3:1 W306']],
    ['more miners than node slots', `${GOOD}params: { node.slots: 3 }\n`, ['3:1 W307']],
  ])('%s > is loaded, with a warning where it stands', (_, text, expected) => {
    expect(warningsOf(text)).toEqual(expected);
  });
});

describe('the resolved file', () => {
  const rich = `${GOOD.replace('count: 4, strategy: steady', 'count: 7, mix: { steady: 80%, cheater: 20% }, hardware: home, open: 1234.5 DN')}seed: 5
eras: 12
x-note: { anything: [goes, 1.5] }
inference: { pool_samples: 100, levels: { easy: 12.5%, hard: 87.5% }, sets: { public: 40, held_out: 7, rotate_eras: 3 }, puzzle: compute, validator_device: wasm }
chain: { signed_share: 2.25% }
params: { token.decimals: 9, econ.max_supply: 9000000 DN, val.late_penalty: 33.3333333%, powr.variant: custom, powr.exp4.b: 6 }
shocks: [{ at: era 2, kind: outage, region: all, lasts: 1 slots }]
record: { agents: none }
expect: [{ metric: a - b, is: "<=-0.5", seeds: 3 }]
`;
  it('loads to the same scenario with the same hash, and without warnings of its own', () => {
    const first = loaded(rich);
    const second = loaded(first.resolvedYaml);
    expect(second.scenario).toEqual(first.scenario);
    expect(second.hash).toBe(first.hash);
    expect(second.resolvedYaml).toBe(first.resolvedYaml);
    expect(second.warnings.length).toBeLessThanOrEqual(first.warnings.length);
  });
  it('has the same hash whatever the order, spelling, comments and free keys of the file', () => {
    const other =
      'populations:\n  - { strategy: improver, count: 0x1, role: creator }\n  - { role: miner, count: 4, mix: { steady: 100% }, open: 2_000.00 DN }\n  - { role: validator, count: 5, strategy: diligent }\n  - { role: consumer, count: 4, strategy: honest, demand: { poisson: 0.500 per slot } }\n# comment\nx-a: 1\nname: "good"\nversion: 1\n';
    expect(loaded(other).hash).toBe(loaded(GOOD).hash);
  });
  it('shares its hash with the same scenario of another seed, and with no other', () => {
    const hash = loaded(GOOD).hash;
    expect(loaded(GOOD, {}, ['seed=2']).hash).toBe(hash);
    expect(loaded(GOOD, {}, ['eras=31']).hash).not.toBe(hash);
    expect(loaded(GOOD, {}, ['val.samples=99']).hash).not.toBe(hash);
  });
  it('has another hash when a trace has other contents', () => {
    const text = GOOD.replace('strategy: honest', 'strategy: honest, demand: { trace: t.csv, format: azure-llm-2023 }');
    const head = 'TIMESTAMP,ContextTokens,GeneratedTokens\n';
    expect(loaded(text, { 't.csv': head }).hash).not.toBe(
      loaded(text, { 't.csv': `${head}2023-11-16 18:15:46.6805900,374,44\n` }).hash,
    );
  });
});

describe('formatIssues', () => {
  it('shows place, line, carets, what is allowed and what to do', () => {
    const result = load(`${GOOD}agnets: 5\nparams: { node.stake_min: 500, val.group_sise: 3 }\n`);
    const text = formatIssues(result.ok ? [] : result.issues, false);
    expect(
      text.replace(
        /\d+ parameters;/,
        `${PARAMS.length === Number(/(\d+) parameters;/.exec(text)?.[1]) ? 'all' : 'some'} parameters;`,
      ),
    ).toMatchInlineSnapshot(`
      "a.yaml:8:1  error E102  unknown key "agnets"
         8 | agnets: 5
           | ^^^^^^
             allowed here: version, name, extends, seed, eras, ledger, modules, inference, chain, params, populations, prices, shocks, record, expect, sweep
             to do: correct or remove the key; one that begins with "x-" may hold anything

      a.yaml:9:27  error E106  node.stake_min: 500 has no unit
         9 | params: { node.stake_min: 500, val.group_sise: 3 }
           |                           ^^^
             allowed here: an amount of tokens such as 500 DN or 0.5 DN; 0 DN to 1000000 DN
             to do: write 500 DN

      a.yaml:9:32  error E102  unknown parameter "val.group_sise" — did you mean "val.group_size"?
         9 | params: { node.stake_min: 500, val.group_sise: 3 }
           |                                ^^^^^^^^^^^^^^
             allowed here: all parameters; "powr params" lists them
             to do: correct or remove the key; one that begins with "x-" may hold anything"
    `);
  });
  it('colours for a terminal without changing a letter', () => {
    const result = load(`${GOOD}agnets: 5\n`);
    const issues = result.ok ? [] : result.issues;
    const coloured = formatIssues(issues, true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are escape codes
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(formatIssues(issues, false));
    expect(coloured).not.toBe(formatIssues(issues, false));
  });
  it('cuts a long line around the underlined words', () => {
    const result = load(`${GOOD}inference: { mode: measure, ${' '.repeat(300)}agnets: 5 ${' '.repeat(300)}}\n`);
    const lines = formatIssues(result.ok ? [] : result.issues, false).split('\n');
    const at = lines[2]!.indexOf('^');
    expect(lines[1]!.slice(at, at + 6)).toBe('agnets');
    expect(lines[1]!.length).toBeLessThan(140);
  });
  it('lets nothing through that moves a cursor or reorders letters', () => {
    const result = load(GOOD, {}, ['na\u001b[2Jme\u202e=1']);
    const text = formatIssues(result.ok ? [] : result.issues, false);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
    expect(text).toContain('na·[2Jme·');
  });
});

describe('eras of more than 24 slots', () => {
  const SLARK = `${GOOD}  - { role: slark, count: 1, strategy: diligent }\n`;
  const found = (text: string, files: Record<string, string> = {}, set: readonly string[] = []) => {
    const result = load(text, files, set);
    return result.ok
      ? []
      : result.issues
          .filter(({ severity }) => severity === 'error')
          .map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`);
  };

  it('are refused with a Slark, where the file says it; 24 are not', () => {
    expect(found(`${SLARK}params: { time.slots_per_era: 25 }\n`)).toEqual(['a.yaml:9:31 E217']);
    expect(found(`${SLARK}params: { time.slots_per_era: 24 }\n`)).toEqual([]);
  });

  it('are refused in the base that brings them, and on the command line', () => {
    const base = 'params: { time.slots_per_era: 48 }\n';
    expect(found(`extends: b.yaml\n${SLARK}`, { 'b.yaml': base })).toEqual(['b.yaml:1:31 E217']);
    const [issue] = found(SLARK, {}, ['params.time.slots_per_era=48']);
    expect(issue).toMatch(/^--set:\d+:\d+ E217$/);
    expect(found(SLARK, {}, ['params.time.slots_per_era=24'])).toEqual([]);
  });

  it('are refused for a miner with the facet of a provider, and taken where all are nodes alone', () => {
    const facets = {
      unit: 'choice',
      options: ['deepnode', 'both', 'spheron'],
      fallback: 'deepnode',
      note: '',
    } as const;
    const catalogue = TEST_CATALOGUE.map((spec) =>
      spec.role === 'miner' ? { ...spec, options: { ...spec.options, facets } } : spec,
    );
    const codes = (facet: string) => {
      const text = GOOD.replace(
        'count: 4, strategy: steady',
        `count: 4, strategy: steady, options: { facets: ${facet} }`,
      );
      const result = loadScenario({
        text: `${text}params: { time.slots_per_era: 48 }\n`,
        file: 'a.yaml',
        read: () => null,
        catalogue,
      });
      return result.ok ? [] : result.issues.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    };
    expect([codes('deepnode'), codes('both'), codes('spheron')]).toEqual([[], ['E217'], ['E217']]);
  });

  it('are refused with what is allowed and what to do', () => {
    const result = load(`${SLARK}params: { time.slots_per_era: 25 }\n`);
    const issue = result.ok ? undefined : result.issues.find(({ code }) => code === 'E217');
    expect(issue).toMatchObject({
      message: expect.stringContaining('25 slots'),
      allowed: expect.stringContaining('1 to 24'),
      fix: expect.stringContaining('lower time.slots_per_era'),
    });
  });
});

describe('loadScenario, given recorded prices', () => {
  const HEAD = 'asset1,asset2,asset3\n';
  const TEXT = `${GOOD}prices: prices/p.csv\nparams: { oracle.model: file }\n`;
  const withRows = (...rows: string[]): Files => ({
    'prices/p.csv': `${HEAD}${rows.map((row) => `${row}\n`).join('')}`,
  });
  const found = (text: string, files: Files): string[] => {
    const result = load(text, files);
    return (result.ok ? result.warnings : result.issues).map(
      (issue) => `${issue.file}:${issue.line}:${issue.column} ${issue.code}`,
    );
  };

  it('reads them exactly into thousandths of a token', () => {
    const { prices } = loaded(TEXT, withRows('48.6,7290,145800', '50.001,0.001,1000000.000', '1000,2.50,3')).scenario;
    expect(prices).toEqual({
      path: 'prices/p.csv',
      rowsMil: [
        [48_600, 7_290_000, 145_800_000],
        [50_001, 1, 1_000_000_000],
        [1_000_000, 2_500, 3_000],
      ],
    });
  });

  it('reads a file that an editor saved with its mark, with other line ends, or without an end of its last line', () => {
    const files = { 'prices/p.csv': `\uFEFF${HEAD.trim()}\r\n1,2,3\r\n4,5,6` };
    expect(loaded(TEXT, files).scenario.prices?.rowsMil).toEqual([
      [1_000, 2_000, 3_000],
      [4_000, 5_000, 6_000],
    ]);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['no row', [], ['1:1']],
    ['a column too few', ['1,2,3', '1,2'], ['3:1']],
    ['a column too many', ['1,2,3,4'], ['2:1']],
    ['an empty line between two others', ['1,2,3', '', '1,2,3'], ['3:1']],
    ['a word', ['1,two,3'], ['2:3']],
    ['a price of nothing', ['1,2,0'], ['2:5']],
    ['a negative price', ['-1,2,3'], ['2:1']],
    ['a fourth digit after the point', ['48.6001,2,3'], ['2:1']],
    ['an exponent', ['1,2,3', '1,1e3,3'], ['3:3']],
    ['a blank', ['1, 2,3'], ['2:3']],
    ['no price', ['1,,3'], ['2:3']],
    ['a dollar dearer than the ledger takes', ['1000.001,2,3'], ['2:1']],
    ['a third asset dearer than the ledger takes', ['1000,1000000,1000000.001'], ['2:14']],
    ['several mistakes in several lines', ['x,2,y', '1,2,3', '4'], ['2:1', '2:5', '4:1']],
  ])('%s > is refused at its place in that file', (_, rows, places) => {
    expect(found(TEXT, withRows(...rows))).toEqual(places.map((place) => `prices/p.csv:${place} E219`));
  });

  it.each(['', 'asset1,asset2', 'asset3,asset2,asset1', '48.6,7290,145800', 'Asset1,asset2,asset3'])(
    'given "%s" for a first line > asks for the header',
    (head) => {
      expect(found(TEXT, { 'prices/p.csv': `${head}\n1,2,3\n` })).toEqual(['prices/p.csv:1:1 E219']);
    },
  );

  it('says of a wrong price what was found, what is allowed and what to do', () => {
    const result = load(TEXT, withRows('1,2,0'));
    expect(result.ok ? '' : formatIssues(result.issues, false)).toMatchInlineSnapshot(`
      "prices/p.csv:2:5  error E219  asset3 is "0"
         2 | 1,2,0
           |     ^
             allowed here: 0.001 to 1000000 tokens per unit, with at most 3 digits after the point
             to do: write a price in this range, such as 48.6"
    `);
  });

  it('asks for the file where oracle.model is file, and says that it has no effect where it is not', () => {
    expect(found(`${GOOD}params: { oracle.model: file }\n`, {})).toEqual(['a.yaml:8:25 E103']);
    expect(found(`${GOOD}prices: prices/p.csv\n`, withRows('1,2,3'))).toEqual(['a.yaml:8:1 W308']);
    expect(found(`${GOOD}prices: prices/p.csv\nparams: { oracle.model: gbm }\n`, withRows('1,2,3'))).toEqual([
      'a.yaml:8:1 W308',
    ]);
    expect(found(TEXT, withRows('1,2,3'))).toEqual([]);
  });

  it('has another hash when the prices have other contents, also where they say the same', () => {
    const hash = loaded(TEXT, withRows('1,2,3')).hash;
    expect(loaded(TEXT, withRows('1,2,3')).hash).toBe(hash);
    expect(loaded(TEXT, withRows('1,2,4')).hash).not.toBe(hash);
    expect(loaded(TEXT, withRows('1.0,2,3')).hash).not.toBe(hash);
  });

  it('writes the path down, so that the resolved scenario is the same one again', () => {
    const first = loaded(TEXT, withRows('1,2,3'));
    const second = loaded(first.resolvedYaml, withRows('1,2,3'));
    expect(first.resolvedYaml).toContain('\nprices: prices/p.csv\n');
    expect([second.scenario, second.hash]).toEqual([first.scenario, first.hash]);
  });

  it('finds them relative to the file that names them, and may have a base name them', () => {
    const files = { 'sub/b.yaml': 'prices: p.csv\n', 'sub/p.csv': `${HEAD}1,2,3\n` };
    const text = `extends: sub/b.yaml\n${GOOD}params: { oracle.model: file }\n`;
    expect(loaded(text, files).scenario.prices?.path).toBe('sub/p.csv');
    expect(found(text, { ...files, 'sub/p.csv': `${HEAD}1,2,x\n` })).toEqual(['sub/p.csv:2:5 E219']);
  });

  it('reads and judges them once, however many values a sweep tries, and takes the model for an axis', () => {
    const text = `${GOOD}prices: prices/p.csv\nparams: { oracle.model: gbm }\nsweep: { axes: { oracle.model: [const, gbm, file] } }\n`;
    expect(loaded(text, withRows('1,2,3')).scenario.sweep?.axes[0]?.values).toEqual(['const', 'gbm', 'file']);
    expect(found(text.replace('prices: prices/p.csv\n', ''), {})).toEqual(['a.yaml:9:45 E103']);
  });
});
