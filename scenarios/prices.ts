/**
 * Recorded prices of the foreign assets, for `oracle.model: file`: a table of three columns, one row per time slot, read
 * exactly into thousandths of a token, or everything that is wrong with it, with places. What a price does, it does not know.
 */
import type { RecordedPrices } from '../sim/engine/scenario.ts';
import { PARAMS } from '../sim/protocol/params.ts';
import type { IssueList } from './issues.ts';
import { pathBelow, type ReadFile, readNamed } from './merge.ts';
import type { ParamValues } from './params.ts';
import type { MapTree } from './parseTree.ts';
import { scalarOf } from './populations.ts';
import { createSource, lineOf, type Place, type Source } from './positions.ts';
import { formatDecimal } from './units.ts';

type Row = RecordedPrices['rowsMil'][number];
/** What a table holds, or what is wrong with it: each with its place. */
type Table = {
  readonly rowsMil: readonly Row[];
  readonly problems: readonly {
    readonly place: Place;
    readonly message: string;
    readonly allowed: string;
    readonly fix: string;
  }[];
};

/** Reads the prices that a scenario names; each file is parsed once, however many values of a sweep are judged with it. */
export type PriceReader = {
  /** @returns the file's text and rows; null with the reason flagged */
  read(
    written: string,
    place: Place,
    read: ReadFile,
    issues: IssueList,
  ): { readonly path: string; readonly text: string; readonly rowsMil: readonly Row[] } | null;
};

/** A row for each slot of the longest run there may be, and room to spare. */
const LARGEST_BYTES = 64 * 1024 * 1024;
const COLUMNS = ['asset1', 'asset2', 'asset3'] as const;
const HEADER = COLUMNS.join(',');
const PATH_ALLOWED = 'a relative path with "/" that stays in the folder of the scenario';
/** As many as a list of issues shows. */
const MOST_PROBLEMS = 101;
const PRICE_DECIMALS = 3;

/** Least and highest price of each asset, in thousandths: those of the parameters with which it would stand still. */
const RANGES_MIL = COLUMNS.map((_, i) => {
  const { min, max } = PARAMS.find(({ key }) => key === `oracle.price_mil.${i + 1}`)!;
  return [min, max] as const;
});

function rangeText(column: number): string {
  const [least, most] = RANGES_MIL[column]!;
  return `${formatDecimal(least, PRICE_DECIMALS)} to ${formatDecimal(most, PRICE_DECIMALS)} tokens per unit, with at most 3 digits after the point`;
}

function shown(text: string): string {
  return `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`;
}

/** A price in thousandths of a token. @returns null if the text is none */
function readMil(text: string): number | null {
  const match = /^(\d{1,9})(?:\.(\d{1,3})0*)?$/.exec(text);
  return match === null ? null : Number(match[1]) * 1_000 + Number((match[2] ?? '').padEnd(PRICE_DECIMALS, '0'));
}

function parseTable(source: Source): Table {
  const rowsMil: Row[] = [];
  const problems: Table['problems'][number][] = [];
  const flag = (from: number, to: number, message: string, allowed: string, fix: string): void => {
    problems.push({ place: { source, from, to: Math.max(to, from + 1) }, message, allowed, fix });
  };
  const lineCount = source.lineStarts.length;
  const header = lineOf(source, 1);
  if (header.replace(/^\uFEFF/, '') !== HEADER)
    flag(0, header.length, `the first line is ${shown(header)}`, HEADER, `begin the file with the line ${HEADER}`);
  for (let line = 2; line <= lineCount && problems.length < MOST_PROBLEMS; line++) {
    const text = lineOf(source, line);
    // The end of the last line begins none.
    if (text === '' && line === lineCount) break;
    const start = source.lineStarts[line - 1]!;
    const fields = text.split(',');
    if (fields.length !== COLUMNS.length) {
      const what = text === '' ? 'the line is empty' : `the line has ${fields.length} of 3 columns`;
      flag(start, start + text.length, what, HEADER, 'write three prices with commas between them, or remove the line');
      continue;
    }
    const row = fields.map(readMil);
    let at = start;
    fields.forEach((field, column) => {
      const mil = row[column]!;
      const [least, most] = RANGES_MIL[column]!;
      if (row[column] === null || mil < least || mil > most)
        flag(
          at,
          at + field.length,
          `${COLUMNS[column]} is ${shown(field)}`,
          rangeText(column),
          'write a price in this range, such as 48.6',
        );
      at += field.length + 1;
    });
    rowsMil.push(row as unknown as Row);
  }
  if (rowsMil.length === 0 && problems.length === 0)
    flag(
      0,
      header.length,
      'there is no row of prices',
      'one row per time slot, at least one',
      'add a row; the last one stays',
    );
  return { rowsMil, problems };
}

/** @param labelOf  how messages name a file that lies at a path below the scenario's folder */
export function createPriceReader(labelOf: (path: string) => string): PriceReader {
  const tables = new Map<string, Table>();
  return {
    read(written, place, read, issues) {
      const path = pathBelow(written, place, PATH_ALLOWED, issues);
      if (path === null) return null;
      const fix = `looked for ${path} from the folder of the scenario`;
      const advice = { code: 'E218', what: 'the prices', allowed: PATH_ALLOWED, fix } as const;
      const text = readNamed(written, path, place, read, LARGEST_BYTES, advice, issues);
      if (text === null) return null;
      const table = tables.get(path) ?? parseTable(createSource(labelOf(path), '', text));
      tables.set(path, table);
      for (const { place: at, message, allowed, fix: repair } of table.problems)
        issues.flag('E219', at, message, { allowed, fix: repair });
      return { path, text, rowsMil: table.rowsMil };
    },
  };
}

const FILE = 'file';

/**
 * Reads `prices`, and holds it against `oracle.model`: one is nothing without the other.
 *
 * @param texts  takes the text of the file, by its path
 */
export function readPrices(
  root: MapTree,
  params: ParamValues,
  reader: PriceReader,
  read: ReadFile,
  texts: Map<string, string>,
  issues: IssueList,
): RecordedPrices | undefined {
  const { options } = PARAMS.find(({ key }) => key === 'oracle.model')!;
  const model = options![params.value('oracle.model')]!;
  const entry = root.entries.get('prices');
  if (entry === undefined) {
    const place = params.placeOf(['oracle.model']);
    if (model === FILE && place !== null)
      issues.flag('E103', place, '"prices" is missing: oracle.model is file', {
        allowed: `prices: and ${PATH_ALLOWED}`,
        fix: 'name a file of prices, such as prices: prices.csv, or choose another oracle.model',
      });
    return undefined;
  }
  const scalar = scalarOf(root, 'prices');
  if (scalar === undefined || typeof scalar.value !== 'string' || scalar.value === '') return undefined;
  const found = reader.read(scalar.value, scalar.place, read, issues);
  if (model !== FILE)
    issues.flag('W308', entry.keyPlace, `the prices have no effect: oracle.model is ${model}`, {
      fix: 'add oracle.model: file to params, or remove prices',
    });
  if (found === null) return undefined;
  texts.set(found.path, found.text);
  return { path: found.path, rowsMil: found.rowsMil };
}
