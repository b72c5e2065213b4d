/**
 * Two hundred scenario files that must be refused: ten kinds of attack and ten kinds of slip, ten of each. Each says by its
 * name what is wrong with it, and by a mark where the loader must point. Writes and reads nothing itself.
 */
import type { IssueCode } from './issues.ts';
import { readMarks } from './testing.ts';

export type BadScenario = {
  readonly kind: 'attack' | 'slip';
  readonly group: string;
  /** What is wrong, as part of a file name. */
  readonly title: string;
  readonly content: string | Uint8Array;
  readonly code: IssueCode;
  /** `line:column` of every issue in the scenario itself, or `base:line:column` of one in another file. */
  readonly places: readonly string[];
  /** What lies beside it, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Symbolic links beside it, each with what it points to; `outside` is a folder that is not the scenario's. */
  readonly links: Readonly<Record<string, string>>;
};

/** `«` stands before each character to which an issue must point. */
type Marked = readonly [
  title: string,
  code: IssueCode,
  content:
    | string
    | { readonly bytes: Uint8Array; readonly at: string }
    | { readonly base: string; readonly at: string },
  files?: Readonly<Record<string, string>>,
  links?: Readonly<Record<string, string>>,
];

const BASE = `version: 1
name: study
seed: 1
eras: 30
populations:
  - { role: creator, count: 2, strategy: steady }
  - { role: miner, count: 10, strategy: steady }
  - { role: validator, count: 5, strategy: diligent }
  - { role: consumer, count: 8, strategy: honest, demand: { poisson: 0.5 per slot } }
`;

/** The scenario with lines added at its end. */
const added = (lines: string): string => `${BASE}${lines}\n`;

/** The scenario with a stretch of it replaced. */
function changed(from: string, to: string): string {
  if (BASE.split(from).length !== 2) throw new Error(`The base has "${from}" not exactly once`);
  return BASE.replace(from, () => to);
}

const miner = (rest: string): string => changed('count: 10, strategy: steady', rest);
const consumer = (rest: string): string => changed('demand: { poisson: 0.5 per slot }', rest);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

/** The text in UTF-16, two bytes for each of its characters. */
function utf16(text: string, isLittle: boolean, hasMark: boolean): Uint8Array {
  const units = [...(hasMark ? '\ufeff' : ''), ...text].map((character) => character.charCodeAt(0));
  return Uint8Array.from(units.flatMap((unit) => (isLittle ? [unit & 255, unit >> 8] : [unit >> 8, unit & 255])));
}

/** The text with bytes put before an offset. */
function withBytes(text: string, offset: number, bytes: readonly number[]): Uint8Array {
  return Uint8Array.from([...utf8(text.slice(0, offset)), ...bytes, ...utf8(text.slice(offset))]);
}

const KIB = 1_024;

const ATTACKS: Readonly<Record<string, readonly Marked[]>> = {
  size: [
    ['one-byte-too-many', 'E113', `«# ${'a'.repeat(256 * KIB - 1)}`],
    ['two-byte-letters-too-many', 'E113', `«# ${'é'.repeat(128 * KIB)}`],
    ['ten-megabytes', 'E113', `«${BASE}x-note: ${'a'.repeat(10 * KIB * KIB)}\n`],
    ['only-line-breaks', 'E113', `${BASE}${'\n'.repeat(24_832)}«\n${'\n'.repeat(50_000)}`],
    ['a-list-of-100000-commas', 'E113', added(`x-list: [${','.repeat(24_827)}«${','.repeat(100_000)}]`)],
    ['20000-keys', 'E113', `${BASE}${lines(3_547, (i) => `x-${i}: 1`)}\nzz:« 1\n${lines(20_000, (i) => `y${i}: 1`)}`],
    ['40000-documents', 'E113', `${'---\n'.repeat(12_500)}«${'---\n'.repeat(27_500)}`],
    ['60000-empty-comments', 'E113', `${BASE}${'#\n'.repeat(12_416)}«#\n${'#\n'.repeat(50_000)}`],
    ['a-base-of-one-megabyte', 'E113', added('extends: «b.yaml'), { 'b.yaml': `# ${'a'.repeat(KIB * KIB)}` }],
    [
      'eight-bases-of-200-kilobytes',
      'E113',
      { base: '1.yaml', at: '3547:7' },
      Object.fromEntries([
        ['', added('extends: 1.yaml')],
        ...Array.from({ length: 8 }, (_, i) => [
          `${i + 1}.yaml`,
          `${i === 7 ? '' : `extends: ${i + 2}.yaml\n`}${lines(5_000, (k) => `x-${k}: ${'1'.repeat(30)}`)}`,
        ]),
      ]),
    ],
  ],
  depth: [
    ['65-lists', 'E112', added(`x-deep: ${'['.repeat(63)}«[[${']'.repeat(65)}`)],
    ['65-maps', 'E112', added(`x-deep: ${'{ a: '.repeat(63)}«{ a: { a: 1${' }'.repeat(65)}`)],
    ['250000-open-brackets', 'E112', added(`x-deep: ${'['.repeat(63)}«${'['.repeat(250_000)}`)],
    ['50000-open-braces', 'E112', added(`x-deep: ${'{ a: '.repeat(63)}«${'{ a: '.repeat(50_000)}`)],
    ['100000-dashes', 'E112', added(`x-deep:\n  ${'- '.repeat(63)}«${'- '.repeat(100_000)}`)],
    ['100000-question-marks', 'E112', added(`x-deep:\n  ${'? '.repeat(63)}«${'? '.repeat(100_000)}`)],
    [
      '600-indented-keys',
      'E112',
      added(`x-deep:\n${lines(600, (i) => `${' '.repeat(i + 1)}${i === 63 ? '«' : ''}a:`)}`),
    ],
    [
      '300-indented-lists',
      'E112',
      added(`x-deep:\n${lines(300, (i) => `${' '.repeat(i * 2 + 2)}${i === 63 ? '«' : ''}-`)}`),
    ],
    ['lists-and-maps-in-turn', 'E112', added(`x-deep: ${'[{ a: '.repeat(31)}[«{ a: ${'[{ a: '.repeat(10_000)}`)],
    [
      'in-the-options-of-a-strategy',
      'E112',
      miner(`count: 10, strategy: steady, options: { capacity: ${'['.repeat(60)}«[[${']'.repeat(62)} }`),
    ],
  ],
  aliases: [
    [
      'a-bomb-of-nine-levels',
      'E111',
      added(
        `x-a: &a [x, x]\n${lines(8, (i) => `x-${'bcdefghi'[i]}: &${'bcdefghi'[i]} [«*${'abcdefgh'[i]}, «*${'abcdefgh'[i]}]`)}`,
      ),
    ],
    ['an-alias-to-itself', 'E111', added('x-a: &a [«*a]')],
    ['an-alias-to-nothing', 'E111', changed('seed: 1', 'seed: «*nothing')],
    ['an-alias-as-value', 'E111', changed('eras: 30', 'x-n: &n 30\neras: «*n')],
    ['an-alias-of-a-population', 'E111', added('  - &p { role: miner, count: 1, strategy: steady }\n  - «*p')],
    ['an-alias-as-key', 'E101', added('x-k: &k seed\n«*k : 5')],
    ['8000-aliases', 'E111', added(`x-a: &a 1\nx-b: [${'«*a, '.repeat(100)}${'*a, '.repeat(8_000 - 100)}1]`)],
    ['a-merge-key', 'E111', added('«<<: { seed: 2 }')],
    ['a-merge-key-with-alias', 'E111', added('x-p: &p { val.samples: 5 }\nparams: { «<<: *p }')],
    ['a-merge-key-in-a-mix', 'E111', miner('count: 10, mix: { steady: 100%, «<<: 0% }')],
  ],
  tags: [
    ['a-function', 'E111', added('x-run: !!js/function «"function () { return 1 }"')],
    ['a-python-object', 'E111', added('x-run: !!python/object/apply:os.system «["true"]')],
    ['binary', 'E111', changed('name: study', 'name: !!binary «c3R1ZHk=')],
    ['a-set', 'E111', added('x-set: !!set «{ a, b }')],
    ['a-time', 'E111', added('x-time: !!timestamp «2026-01-01')],
    ['a-tag-of-the-author', 'E111', added('params: !mine «{ val.samples: 5 }')],
    ['a-tag-on-a-key', 'E111', added('!!str «ledger: core')],
    ['the-older-yaml', 'E111', `«%YAML 1.1\n---\n${BASE}`],
    ['a-tag-handle', 'E111', `«%TAG ! tag:example.org,2026:\n---\n${BASE}`],
    ['a-tag-without-a-name', 'E111', changed('seed: 1', 'seed: ! «1')],
  ],
  'reserved keys': [
    ['proto-at-the-top', 'E110', added('«__proto__: { polluted: 1 }')],
    ['constructor-in-inference', 'E110', added('inference: { «constructor: { prototype: 1 } }')],
    ['prototype-in-a-free-map', 'E110', added('x-free: { deep: [{ «prototype: 1 }] }')],
    ['proto-in-params', 'E110', added('params: { «__proto__: { val.samples: 5 } }')],
    ['proto-in-options', 'E110', miner('count: 10, strategy: steady, options: { «__proto__: { capacity: 5 } }')],
    ['constructor-in-a-mix', 'E110', miner('count: 10, mix: { «constructor: 100%, steady: 100% }')],
    ['proto-as-axis', 'E110', added('sweep: { axes: { «__proto__: [1, 2] } }')],
    ['proto-in-the-path-of-an-axis', 'E110', added('sweep: { axes: { «populations.0.__proto__.count: [1, 2] } }')],
    ['proto-written-with-an-escape', 'E110', added('«"\\u005f_proto__": { polluted: 1 }')],
    [
      'proto-in-json',
      'E110',
      `${JSON.stringify({ version: 1, name: 'study' }).slice(0, -1)},«"__proto__":{"polluted":1},"populations":[{"role":"miner","count":1,"strategy":"steady"}]}\n`,
    ],
  ],
  numbers: [
    ['not-a-number', 'E108', changed('seed: 1', 'seed: «.nan')],
    ['infinity', 'E108', changed('eras: 30', 'eras: «.inf')],
    ['minus-infinity', 'E108', added('params: { val.group_size: «-.inf }')],
    ['minus-zero', 'E108', changed('seed: 1', 'seed: «-0')],
    ['an-exponent-beyond-floats', 'E108', miner('count: «1e999, strategy: steady')],
    ['two-to-the-53-plus-one', 'E108', changed('seed: 1', 'seed: «9007199254740993')],
    ['ten-to-the-30', 'E108', miner('count: «1000000000000000000000000000000, strategy: steady')],
    ['250000-digits', 'E108', changed('seed: 1', `seed: «${'9'.repeat(250_000)}`)],
    ['250000-digits-of-tokens', 'E108', added(`params: { node.stake_min: «${'9'.repeat(250_000)} DN }`)],
    ['a-fraction-that-floats-round-away', 'E108', changed('eras: 30', 'eras: «30.00000000000000000001')],
  ],
  encoding: [
    ['utf-16-little-endian', 'E114', { bytes: utf16(BASE, true, true), at: '1:1' }],
    ['utf-16-big-endian', 'E114', { bytes: utf16(BASE, false, true), at: '1:1' }],
    ['utf-16-without-a-mark', 'E114', { bytes: utf16(BASE, true, false), at: '1:2' }],
    ['latin-1', 'E114', { bytes: withBytes(BASE, 17, [0xe9]), at: '2:7' }],
    ['a-cut-letter', 'E114', { bytes: Uint8Array.from([...utf8(`${BASE}x-note: `), 0xe2, 0x82]), at: '10:9' }],
    ['an-overlong-slash', 'E114', { bytes: withBytes(BASE, 17, [0xc0, 0xaf]), at: '2:7' }],
    ['a-surrogate-in-utf-8', 'E114', { bytes: withBytes(BASE, 17, [0xed, 0xa0, 0x80]), at: '2:7' }],
    ['a-null-character', 'E114', changed('name: study', 'name: stu«\u0000dy')],
    ['a-mark-inside-the-text', 'E114', changed('eras: 30', '«\ufefferas: 30')],
    ['gzip', 'E114', { bytes: Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 0]), at: '1:1' }],
  ],
  paths: [
    ['an-absolute-base', 'E123', added('extends: «/etc/passwd')],
    ['a-base-above-the-folder', 'E123', added('extends: «../outside/secret.yaml')],
    ['a-base-above-by-a-detour', 'E123', added('extends: «sub/../../outside/secret.yaml')],
    ['a-base-on-the-network', 'E123', added('extends: «https://example.org/base.yaml')],
    ['a-base-behind-a-link', 'E123', added('extends: «linked.yaml'), {}, { 'linked.yaml': 'outside/secret.yaml' }],
    ['a-base-behind-a-linked-folder', 'E123', added('extends: «there/secret.yaml'), {}, { there: 'outside' }],
    ['a-base-in-a-home-folder', 'E123', added('extends: «~/.profile')],
    ['an-absolute-trace', 'E123', consumer('demand: { trace: «/etc/passwd, format: mooncake }')],
    ['a-trace-above-the-folder', 'E123', consumer('demand: { trace: «../outside/secret.yaml, format: mooncake }')],
    [
      'a-trace-behind-a-link',
      'E123',
      consumer('demand: { trace: «t.jsonl, format: mooncake }'),
      {},
      { 't.jsonl': 'outside/secret.yaml' },
    ],
  ],
  'terminal text': [
    ['an-escape-character', 'E114', added('# «\u001b[2J\u001b[1;1Hvalid')],
    ['an-escape-in-a-metric', 'E114', added('expect: [{ metric: «"a\\e[2J", is: "< 0" }]')],
    ['an-escape-in-a-key', 'E114', added('«"se\\x1bed": 1')],
    ['an-escape-of-eight-bits', 'E114', added('x-note: "a«\u009b2J"')],
    ['a-line-break-in-a-metric', 'E106', added('expect: [{ metric: «"a\\nholds a > 0", is: "< 0" }]')],
    ['letters-in-reverse', 'E102', added('«"se\u202eed": 1')],
    ['letters-that-do-not-show', 'E102', added('«er\u200bas: 5')],
    ['html-as-name', 'E106', changed('name: study', 'name: «<img src=x onerror=alert(1)>')],
    ['html-as-strategy', 'E201', miner('count: 10, strategy: «"</script><script>alert(1)</script>"')],
    ['half-a-letter', 'E114', added('x-note: «"\\ud800"')],
  ],
  'slow reading': [
    ['3000-unknown-keys', 'E102', added(`${lines(100, (i) => `«k${i}: 1`)}\n${lines(2_900, (i) => `j${i}: 1`)}`)],
    [
      '3000-equal-keys',
      'E109',
      added(`ledger: core\n${lines(100, () => '«ledger: core')}\n${lines(2_900, () => 'ledger: core')}`),
    ],
    [
      '3000-unknown-parameters',
      'E102',
      added(`params:\n${lines(100, (i) => `  «val.k${i}: 1`)}\n${lines(2_900, (i) => `  val.j${i}: 1`)}`),
    ],
    [
      '3000-strategies-in-a-mix',
      'E201',
      miner(
        `count: 10, mix: { ${Array.from({ length: 100 }, (_, i) => `«s${i}: 1%`).join(', ')}, ${Array.from({ length: 2_900 }, (_, i) => `t${i}: 1%`).join(', ')} }`,
      ),
    ],
    [
      '700-populations-of-nobody',
      'E201',
      added(
        `${lines(100, (i) => `  - { role: miner, count: 1, strategy: «s${i} }`)}\n${lines(600, (i) => `  - { role: miner, count: 1, strategy: t${i} }`)}`,
      ),
    ],
    [
      'an-axis-of-30000-steps-in-its-path',
      'E112',
      added(`sweep:\n  axes:\n    ? «populations.${'a.'.repeat(30_000)}a\n    : [1, 2]`),
    ],
    [
      'a-thousand-wrong-values-of-an-axis',
      'E106',
      added(
        `sweep: { axes: { val.group_size: [${Array.from({ length: 24 }, (_, i) => `«x${i}`).join(', ')}, ${Array.from({ length: 952 }, (_, i) => `y${i}`).join(', ')}, ${Array.from({ length: 24 }, (_, i) => `«z${i}`).join(', ')}] } }`,
      ),
    ],
    ['200000-blanks-before-a-bracket', 'E101', added(`x-note: ${' '.repeat(200_000)}«]`)],
    ['20000-wrong-escapes', 'E101', added(`x-note: "«${'\\q'.repeat(20_000)}"`)],
    ['5000-brackets-that-nothing-opened', 'E101', added(`x-note: [${'[],'.repeat(3_000)}1]«]${']'.repeat(5_000)}`)],
  ],
};

const SLIPS: Readonly<Record<string, readonly Marked[]>> = {
  'misspelt key': [
    ['seeed', 'E102', changed('seed: 1', '«seeed: 1')],
    ['era', 'E102', changed('eras: 30', '«era: 30')],
    ['ledgr', 'E102', added('«ledgr: core')],
    ['Inference', 'E102', added('«Inference: { mode: replay }')],
    ['pool-samples', 'E102', added('inference: { «pool-samples: 300 }')],
    ['parms', 'E102', added('«parms: { val.samples: 5 }')],
    ['group-sise', 'E102', added('params: { «val.group_sise: 5 }')],
    ['hardwear', 'E102', miner('count: 10, strategy: steady, «hardwear: home')],
    ['poison', 'E102', consumer('demand: { poisson: 1 per slot, «poison: 1 per slot }')],
    ['mettric', 'E102', added('expect: [{ metric: a, is: "< 0", «mettric: b }]')],
  ],
  'misspelt word': [
    ['chian', 'E105', added('ledger: «chian')],
    ['mesure', 'E105', added('inference: { mode: «mesure }')],
    ['gpu', 'E105', added('inference: { device: «gpu }')],
    ['minor', 'E105', changed('role: miner', 'role: «minor')],
    ['datacenter', 'E105', miner('count: 10, strategy: steady, hardware: «datacenter')],
    [
      'azure',
      'E105',
      consumer('demand: { trace: t.csv, format: «azure }'),
      { 't.csv': 'TIMESTAMP,ContextTokens,GeneratedTokens\n' },
    ],
    ['europe', 'E105', added('shocks: [{ at: era 3, kind: outage, region: «europe, lasts: 6h }]')],
    ['blackout', 'E105', added('shocks: [{ at: era 3, kind: «blackout, region: eu, lasts: 6h }]')],
    ['some', 'E105', added('record: { agents: «some }')],
    ['top-botom', 'E105', added('params: { place.policy: «top_botom }')],
  ],
  'unknown strategy': [
    ['stedy', 'E201', miner('count: 10, strategy: «stedy')],
    ['of-another-role', 'E201', miner('count: 10, strategy: «diligent')],
    ['in-a-mix', 'E201', miner('count: 10, mix: { steady: 50%, «chaeter: 50% }')],
    ['with-capital', 'E201', changed('strategy: diligent', 'strategy: «Diligent')],
    ['of-a-consumer', 'E201', changed('strategy: honest', 'strategy: «onest')],
    ['option-capcity', 'E202', miner('count: 10, strategy: steady, options: { «capcity: 5 }')],
    ['option-of-another-strategy', 'E202', miner('count: 10, strategy: steady, options: { «cheat_bps: 50% }')],
    ['option-of-a-validator', 'E202', changed('strategy: diligent', 'strategy: diligent, options: { «skil_bps: 90% }')],
    ['option-with-hyphen', 'E202', miner('count: 10, strategy: steady, options: { «reinvest-bps: 5% }')],
    ['option-word', 'E105', miner('count: 10, strategy: cheater, options: { variant: «en-m9 }')],
  ],
  unit: [
    ['tokens-without', 'E106', added('params: { node.stake_min: «500 }')],
    ['tokens-in-ether', 'E106', added('params: { node.stake_min: «500 ETH }')],
    ['tokens-in-small-letters', 'E106', added('params: { node.stake_min: «500 dn }')],
    ['ratio-without', 'E106', added('params: { val.acc_min: «0.8 }')],
    ['hours-in-words', 'E106', added('params: { val.deadline_s: «24 hours }')],
    ['decimal-comma', 'E106', added('params:\n  trust.flap_penalty: «2,5%')],
    ['wallet-without', 'E106', miner('count: 10, strategy: steady, open: «2000')],
    ['demand-without', 'E106', consumer('demand: { poisson: «0.5 }')],
    ['entry-without', 'E106', miner('count: 10, strategy: steady, enter: «3')],
    ['plain-number-with', 'E106', added('params: { val.group_size: «5 validators }')],
  ],
  range: [
    ['no-eras', 'E107', changed('eras: 30', 'eras: «0')],
    ['too-many-eras', 'E107', changed('eras: 30', 'eras: «40000')],
    ['negative-seed', 'E107', changed('seed: 1', 'seed: «-1')],
    ['nobody', 'E107', miner('count: «0, strategy: steady')],
    ['share-of-101-percent', 'E107', added('params: { val.audit_bps: «101% }')],
    ['negative-tokens', 'E107', added('params: { deleg.min: «-1 DN }')],
    ['deadline-of-a-minute-less', 'E107', added('params: { val.deadline_s: «59s }')],
    ['capacity-of-5000', 'E107', miner('count: 10, strategy: steady, options: { capacity: «5000 }')],
    ['pool-of-nothing', 'E107', added('inference: { pool_samples: «0 }')],
    ['backward-seeds', 'E107', added('sweep: { axes: { val.samples: [5, 10] }, seeds: «30..1 }')],
  ],
  'wrong type': [
    ['eras-as-text', 'E104', changed('eras: 30', 'eras: «"30"')],
    ['eras-with-fraction', 'E104', changed('eras: 30', 'eras: «1.5')],
    ['grouped-digits', 'E104', changed('eras: 30', 'eras: «1_000')],
    ['name-as-number', 'E104', changed('name: study', 'name: «12')],
    ['list-for-a-map', 'E104', added('«inference: [replay]')],
    ['map-for-a-list', 'E104', added('«shocks: { at: era 3 }')],
    ['word-for-a-population', 'E104', added('  - «miner')],
    ['yes-for-true', 'E104', added('modules: { deepnode: «yes }')],
    ['list-for-a-parameter', 'E104', added('params: { «val.samples: [5, 10] }')],
    ['number-for-extends', 'E104', added('extends: «5')],
  ],
  'missing part': [
    ['no-version', 'E103', `«${BASE.replace('version: 1\n', '')}`],
    ['no-name', 'E103', `«${BASE.replace('name: study\n', '')}`],
    ['no-populations', 'E103', '«version: 1\nname: study\n'],
    ['no-role', 'E103', added('  - «{ count: 1, strategy: steady }')],
    ['no-count', 'E103', added('  - «{ role: miner, strategy: steady }')],
    ['no-strategy', 'E213', added('  - «{ role: miner, count: 1 }')],
    [
      'no-trace-format',
      'E103',
      consumer('«demand: { trace: t.csv }'),
      { 't.csv': 'TIMESTAMP,ContextTokens,GeneratedTokens\n' },
    ],
    ['no-region', 'E103', added('shocks:\n  - «{ at: era 1, kind: outage, lasts: 6h }')],
    ['no-seed-after-the-colon', 'E116', changed('seed: 1', '«seed:')],
    ['nothing-but-comments', 'E115', '«# version: 1\n# name: study\n'],
  ],
  syntax: [
    ['open-quote', 'E101', added('ledger: «"core')],
    ['open-bracket', 'E101', added('shocks: «[\nrecord: { agents: none }')],
    ['open-brace', 'E101', added('chain: «{ signed_share: 1%')],
    ['tab', 'E101', added('chain:\n«\tsigned_share: 1%')],
    ['two-colons', 'E101', added('ledger: «core: chain')],
    ['percent-first', 'E101', added('x-note: «%5')],
    ['comparison-without-quotes', 'E101', added('expect:\n  - metric: a\n    is: > «0')],
    ['key-twice', 'E109', added('«seed: 2')],
    ['indented-too-little', 'E101', added('chain:\n    signed_share: 1%\n«  x-note: 1')],
    ['two-scenarios', 'E115', added(`«---\n${BASE}`)],
  ],
  contradiction: [
    ['mix-of-99-percent', 'E203', miner('count: 10, «mix: { steady: 50%, cheater: 49% }')],
    ['levels-of-90-percent', 'E203', added('inference: { «levels: { medium: 50%, hard: 40% } }')],
    ['fees-of-101-percent', 'E204', added('params: { dn.split_bps.node: «51% }')],
    ['wallets-beyond-the-supply', 'E205', miner('count: 10, strategy: steady, open: «9000000 DN')],
    ['supply-beyond-the-ledger', 'E206', added('params: { econ.max_supply: «9000000000 DN, token.decimals: 7 }')],
    ['slot-too-short', 'E210', added('params: { time.slot_s: «1800, hb.interval_s: 600 }')],
    ['entry-after-the-end', 'E211', miner('count: 10, strategy: steady, enter: «era 30')],
    ['outage-of-half-a-slot', 'E214', added('shocks: [{ at: era 3, kind: outage, region: eu, lasts: «90m }]')],
    ['good-slower-than-bad', 'E215', added('params: { trust.speed_ms_good: «500ms }')],
    ['strategy-and-mix', 'E213', miner('count: 10, strategy: steady, «mix: { steady: 100% }')],
  ],
  'wrong place': [
    ['parameter-at-the-top', 'E102', added('«val.samples: 5')],
    ['hardware-of-a-validator', 'E212', changed('strategy: diligent', 'strategy: diligent, «hardware: home')],
    ['demand-of-a-miner', 'E212', miner('count: 10, strategy: steady, «demand: { poisson: 1 per slot }')],
    ['speedup-of-poisson', 'E213', consumer('demand: { poisson: 1 per slot, «speedup: 2 }')],
    ['poisson-and-trace', 'E213', consumer('«demand: { poisson: 1 per slot, trace: t.csv, format: mooncake }')],
    ['base-that-is-not-there', 'E120', added('extends: «bsae.yaml')],
    ['preset-that-is-not-there', 'E120', added('extends: «preset:minimum')],
    ['trace-that-is-not-there', 'E208', consumer('demand: { trace: «t.csv, format: mooncake }')],
    [
      'trace-of-another-format',
      'E209',
      consumer('demand: { trace: «t.csv, format: mooncake }'),
      { 't.csv': 'TIMESTAMP,ContextTokens,GeneratedTokens\n' },
    ],
    [
      'scenario-that-extends-itself',
      'E121',
      { base: 'd.yaml', at: '1:10' },
      {
        '': added('extends: b.yaml'),
        'b.yaml': 'extends: c.yaml\n',
        'c.yaml': 'extends: d.yaml\n',
        'd.yaml': 'extends: b.yaml\n',
      },
    ],
  ],
};

function badScenario(kind: BadScenario['kind'], group: string, marked: Marked): BadScenario {
  const [title, code, content, files = {}, links = {}] = marked;
  const { '': own, ...beside } = files as Readonly<Record<string, string>>;
  const common = { kind, group, title, code, files: beside, links };
  if (typeof content === 'string') {
    const { text, places } = readMarks(content);
    return { ...common, content: text, places };
  }
  return 'bytes' in content
    ? { ...common, content: content.bytes, places: [content.at] }
    : { ...common, content: own!, places: [`${content.base}:${content.at}`] };
}

/** All of them, attacks first. */
export const BAD_SCENARIOS: readonly BadScenario[] = [
  ...Object.entries(ATTACKS).flatMap(([group, list]) => list.map((marked) => badScenario('attack', group, marked))),
  ...Object.entries(SLIPS).flatMap(([group, list]) => list.map((marked) => badScenario('slip', group, marked))),
];

/** `attack-reserved-keys-proto-in-params.yaml` */
export function badFileName({ kind, group, title }: BadScenario): string {
  return `${kind}-${group.replaceAll(' ', '-')}-${title}.yaml`;
}
