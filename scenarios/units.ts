/**
 * Quantities as people write them (`500 DN`, `20%`, `24h`), exact in both directions and without floating point on the
 * way. Decides the spelling of every unit; which values make sense is the registry's business.
 */
import type { ParamUnit } from '../sim/protocol/params.ts';
import type { IssueCode } from './issues.ts';

export type QuantityUnit = Exclude<ParamUnit, 'choice'>;

/** How a unit is written. `digits` is the number of decimals that the integer behind it can hold of the last word. */
type Grammar = {
  /** Words of the unit with their worth in the stored integer; the last one is used in examples. */
  readonly words: readonly (readonly [word: string, worth: bigint])[];
  /** Bare integers are the normal way to write it. */
  readonly bare: boolean;
  readonly allowed: string;
};

const GRAMMARS: Readonly<Record<QuantityUnit, Grammar>> = {
  // The worth of a token depends on token.decimals; see wordsOf.
  tokens: { words: [['DN', 1_000_000n]], bare: false, allowed: 'an amount of tokens such as 500 DN or 0.5 DN' },
  bps: { words: [['%', 100n]], bare: false, allowed: 'a share such as 20% or 2.5%' },
  fp: { words: [['%', 10_000_000n]], bare: false, allowed: 'a ratio such as 80% or 99.5%' },
  ppb: {
    words: [
      ['ppb', 1n],
      ['%', 10_000_000n],
    ],
    bare: false,
    allowed: 'a relative distance such as 50000ppb or 0.005%',
  },
  mil: { words: [['x', 1_000n]], bare: false, allowed: 'a factor such as 1.5x' },
  s: {
    words: [
      ['s', 1n],
      ['m', 60n],
      ['h', 3_600n],
      ['d', 86_400n],
    ],
    bare: false,
    allowed: 'a duration such as 30s, 90m, 24h or 7d',
  },
  ms: {
    words: [
      ['ms', 1n],
      ['s', 1_000n],
      ['m', 60_000n],
    ],
    bare: false,
    allowed: 'a duration such as 100ms, 2s or 1m',
  },
  eras: {
    words: [
      ['era', 1n],
      ['eras', 1n],
    ],
    bare: false,
    allowed: 'a number of eras such as 7 eras',
  },
  slots: {
    words: [
      ['slot', 1n],
      ['slots', 1n],
    ],
    bare: false,
    allowed: 'a number of time slots such as 12 slots',
  },
  count: { words: [], bare: true, allowed: 'a whole number' },
  quarters: { words: [], bare: true, allowed: 'a whole number of quarters: 4 is an exponent of 1' },
  tenths: { words: [], bare: true, allowed: 'a whole number of tenths: 50 is 5.0' },
  milliTokens: { words: [], bare: true, allowed: 'a whole number of thousandths of a token' },
  percent: { words: [], bare: true, allowed: 'a whole number of hundredths: 95 is 95 %' },
};

/** Decimals of the token where a scenario may change them. */
export type QuantityForm = {
  readonly unit: QuantityUnit;
  /** A bare integer is taken too, as the key ends in its unit. */
  readonly bare: boolean;
  /** Of the token; matters for tokens only. */
  readonly decimals: number;
};

export type QuantityResult =
  | {
      readonly ok: true;
      /** The stored integer, of any size: base units, bps, FP, seconds, … */
      readonly amount: bigint;
    }
  | { readonly ok: false; readonly code: IssueCode; readonly reason: string; readonly fix: string };

/**
 * Whether the key itself names the unit, so that a bare integer is unmistakable: `val.deadline_s`, `econ.alloc_bps.team`,
 * `drift_mil_per_era`.
 */
export function namesItsUnit(key: string): boolean {
  return key.split('.').some((part) => /_(eras?|bps|ppb|s|ms|mil)(_per_[a-z]+)?$/.test(part));
}

function wordsOf(form: QuantityForm): Grammar['words'] {
  return form.unit === 'tokens' ? [['DN', 10n ** BigInt(form.decimals)]] : GRAMMARS[form.unit].words;
}

/** What may be written, for a message. */
export function describeForm(unit: QuantityUnit, bare: boolean): string {
  const grammar = GRAMMARS[unit];
  return bare && !grammar.bare ? `${grammar.allowed}, or the bare number` : grammar.allowed;
}

/** Regular expression (without anchors of its own) of the text form; null for units that are written bare only. */
export function textPattern(unit: QuantityUnit): string | null {
  const { words } = GRAMMARS[unit];
  return words.length === 0 ? null : `^\\d+(_\\d+)*(\\.\\d+)? ?(${words.map(([word]) => word).join('|')})$`;
}

/** Whether a bare integer may be written. */
export function takesBare(form: QuantityForm): boolean {
  return form.bare || GRAMMARS[form.unit].bare;
}

/** Words that people write instead of the unit. */
const LONG_FORMS: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
  percent: '%',
  token: 'DN',
  tokens: 'DN',
});

const exampleWord = (form: QuantityForm): string => wordsOf(form)[wordsOf(form).length - 1]![0];

function refuse(code: IssueCode, reason: string, fix = ''): QuantityResult {
  return { ok: false, code, reason, fix };
}

/**
 * Reads a quantity.
 *
 * @param value  what the YAML held: an integer, a text, or anything else, which is refused
 * @returns the stored integer, or why not; never a rounded value
 */
export function parseQuantity(value: unknown, form: QuantityForm): QuantityResult {
  const words = wordsOf(form);
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) {
      return words.length === 0
        ? refuse('E104', `${value} is not a whole number`)
        : refuse(
            'E106',
            `${value} has no unit`,
            `write ${value}${form.unit === 'bps' || form.unit === 'fp' ? '' : ' '}${exampleWord(form)}`,
          );
    }
    if (value < 0) return refuse('E107', `${value} is negative`);
    if (takesBare(form)) return { ok: true, amount: BigInt(value) };
    const word = exampleWord(form);
    return refuse('E106', `${value} has no unit`, `write ${value}${/^[a-zA-Z]{2}/.test(word) ? ' ' : ''}${word}`);
  }
  if (typeof value !== 'string') return refuse('E104', 'this is neither text nor a number');
  const text = value.trim();
  const match = /^(\d+(?:_\d+)*)(?:\.(\d+))? ?([^\s\d._]*)$/.exec(text);
  if (match === null) {
    if (/^-/.test(text)) return refuse('E107', `"${text}" is negative`);
    const comma = /^(\d+),(\d+ ?\D*)$/.exec(text);
    if (comma !== null) return refuse('E106', `"${text}" has a decimal comma`, `write ${comma[1]}.${comma[2]}`);
    return refuse('E106', `"${text}" is not a quantity`);
  }
  const [, whole = '', fraction = '', word = ''] = match;
  if (word === '') {
    if (words.length === 0 || takesBare(form)) {
      return fraction === ''
        ? refuse('E104', `"${text}" is text`, `write ${whole} without quotes`)
        : refuse('E104', `"${text}" is not a whole number`);
    }
    const example = exampleWord(form);
    return refuse('E106', `"${text}" has no unit`, `write ${text}${/^[a-zA-Z]{2}/.test(example) ? ' ' : ''}${example}`);
  }
  const unit = words.find(([name]) => name === word);
  if (unit === undefined) {
    if (words.length === 0) return refuse('E106', `"${text}" has a unit, but this is a plain number`, `write ${whole}`);
    const short = LONG_FORMS[word.toLowerCase()] ?? word;
    const meant = words.find(([name]) => name.toLowerCase() === short.toLowerCase());
    return refuse('E106', `"${word}" is no unit of this value`, meant === undefined ? '' : `write "${meant[0]}"`);
  }
  // Beyond 40 digits nothing can be in range, and BigInt need not read them.
  if (whole.length + fraction.length > 40) return refuse('E108', 'the number has too many digits');
  const digits = BigInt(`${whole.replaceAll('_', '')}${fraction}`) * unit[1];
  const scale = 10n ** BigInt(fraction.length);
  if (digits % scale !== 0n) return refuse('E108', `"${text}" is finer than the ledger counts`, finestOf(form));
  const amount = digits / scale;
  return { ok: true, amount };
}

function finestOf(form: QuantityForm): string {
  if (form.unit === 'tokens') return `use at most ${form.decimals} digits after the point`;
  if (form.unit === 'bps') return 'use at most 2 digits after the point';
  if (form.unit === 'fp') return 'use at most 7 digits after the point';
  if (form.unit === 'mil') return 'use at most 3 digits after the point';
  return `write it in ${wordsOf(form)[0]![0]}`;
}

/** An integer of 10^−digits as a decimal, without trailing zeros: (250, 2) is 2.5. */
export function formatDecimal(amount: number | bigint, digits: number): string {
  const text = String(amount).padStart(digits + 1, '0');
  const fraction = text.slice(text.length - digits).replace(/0+$/, '');
  const whole = text.slice(0, text.length - digits);
  return digits === 0 || fraction === '' ? (digits === 0 ? text : whole) : `${whole}.${fraction}`;
}

/** A stored integer as it is written in a scenario: `parseQuantity` of it is the same integer. */
export function formatQuantity(amount: number | bigint, form: QuantityForm): number | string {
  if (takesBare(form)) return Number(amount);
  switch (form.unit) {
    case 'tokens':
      return `${formatDecimal(amount, form.decimals)} DN`;
    case 'bps':
      return `${formatDecimal(amount, 2)}%`;
    case 'fp':
      return `${formatDecimal(amount, 7)}%`;
    case 'mil':
      return `${formatDecimal(amount, 3)}x`;
    case 'eras':
    case 'slots':
      return `${amount} ${Number(amount) === 1 ? form.unit.slice(0, -1) : form.unit}`;
    default: {
      const fitting = wordsOf(form).filter(([, worth]) => BigInt(amount) % worth === 0n);
      const [word, worth] = Number(amount) === 0 ? wordsOf(form)[0]! : fitting[fitting.length - 1]!;
      return `${BigInt(amount) / worth}${word}`;
    }
  }
}
