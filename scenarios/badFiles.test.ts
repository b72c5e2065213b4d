import { describe, expect, it } from 'vitest';
import { formatIssues, ISSUE_CODES, type IssueCode } from './issues.ts';
import { loadScenario, type Refusal } from './load.ts';
import { type Files, GOOD, load, readMarks, TEST_CATALOGUE } from './testing.ts';

/** `«` stands before the character to which the issue must point; the codes are in the order of the text. */
type Case = readonly [
  title: string,
  marked: string,
  codes: readonly IssueCode[],
  files?: Files,
  set?: readonly string[],
];

const good = (extra: string): string => GOOD + extra;
/** The good scenario with one population replaced, in line 4 to 7. */
const withPopulation = (line: number, text: string): string =>
  GOOD.split('\n')
    .map((old, i) => (i + 1 === line ? `  - ${text}` : old))
    .join('\n');

const UNREADABLE: readonly Case[] = [
  ['an empty file', '«', ['E115']],
  ['comments alone', '«# nothing here\n', ['E115']],
  ['a list at the top', '«- version: 1\n', ['E115']],
  ['a word at the top', '«scenario\n', ['E115']],
  ['a second document', `${GOOD}«---\nversion: 1\n`, ['E115']],
  ['a map inside a map on one line', good('seed: «a: b\n'), ['E101']],
  ['an open quote', good('ledger: «"core'), ['E101']],
  ['an open brace', good('chain: «{ signed_share: 1%\n'), ['E101']],
  ['a tab as indentation', good('chain:\n«\tsigned_share: 1%\n'), ['E101']],
  ['a comparison that YAML reads as a folded text', good('expect:\n  - metric: a\n    is: > «0\n'), ['E101']],
  ['an alias', good('x-a: &a 1\nseed: «*a\n'), ['E111']],
  ['an alias to nothing', good('seed: «*nothing\n'), ['E111']],
  ['a tag', good('seed: !!int «5\n'), ['E111']],
  ['a tag of the author', good('params: !mine «{ val.samples: 5 }\n'), ['E111']],
  ['a key twice', good('seed: 1\neras: 5\n«seed: 2\n'), ['E109']],
  ['a key twice in a flow map', withPopulation(5, '{ role: miner, count: 4, strategy: steady, «count: 5 }'), ['E109']],
  ['__proto__', good('«__proto__: { seed: 1 }\n'), ['E110']],
  ['constructor', good('inference: { «constructor: 1 }\n'), ['E110']],
  ['prototype', good('x-free: { «prototype: 1 }\n'), ['E110']],
  ['65 levels of lists', good(`x-deep: ${'['.repeat(63)}«[${']'.repeat(64)}\n`), ['E112']],
  ['100,000 open brackets', `${'['.repeat(64)}«${'['.repeat(100_000)}`, ['E112']],
  [
    '300 nested keys',
    Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}${i === 64 ? '«' : ''}a:`).join('\n'),
    ['E112'],
  ],
  ['more than 256 KiB', `«# ${'a'.repeat(262_143)}\n`, ['E113']],
  ['more than 256 KiB of two-byte letters', `«# ${'é'.repeat(131_072)}\n`, ['E113']],
  ['more tokens than a scenario can need', `x-list: [${','.repeat(24_995)}«,,,,,,,]`, ['E113']],
  ['bytes that are not UTF-8', good('x-name: Z«\ufffdrich\n'), ['E114']],
  ['a null character', good('x-name: a«\u0000b\n'), ['E114']],
  ['an escape character', good('# «\u001b[2J\n'), ['E114']],
];

const KEYS: readonly Case[] = [
  ['an unknown key', good('«agnets: 5\n'), ['E102']],
  ['an unknown key of inference', good('inference: { «pool_sample: 5 }\n'), ['E102']],
  [
    'an unknown key of a population',
    withPopulation(5, '{ role: miner, count: 4, strategy: steady, «hardwear: home }'),
    ['E102'],
  ],
  [
    'an unknown key of demand',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, demand: { poisson: 1 per slot, «rate: 1 } }'),
    ['E102'],
  ],
  ['an unknown level', good('inference: { levels: { easy: 100%, «extreme: 0% } }\n'), ['E102']],
  ['an unknown module', good('modules: { «deepnodes: true }\n'), ['E102']],
  ['an unknown parameter', good('params: { «val.group_sise: 5 }\n'), ['E102']],
  ['a parameter at the top', good('«val.group_size: 5\n'), ['E102']],
  ['a merge key of YAML 1.1', good('«<<: { seed: 1 }\n'), ['E111']],
  ['a number as key', good('«1: 2\n'), ['E102']],
  ['no version', '«name: a\npopulations: [{ role: miner, count: 1, strategy: steady }]\n', ['E103']],
  ['nothing but a version', '«version: 1\n', ['E103', 'E103']],
  ['a population without count', withPopulation(5, '«{ role: miner, strategy: steady }'), ['E103']],
  ['a shock without region', good('shocks:\n  - «at: era 1\n    kind: outage\n    lasts: 6h\n'), ['E103']],
  ['an expectation without comparison', good('expect:\n  - «{ metric: a }\n'), ['E103']],
  [
    'a trace without format',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, «demand: { trace: t.csv } }'),
    ['E103'],
    { 't.csv': '' },
  ],
  ['a key without value', good('«seed:\n'), ['E116']],
  ['a parameter without value', good('params:\n  «val.samples:\n  val.group_size: 3\n'), ['E116']],
  [
    'an option without value',
    withPopulation(5, '{ role: miner, count: 4, strategy: steady, options: { «capacity: } }'),
    ['E116'],
  ],
];

const VALUES: readonly Case[] = [
  ['another version', GOOD.replace('version: 1', 'version: «2'), ['E105']],
  ['a version as text', GOOD.replace('version: 1', 'version: «"1"'), ['E105']],
  ['a name with a blank', GOOD.replace('name: good', 'name: «not good'), ['E106']],
  ['a number as name', GOOD.replace('name: good', 'name: «12'), ['E104']],
  ['eras as text', good('eras: «"30"\n'), ['E104']],
  ['eras with a fraction', good('eras: «1.5\n'), ['E104']],
  ['grouped digits, which YAML reads as text', good('eras: «1_000\n'), ['E104']],
  ['no eras', good('eras: «0\n'), ['E107']],
  ['too many eras', good('eras: «36501\n'), ['E107']],
  ['a negative seed', good('seed: «-1\n'), ['E107']],
  ['a seed of 2^53', good('seed: «9007199254740992\n'), ['E108']],
  ['a seed that a float would round', good('seed: «9007199254740993\n'), ['E108']],
  ['not a number', good('seed: «.nan\n'), ['E108']],
  ['infinity', good('eras: «.inf\n'), ['E108']],
  ['a float beyond every number', good('eras: «1e999\n'), ['E108']],
  ['an unknown ledger', good('ledger: «chian\n'), ['E105']],
  ['a ledger that is a number', good('ledger: «1\n'), ['E105']],
  ['a list where a map belongs', good('«inference: [measure]\n'), ['E104']],
  ['a map where a list belongs', 'version: 1\nname: a\n«populations: { role: miner }\n', ['E104']],
  ['no populations', 'version: 1\nname: a\n«populations: []\n', ['E107']],
  ['a population that is a word', withPopulation(5, '«miner'), ['E104']],
  ['an unknown role', withPopulation(5, '{ role: «minor, count: 4, strategy: steady }'), ['E105']],
  ['a count of zero', withPopulation(5, '{ role: miner, count: «0, strategy: steady }'), ['E107']],
  ['an unknown device', good('inference: { device: «gpu }\n'), ['E105']],
  ['an unknown task', good('inference: { tasks: [«text-recogniton] }\n'), ['E105']],
  ['an unknown puzzle', good('inference: { puzzle: «graph }\n'), ['E105']],
  ['an unknown device of validators', good('inference: { validator_device: «gpu }\n'), ['E105']],
  ['a held-out set of nothing', good('inference: { sets: { public: 9, held_out: «0 } }\n'), ['E107']],
  ['a rotation of 366 eras', good('inference: { sets: { public: 9, rotate_eras: «366 } }\n'), ['E107']],
  ['half a public sample', good('inference: { sets: { public: «9.5 } }\n'), ['E104']],
  ['an unknown part of the pool', good('inference: { sets: { public: 9, «private: 5 } }\n'), ['E102']],
  ['sets that are a number', good('inference: { sets: «100 }\n'), ['E104']],
  ['two tasks', good('inference: { «tasks: [text-recognition, text-recognition] }\n'), ['E107']],
  [
    'an unknown hardware class',
    withPopulation(5, '{ role: miner, count: 4, strategy: steady, hardware: «datacenter }'),
    ['E105'],
  ],
  ['a module that is a word', good('modules: { deepnode: «yes }\n'), ['E104']],
  ['a record that is a list of kinds', good('record: { events: «"tiers,slashes" }\n'), ['E105']],
];

const QUANTITIES: readonly Case[] = [
  ['tokens without unit', good('params: { node.stake_min: «500 }\n'), ['E106']],
  ['tokens without unit as text', good('params: { node.stake_min: «"500" }\n'), ['E106']],
  ['tokens in another unit', good('params: { node.stake_min: «500 ETH }\n'), ['E106']],
  ['a unit in small letters', good('params: { node.stake_min: «500 dn }\n'), ['E106']],
  ['a seventh decimal', good('params: { deleg.min: «0.1234567 DN }\n'), ['E108']],
  [
    'a wallet larger than the ledger holds',
    withPopulation(5, '{ role: miner, count: 4, strategy: steady, open: «9007199255 DN }'),
    ['E107'],
  ],
  ['more tokens than allowed', good('params: { deleg.min: «1000001 DN }\n'), ['E107']],
  ['200 digits', good(`params: { deleg.min: «${'9'.repeat(200)} DN }\n`), ['E108']],
  ['negative tokens', good('params: { deleg.min: «-1 DN }\n'), ['E107']],
  ['a share beyond the range', good('params: { val.audit_bps: «101% }\n'), ['E107']],
  ['basis points beyond the range', good('params: { val.audit_bps: «10001 }\n'), ['E107']],
  ['a share of a hundredth of a basis point', good('params: { val.audit_bps: «0.001% }\n'), ['E108']],
  ['a decimal comma', good('params:\n  trust.flap_penalty: «2,5%\n'), ['E106']],
  ['a ratio without unit', good('params: { val.acc_min: «0.8 }\n'), ['E106']],
  ['a duration in words', good('params: { val.deadline_s: «24 hours }\n'), ['E106']],
  ['a duration as text without unit', good('params: { val.deadline_s: «"3600" }\n'), ['E104']],
  ['a duration below the range', good('params: { val.deadline_s: «59s }\n'), ['E107']],
  ['half a second', good('params: { val.deadline_s: «90.5s }\n'), ['E108']],
  ['eras without unit where the key names none', good('params: { trust.behaviour_half_life: «30 }\n'), ['E106']],
  ['a half era', good('params: { trust.half_life_eras: «1.5 eras }\n'), ['E108']],
  ['a unit on a plain number', good('params: { val.group_size: «5 validators }\n'), ['E106']],
  ['a fraction of a plain number', good('params: { val.group_size: «5.5 }\n'), ['E104']],
  ['a choice that does not exist', good('params: { place.policy: «top_botom }\n'), ['E105']],
  ['a list for a parameter', good('params: { «val.group_size: [5] }\n'), ['E104']],
  ['a wallet without unit', withPopulation(5, '{ role: miner, count: 4, strategy: steady, open: «2000 }'), ['E106']],
  [
    'demand without "per slot"',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, demand: { poisson: «0.5 } }'),
    ['E106'],
  ],
  [
    'demand per era',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, demand: { poisson: «12 per era } }'),
    ['E106'],
  ],
  [
    'demand finer than a thousandth',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, demand: { poisson: «0.0001 per slot } }'),
    ['E106'],
  ],
  [
    'too much demand',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, demand: { poisson: «1000.001 per slot } }'),
    ['E107'],
  ],
  ['an entry without unit', withPopulation(5, '{ role: miner, count: 4, strategy: steady, enter: «3 }'), ['E106']],
  ['a comparison without sign', good('expect: [{ metric: a, is: «0 }]\n'), ['E106']],
  ['a confidence of 100 %', good('expect: [{ metric: a, is: "< 0", confidence: «100% }]\n'), ['E107']],
  ['a signed share above 100 %', good('chain: { signed_share: «100.01% }\n'), ['E107']],
];

const RULES: readonly Case[] = [
  ['an unknown strategy', withPopulation(4, '{ role: creator, count: 1, strategy: «improovr }'), ['E201']],
  ['a strategy of another role', withPopulation(7, '{ role: consumer, count: 4, strategy: «steady }'), ['E201']],
  [
    'an unknown strategy in a mix',
    withPopulation(5, '{ role: miner, count: 4, mix: { steady: 50%, «chaeter: 50% } }'),
    ['E201'],
  ],
  [
    'an unknown option',
    withPopulation(6, '{ role: validator, count: 5, strategy: diligent, options: { «skil_bps: 90% } }'),
    ['E202'],
  ],
  [
    'an option of another strategy',
    withPopulation(6, '{ role: validator, count: 5, strategy: diligent, options: { «prior: 90% } }'),
    ['E202'],
  ],
  [
    'an option beyond its range',
    withPopulation(6, '{ role: validator, count: 5, strategy: diligent, options: { skill_bps: «101% } }'),
    ['E107'],
  ],
  [
    'an option that is no choice',
    withPopulation(4, '{ role: creator, count: 1, strategy: improver, options: { variant: «en-m5 } }'),
    ['E105'],
  ],
  ['a mix of 99 %', withPopulation(5, '{ role: miner, count: 4, «mix: { steady: 50%, cheater: 49% } }'), ['E203']],
  ['a mix of 101 %', withPopulation(5, '{ role: miner, count: 4, «mix: { steady: 50%, cheater: 51% } }'), ['E203']],
  [
    'a share without unit',
    withPopulation(5, '{ role: miner, count: 4, mix: { steady: «50, cheater: 50% } }'),
    ['E106'],
  ],
  ['a public set as large as the pool', good('inference: { pool_samples: 60, sets: { public: «60 } }\n'), ['E220']],
  ['a public set larger than the default pool', good('inference: { sets: { public: «601 } }\n'), ['E220']],
  ['sets that rotate and are the whole pool', good('inference: { sets: { rotate_eras: «7 } }\n'), ['E220']],
  [
    'sets that rotate with nothing public, said outright',
    good('inference: { sets: { public: 0, held_out: 9, rotate_eras: «1 } }\n'),
    ['E220'],
  ],
  ['levels of 90 %', good('inference: { «levels: { medium: 50%, hard: 40% } }\n'), ['E203']],
  ['neither strategy nor mix', withPopulation(5, '«{ role: miner, count: 4 }'), ['E213']],
  [
    'both strategy and mix',
    withPopulation(5, '{ role: miner, count: 4, strategy: steady, «mix: { steady: 100% } }'),
    ['E213'],
  ],
  [
    'neither poisson nor trace',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, «demand: { repeat: 1 } }'),
    ['E213'],
  ],
  [
    'both poisson and trace',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, «demand: { poisson: 1 per slot, trace: t.csv } }'),
    ['E213'],
  ],
  [
    'a speedup of poisson',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, demand: { poisson: 1 per slot, «speedup: 2 } }'),
    ['E213'],
  ],
  ['a fee split of 101 %', good('params: { dn.split_bps.node: «5100 }\n'), ['E204']],
  ['an emission of 110 %', good('params:\n  val.deadline_s: 1h\n  powr.pool_share_bps: «70%\n'), ['E204']],
  ['a supply split of 95 %', good('params: { econ.alloc_bps.team: «10% }\n'), ['E204']],
  ['trust weights of 90 %', good('params: { trust.w_bps.speed: «0% }\n'), ['E204']],
  ['rank weights of 105 %', good('params: { rank.w_bps.volume: «10% }\n'), ['E204']],
  [
    'wallets beyond their source',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, open: «7000000 DN }'),
    ['E205'],
  ],
  [
    'wallets beyond a smaller source',
    good('params:\n  econ.max_supply: 1000000 DN\n').replace(
      'count: 4, strategy: steady',
      'count: 200, strategy: steady, open: «2000 DN',
    ),
    ['E205'],
  ],
  ['a supply beyond the ledger', good('params:\n  econ.max_supply: «9000000000 DN\n  token.decimals: 7\n'), ['E206']],
  ['decimals beyond the ledger', good('params: { token.decimals: «8 }\n'), ['E206']],
  [
    'a Slark without its module',
    `${withPopulation(7, '{ role: «slark, count: 4, strategy: «watcher }')}modules: { spheron: false }\n`,
    ['E207', 'E201'],
  ],
  ['dfpn', good('modules: { deepnode: true, dfpn: «true }\n'), ['E207']],
  ['no deepnode', good('modules: { deepnode: «false }\n'), ['E207']],
  [
    'a trace that is not there',
    withPopulation(
      7,
      '{ role: consumer, count: 4, strategy: honest, demand: { trace: «no/such.csv, format: mooncake } }',
    ),
    ['E208'],
  ],
  ['prices that are not there', good('prices: «p.csv\nparams: { oracle.model: file }\n'), ['E218']],
  ['prices above the folder', good('prices: «../p.csv\nparams: { oracle.model: file }\n'), ['E123']],
  ['prices as a list', good('«prices: [48.6, 7290, 145800]\nparams: { oracle.model: file }\n'), ['E104']],
  ['a path without a name', good('prices: «""\nparams: { oracle.model: file }\n'), ['E107']],
  ['recorded prices that nobody named', good('params: { oracle.model: «file }\n'), ['E103']],
  [
    'a trace of another format',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, demand: { trace: «t.csv, format: mooncake } }'),
    ['E209'],
    { 't.csv': 'TIMESTAMP,ContextTokens,GeneratedTokens\r\n' },
  ],
  [
    'a speedup of zero',
    withPopulation(
      7,
      '{ role: consumer, count: 4, strategy: honest, demand: { trace: t.csv, format: azure-llm-2023, speedup: «0 } }',
    ),
    ['E107'],
    { 't.csv': 'TIMESTAMP,ContextTokens,GeneratedTokens\n' },
  ],
  ['a slot that ends before its phases', good('params: { time.slot_s: «3540 }\n'), ['E210']],
  [
    'a reservation that expires before the next slot',
    good('params: { time.slot_s: 2h, node.reserve_deadline_s: 1h }\n').replace('time.slot_s: ', 'time.slot_s: «'),
    ['E210'],
  ],
  [
    'an entry after the end',
    good('eras: 5\n').replace('strategy: steady', 'strategy: steady, enter: «era 5'),
    ['E211'],
  ],
  [
    'a shock after the end',
    good('eras: 5\nshocks: [{ at: «slot 120, kind: outage, region: eu, lasts: 6h }]\n'),
    ['E211'],
  ],
  [
    'hardware of a validator',
    withPopulation(6, '{ role: validator, count: 5, strategy: diligent, «hardware: home }'),
    ['E212'],
  ],
  [
    'demand of a miner',
    withPopulation(5, '{ role: miner, count: 4, strategy: steady, «demand: { poisson: 1 per slot } }'),
    ['E212'],
  ],
  [
    'an outage of an hour and a half',
    good('shocks: [{ at: era 3, kind: outage, region: eu, lasts: «90m }]\n'),
    ['E214'],
  ],
  ['an outage of no time', good('shocks: [{ at: era 3, kind: outage, region: eu, lasts: «0 slots }]\n'), ['E214']],
  ['a good speed slower than a bad one', good('params: { trust.speed_ms_good: «500ms }\n'), ['E215']],
  ['acceptance beyond rejection', good('params: { val.accept_ppb.fp32: «300001 }\n'), ['E215']],
  ['rejection before acceptance, class reduced', good('params: { val.reject_ppb.reduced: «1% }\n'), ['E215']],
  ['heartbeats rarer than slots', good('params: { time.slot_s: «3550, hb.interval_s: 3600 }\n'), ['E215']],
  [
    'too many agents',
    good('')
      .replace('populations', '«populations')
      .replace('count: 4, strategy: steady', 'count: 1000000, strategy: steady, open: 1 DN'),
    ['E216'],
  ],
  [
    'eras of 25 slots with a Slark',
    good('params: { time.slots_per_era: «25 }\n').replace(
      'populations:\n',
      'populations:\n  - { role: slark, count: 1, strategy: diligent }\n',
    ),
    ['E217'],
  ],
];

const EXTENDS: readonly Case[] = [
  ['a base that is not there', good('extends: «b.yaml\n'), ['E120']],
  ['a preset that is not there', good('extends: «preset:minimum\n'), ['E120']],
  ['a base that is a number', good('extends: «5\n'), ['E104']],
  ['itself', good('extends: «a.yaml\n'), ['E121'], { 'a.yaml': GOOD }],
  ['a base above the folder', good('extends: «../b.yaml\n'), ['E123'], { '../b.yaml': GOOD }],
  ['a base above the folder by a detour', good('extends: «sub/../../b.yaml\n'), ['E123']],
  ['an absolute base', good('extends: «/etc/passwd\n'), ['E123']],
  [
    'an absolute trace',
    withPopulation(
      7,
      '{ role: consumer, count: 4, strategy: honest, demand: { trace: «/etc/passwd, format: mooncake } }',
    ),
    ['E123'],
  ],
  [
    'a trace above the folder',
    withPopulation(7, '{ role: consumer, count: 4, strategy: honest, demand: { trace: «../t.csv, format: mooncake } }'),
    ['E123'],
    { '../t.csv': '{"timestamp": 0}' },
  ],
  ['a base on the network', good('extends: «https://example.org/b.yaml\n'), ['E123']],
  ['a deletion of what no base has', good('extends: b.yaml\n«seed:\n'), ['E116'], { 'b.yaml': 'eras: 5\n' }],
  [
    'a wrong value over a base',
    good('extends: b.yaml\nparams: { val.samples: «x }\n'),
    ['E106'],
    { 'b.yaml': 'params: { val.samples: 5 }\n' },
  ],
];

const ALL: readonly (readonly [string, readonly Case[]])[] = [
  ['that cannot be read', UNREADABLE],
  ['with wrong keys', KEYS],
  ['with wrong values', VALUES],
  ['with wrong quantities', QUANTITIES],
  ['against the rules', RULES],
  ['with a wrong base', EXTENDS],
];

function errorsOf(text: string, files: Files, set: readonly string[]): string[] {
  const result = load(text, files, set);
  return result.ok
    ? []
    : result.issues
        .filter((issue) => issue.severity === 'error')
        .map((issue) => `${issue.file}:${issue.line}:${issue.column} ${issue.code}`);
}

for (const [kind, cases] of ALL) {
  describe(`loadScenario, given a file ${kind}`, () => {
    it.each(cases.map(([title, ...rest]) => [title, rest] as const))(
      '%s > names the place and the code',
      (_, [marked, codes, files = {}, set = []]) => {
        const { text, places } = readMarks(marked);
        expect(errorsOf(text, files, set)).toEqual(
          codes.map((code, i) => `a.yaml:${places[Math.min(i, places.length - 1)]} ${code}`),
        );
      },
    );
  });
}

describe('loadScenario, given overrides', () => {
  it.each([
    ['no equals sign', ['eras'], '--set:1:1 E130'],
    ['no path', ['=5'], '--set:1:1 E130'],
    ['an empty step', ['populations..count=5'], '--set:1:13 E130'],
    ['a place that a list has not', ['seed=2', 'populations.9.count=5'], '--set:2:13 E130'],
    ['a way through a value', ['name.first=a'], '--set:1:6 E130'],
    ['extends', ['extends=b.yaml'], '--set:1:1 E130'],
    ['__proto__', ['__proto__.x=1'], '--set:1:1 E110'],
    ['constructor on the way', ['inference.constructor.mode=replay'], '--set:1:11 E110'],
    ['prototype as parameter', ['params.prototype=1'], '--set:1:8 E110'],
    ['__proto__ as axis', ['sweep.axes.__proto__=[1]'], '--set:1:12 E110'],
    ['__proto__ inside a value', ['inference={__proto__: {mode: replay}}'], '--set:1:12 E110'],
    ['a path of 65 steps', [`${'x.'.repeat(64)}x=1`], '--set:1:129 E112'],
    ['a path of 60 000 steps', [`${'x.'.repeat(60_000)}x=1`], '--set:1:129 E112'],
    ['a value with 65 levels', [`x-a=${'['.repeat(70)}`], '--set:1:69 E112'],
    ['an alias', ['x-a=*a'], '--set:1:5 E111'],
    ['a zero with a sign', ['seed=-0'], '--set:1:6 E108'],
    ['an escape character', ['x-a="\\e[2J"'], '--set:1:5 E114'],
    ['an unknown key', ['agnets=5'], '--set:1:1 E102'],
    ['an unknown parameter', ['params.val.group_sise=5'], '--set:1:8 E102'],
    ['a wrong value', ['eras=x'], '--set:1:6 E104'],
    ['a wrong quantity', ['eras=5', 'node.stake_min=500'], '--set:2:16 E106'],
    ['YAML that does not end', ['populations.0.mix={steady: 50%'], '--set:1:31 E101'],
    ['nothing to delete', ['seed='], '--set:1:1 E116'],
    ['a removed name', ['name='], 'a.yaml:1:1 E103'],
  ])('%s > names the override and the column', (_, set, expected) => {
    expect(errorsOf(GOOD, {}, set)).toEqual([expected]);
  });
});

describe('loadScenario, given a chain of bases', () => {
  it('with an error in a base > names the base and the place in it', () => {
    expect(
      errorsOf(
        'extends: sub/b.yaml\nname: a\n',
        { 'sub/b.yaml': 'version: 1\npopulations:\n  - { role: minor, count: 1, strategy: steady }\n' },
        [],
      ),
    ).toEqual(['sub/b.yaml:3:13 E105']);
  });
  it('that is not YAML > names the place in the base', () => {
    expect(errorsOf(good('extends: b.yaml\n'), { 'b.yaml': 'seed: [1\n' }, [])).toEqual(['b.yaml:1:7 E101']);
  });
  it('that closes a circle > shows the circle', () => {
    const result = load(good('extends: b.yaml\n'), { 'b.yaml': 'extends: c.yaml\n', 'c.yaml': 'extends: b.yaml\n' });
    expect(result.ok ? [] : result.issues.map((issue) => `${issue.file}:${issue.line} ${issue.message}`)).toEqual([
      'c.yaml:1 the scenario extends itself: b.yaml → c.yaml → b.yaml',
    ]);
  });
  it.each([
    [8, []],
    [9, ['8.yaml:1:10 E122']],
  ])('of %i bases > %j', (length, expected) => {
    const files = Object.fromEntries(
      Array.from({ length }, (_, i) => [`${i + 1}.yaml`, i + 1 === length ? 'seed: 7\n' : `extends: ${i + 2}.yaml\n`]),
    );
    expect(errorsOf(good('extends: 1.yaml\n'), files, [])).toEqual(expected);
  });
});

describe('loadScenario, given bases that lie where they should not, or cost too much', () => {
  const consumer = (trace: string): string =>
    withPopulation(7, `{ role: consumer, count: 4, strategy: honest, demand: { trace: ${trace}, format: mooncake } }`);
  function errorsWith(text: string, refused: Refusal['refused']): string[] {
    const result = loadScenario({ text, file: 'a.yaml', read: () => ({ refused }), catalogue: TEST_CATALOGUE });
    return result.ok ? [] : result.issues.map((issue) => `${issue.line}:${issue.column} ${issue.code}`);
  }
  it.each([
    ['outside', '8:10 E123', '7:68 E123', '8:9 E123'],
    ['too large', '8:10 E113', '7:68 E113', '8:9 E113'],
    ['no file', '8:10 E120', '7:68 E208', '8:9 E218'],
  ] as const)('%s, as the file system says > points to the path', (refused, ofBase, ofTrace, ofPrices) => {
    expect(errorsWith(good('prices: p.csv\nparams: { oracle.model: file }\n'), refused)).toEqual([ofPrices]);
    expect(errorsWith(good('extends: b.yaml\n'), refused)).toEqual([ofBase]);
    expect(errorsWith(consumer('t.jsonl'), refused)).toEqual([ofTrace]);
  });
  it('of 10,000 tokens each > are refused together, with the place where it is too much', () => {
    const large = `x-list: [${'a,'.repeat(3_400)}]\n`;
    const files = { 'b.yaml': `extends: c.yaml\n${large}`, 'c.yaml': large };
    expect(load(good(large)).ok).toBe(true);
    expect(errorsOf(good('extends: c.yaml\n'), files, [])).toEqual([]);
    expect(errorsOf(good(`extends: b.yaml\n${large}`), files, [])).toEqual([
      expect.stringMatching(/^c\.yaml:1:\d+ E113$/),
    ]);
  });
  it('asks for each file once, however many values a sweep tries', () => {
    const asked: string[] = [];
    const result = loadScenario({
      text: `${consumer('t.jsonl')}sweep: { axes: { val.samples: [1, 2, 3, 4, 5] } }\n`,
      file: 'a.yaml',
      read: (path) => {
        asked.push(path);
        return '{"timestamp": 0}\n';
      },
      catalogue: TEST_CATALOGUE,
    });
    expect([result.ok, asked]).toEqual([true, ['t.jsonl']]);
  });
});

describe('loadScenario, given a base that cannot be read', () => {
  it('still reports wrong keys, types and units of the file itself, and nothing that the base may hold', () => {
    const { text, places } = readMarks(`extends: «gone.yaml
«agnets: 3
seed:
params: { val.samples: «x, node.stake_min: «500 }
ledger: «chian
`);
    expect(errorsOf(text, {}, ['eras=5'])).toEqual(
      places.map((place, i) => `a.yaml:${place} ${['E120', 'E102', 'E106', 'E106', 'E105'][i]}`),
    );
  });
});

describe('loadScenario, given several mistakes', () => {
  it('reports all of them at once, structural or not, in the order of the text', () => {
    const { text, places } = readMarks(`version: 1
name: «No
«agnets: 3
ledger: «chian
params: { val.samples: «lots, dn.split_bps.node: «1% }
populations:
  - { role: miner, «cuont: 3, strategy: «stedy, open: «5 }
  - { role: consumer, count: «0, «mix: { honest: 10% }, enter: «never }
`);
    const found = errorsOf(text, {}, []).filter((line) => !line.endsWith('E103'));
    expect(found).toEqual(
      places.map(
        (place, i) =>
          `a.yaml:${place} ${['E106', 'E102', 'E105', 'E106', 'E204', 'E102', 'E201', 'E106', 'E107', 'E203', 'E106'][i]}`,
      ),
    );
  });
  it('stops listing after a hundred and says how many more there are', () => {
    const result = load(good(Array.from({ length: 150 }, (_, i) => `k${i}: 1\n`).join('')));
    expect(result.ok ? 0 : result.issues.length).toBe(101);
    expect(result.ok ? '' : result.issues[100]!.code + result.issues[100]!.message).toBe(
      'E29950 further problems are not listed',
    );
  });
});

describe('the table of bad files', () => {
  const cases = ALL.flatMap(([, list]) => list);
  it('has at least sixty rows, and every code that refuses a scenario', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60);
    const shown = new Set(cases.flatMap(([, , codes]) => codes));
    const elsewhere: readonly IssueCode[] = ['E122', 'E130', 'E219', 'E299'];
    const codes = (Object.keys(ISSUE_CODES) as IssueCode[]).filter((code) => code.startsWith('E'));
    expect(codes.filter((code) => !shown.has(code) && !elsewhere.includes(code))).toEqual([]);
  });
  it('leads to a text with place, source line and carets, and never to a stack trace', () => {
    for (const [, marked, , files = {}, set = []] of cases) {
      const result = load(readMarks(marked).text, files, set);
      const text = formatIssues(result.ok ? [] : result.issues, false);
      expect(text).toMatch(/^\S+:\d+:\d+ {2}error E\d{3} {2}\S/);
      expect(text).toMatch(/\n +\| +\^/);
      expect(text).not.toMatch(/\n\s+at |undefined|\[object|Error:/);
      for (const line of text.split('\n')) expect(line.length).toBeLessThan(1_200);
    }
  });
});
