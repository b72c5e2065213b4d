/**
 * Every loop of the contracts ends after a number of rounds that nobody can raise: it runs over a constant, over a list that
 * the caller has paid for, over the chunk [from, to) of a step, or it is listed here with what bounds it. What the largest of
 * them cost is measured in `contracts/test/Bounds.t.sol`, `Orders.t.sol` and `Fizz.t.sol`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repoRoot } from './repoRoot.ts';

type Loop = {
  readonly line: number;
  /** What stands between the keyword and the body, in one line. */
  readonly header: string;
  /** The signature of the function around it. */
  readonly within: string;
};

/** The source with comments and strings blanked out; lines stay where they are. */
function withoutComments(source: string): string {
  return source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"/g, (text) => text.replace(/[^\n]/g, ' '));
}

/** Index behind the bracket that closes the one at `open`. */
function behind(source: string, open: number): number {
  let depth = 0;
  for (let i = open; i < source.length; i++) {
    if ('({'.includes(source[i]!)) depth++;
    else if (')}'.includes(source[i]!) && --depth === 0) return i + 1;
  }
  throw new Error(`no end of the bracket at ${open}`);
}

/** Loops of Solidity and of its assembly; of `do … while`, the condition. */
function loopsOf(source: string): Loop[] {
  const text = withoutComments(source);
  return [...text.matchAll(/\b(?:for|while)\s*([({])/g)].map((match) => {
    const open = match.index + match[0].length - 1;
    const isAssembly = match[1] === '{';
    const end = behind(text, open);
    const header = isAssembly ? text.slice(end, text.indexOf('{', end)) : text.slice(open + 1, end - 1);
    const before = text.slice(0, match.index);
    const start = Math.max(before.lastIndexOf('function '), before.lastIndexOf('constructor('));
    return {
      line: before.split('\n').length,
      header: header.replace(/\s+/g, ' ').trim(),
      within: text.slice(start, text.indexOf('{', start)),
    };
  });
}

/** True if the header itself says that the loop is bounded. */
function isBoundedByForm({ header, within }: Loop): boolean {
  const condition = header.includes(';') ? header.split(';')[1]!.trim() : header;
  // A number, or a constant, whose names are all capitals.
  if (/^(?:\w+ )?\w+ (?:<|<=|>=) (?:\d+|[A-Z][A-Z0-9_]*)$/.test(condition)) return true;
  if (/^lt\(i, \d+\)$/.test(condition)) return true;
  // The chunk of a step.
  if (/^\w+ (?:<|<=) to(?: - from)?$/.test(condition) && /\bfrom\b/.test(within)) return true;
  const list = /^\w+ < (\w+)\.length$/.exec(condition)?.[1];
  return list !== undefined && new RegExp(`calldata ${list}\\b`).test(within);
}

/** Loops whose headers do not say it, by file and condition, and what bounds them. */
const BOUNDED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Bls.sol': {
    'uint256 i = 1; i < count; ++i': 'signers of a certificate: seats of a committee, or a list of the caller',
    'uint256 j; j < count; ++j': 'groups of a certificate: at most one for each seat',
  },
  'Challenges.sol': {
    'uint256 group; group < c.groups; ++group': 'at most one group for each seat (chal.n)',
    '(wrong >> seat) & 1 == 0': 'a bit of the word is set',
    'uint256 target; target < c.targets; ++target': 'MAX_TARGETS',
    'uint256 seat; seat < c.seatCount; ++seat': 'seats of a committee (chal.n)',
    'uint64 i; i < signerCount; ++i': 'a list of the caller: its length is compared before',
    'uint256 i = 1; i <= last; ++i': 'challenges of a slot: MAX_TARGETS',
    '; mask != 0; mask &= mask - 1': 'bits of a word',
    'uint256 i = 1; i <= retries; ++i': 'challenges of the slot before: MAX_TARGETS',
    'uint256 looks; looks < MAX_LOOKS && s.count < end; ++looks': 'MAX_LOOKS',
    '; poor.known < scans; ++poor.known': 'POOR_WINDOW',
    'uint256 i = 1; i < scans; ++i': 'POOR_WINDOW',
    'uint256 i; i < s.count; ++i': 'MAX_TARGETS',
    'uint256 seat; seat < licences.length; ++seat': 'seats of a committee (chal.n)',
  },
  'Committee.sol': {
    'uint64 v = 1; v <= covered; ++v': 'MAX_WALK: a longer registry is not walked',
    'uint256 k; k < last && filled < draw.seats; ++k': 'draws for each seat of a group (val.group_size)',
    'uint256 i; i < filled; ++i': 'seats of a group (val.group_size)',
    'uint256 i; i < list.length; ++i': 'members of the group before (val.group_size)',
  },
  'Consensus.sol': {
    'uint256 i; i < count; ++i': 'members of a group (val.group_size)',
    'uint256 j; j < count; ++j': 'members of a group (val.group_size)',
  },
  'Extsload.sol': {
    'lt(i, count)': 'a view: words that the caller asks for',
  },
  'Fixed.sol': {
    'uint256 i; i < times; ++i': 'an exponent out of a parameter',
  },
  'Hosting.sol': {
    'uint64 host; host < replicas; ++host': 'place.replicas',
  },
  'Leases.sol': {
    'lt(from, add(l, 1024))': 'words of a record',
  },
  'Liveness.sol': {
    'uint256 i = 1; i < slots; ++i': 'chal.fail_forfeit_slots',
    '; certificates > 0; certificates &= certificates - 1': 'three bits',
  },
  'Matching.sol': {
    '; certificates > 0; certificates &= certificates - 1': 'three bits',
  },
  'Models.sol': {
    'uint64 host; host < replicas; ++host': 'place.replicas',
  },
  'Orders.sol': {
    'uint64 i = OPERATOR_SEATS; i > 0; --i': 'OPERATOR_SEATS',
    'uint64 bid = o.lastBid; bid != 0; bid = bids[bid].previous':
      'bids of an order (order.max_bids): one that is replaced leaves the list',
    'count < kept': 'SLASHED_ERAS',
    '; mask != 0; mask &= mask - 1': 'bits of a set of seats',
  },
  'Packed.sol': {
    'lt(i, fieldCount)': 'fields of a record, a constant of the caller',
  },
  'Params.sol': {
    'uint256 i; i < values.length; ++i': 'genesis: the parameters that there are',
    'uint256 i; i < count; ++i': 'a view: parameters that the caller asks for',
  },
  'Placement.sol': {
    '; scans != 0; --scans': 'MAX_SCAN',
  },
  'ProviderView.sol': {
    'lt(from, last)': 'words of a record',
  },
  'SlarkLicence.sol': {
    'uint256 i; i < licences.length; ++i': 'a list of the caller',
  },
  'Slarks.sol': {
    'uint64 class = 1; from > 0 && class <= SLARK_TIERS; ++class': 'SLARK_TIERS',
    '; filled < size; ++filled': 'seats of a committee (chal.n)',
    'uint256 i; i < foundationLicences.length; ++i': 'slark.foundation_nodes',
    'uint256 i; i < filled; ++i': 'seats of a committee (chal.n)',
  },
  'Tasks.sol': {
    'uint256 i; i < group.length; ++i': 'members of a group (val.group_size)',
    'uint256 i; i < count; ++i': 'members of the group before (val.group_size)',
  },
  'Tiers.sol': {
    'collateralUnits <= stakeUnits(v, tier, scaleBps)': 'PROVIDER_TIERS: the collateral covers the last of them',
    '; to < tier; ++to': 'PROVIDER_TIERS',
  },
  'Validators.sol': {
    'low < high': 'a binary search',
  },
};
const folder = join(repoRoot(), 'contracts', 'src');
const files = readdirSync(folder).filter((file) => file.endsWith('.sol'));
const loops = files.flatMap((file) =>
  loopsOf(readFileSync(join(folder, file), 'utf8')).map((loop) => ({ file, ...loop })),
);

describe('the loops of the contracts', () => {
  it('are each bounded by a constant, a list of the caller, a chunk, or a limit that is named here', () => {
    expect(loops.length).toBeGreaterThan(100);
    const unbounded = loops.filter((loop) => !isBoundedByForm(loop) && BOUNDED[loop.file]?.[loop.header] === undefined);
    expect(unbounded.map(({ file, line, header }) => `${file}:${line}: ${header}`)).toEqual([]);
  });

  it('leave nothing on the list that is no longer there', () => {
    const listed = Object.entries(BOUNDED).flatMap(([file, headers]) =>
      Object.keys(headers).map((header) => ({ file, header })),
    );
    const gone = listed.filter(
      ({ file, header }) => !loops.some((loop) => loop.file === file && loop.header === header),
    );
    expect(gone).toEqual([]);
  });
});

describe('loopsOf', () => {
  const inFunction = (signature: string, loop: string) =>
    loopsOf(`contract C { function f(${signature}) { ${loop} {} } }`);

  it('finds loops of Solidity and of assembly, and none in comments', () => {
    const source = '// for (;;) {}\n/* while (true) {} */ for (uint256 i; i < a(b); ++i) {}\ndo ++i; while (i < 3);';
    expect(loopsOf(source).map(({ line, header }) => [line, header])).toEqual([
      [2, 'uint256 i; i < a(b); ++i'],
      [3, 'i < 3'],
    ]);
    expect(loopsOf('for { let i := 0 } lt(i, 8) { i := add(i, 1) } {}')[0]!.header).toBe('lt(i, 8)');
  });

  it.each([
    ['', 'for (uint256 i; i < 8; ++i)', true],
    ['', 'for (uint256 i = 1; i <= CLASS_COUNT; ++i)', true],
    ['uint64 from, uint64 to', 'for (uint64 i = from + 1; i <= to; ++i)', true],
    ['uint64[] calldata list', 'for (uint256 i; i < list.length; ++i)', true],
    ['uint64 to', 'for (uint64 i; i <= to; ++i)', false],
    ['uint64[] memory list', 'for (uint256 i; i < list.length; ++i)', false],
    ['', 'for (uint64 i = 1; i <= totals.nodeCount; ++i)', false],
    ['', 'while (true)', false],
  ])('given (%s), %s: bounded by its form is %s', (signature, loop, expected) => {
    expect(inFunction(signature, loop).map(isBoundedByForm)).toEqual([expected]);
  });
});
