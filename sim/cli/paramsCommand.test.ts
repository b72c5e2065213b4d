import { describe, expect, it } from 'vitest';
import { PARAMS } from '../protocol/params.ts';
import { UsageError } from './exitCodes.ts';
import { findParams, paramsCommand, renderParams } from './paramsCommand.ts';
import { outputOf } from './testOutput.ts';

const keysOf = (wanted?: string): string[] => findParams(wanted).map(({ key }) => key);

function refusalOf(wanted: string): string {
  try {
    findParams(wanted);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  return 'accepted';
}

describe('findParams', () => {
  it('given nothing > all of the registry, groups whole, in the registry’s order within a group', () => {
    const keys = keysOf();
    expect([...keys].sort()).toEqual(PARAMS.map(({ key }) => key).sort());
    const groups = keys.map((key) => key.split('.')[0]);
    expect(groups.filter((group, i) => group !== groups[i - 1])).toEqual([...new Set(groups)]);
    expect(keys.filter((key) => key.startsWith('val.'))).toEqual(
      PARAMS.map(({ key }) => key).filter((key) => key.startsWith('val.')),
    );
  });

  it('given a key > that parameter alone, also where longer keys begin so', () => {
    expect(keysOf('powr.exp4.a')).toEqual(['powr.exp4.a']);
    expect(keysOf('val.slash_copy_bps')).toEqual(['val.slash_copy_bps']);
  });

  it('given a beginning > all keys with it', () => {
    expect(keysOf('trust.w_bps')).toHaveLength(5);
    expect(keysOf('deleg')).toEqual(PARAMS.map(({ key }) => key).filter((key) => key.startsWith('deleg')));
  });

  it.each([
    ['val.group_sise', 'did you mean "val.group_size"?'],
    ['trsut', 'did you mean "trust"?'],
    ['VAL.GROUP_SIZE', 'did you mean "val.group_size"?'],
    ['qqqqqqqqqq', 'Groups: token, time'],
  ])('given %s > names what was meant', (wanted, meant) => {
    expect(refusalOf(wanted)).toContain(meant);
  });
});

describe('renderParams', () => {
  it('says unit, range, default and source of every parameter, in columns that are aligned', () => {
    const text = renderParams(findParams(undefined), false);
    for (const { key, unit, source, note } of PARAMS) {
      expect(text).toMatch(new RegExp(`^${key.replaceAll('.', '\\.')} .* ${unit} +${source}$`, 'm'));
      expect(text).toContain(note);
    }
    const columns = text.split('\n').filter((line) => /^[a-z0-9]+\.[a-z0-9_.]+ /.test(line));
    expect(columns).toHaveLength(PARAMS.length);
    const unitColumn = text.split('\n')[0]!.indexOf('unit');
    expect(new Set(columns.map((line) => line[unitColumn - 1]))).toEqual(new Set([' ']));
    expect(columns.every((line) => line[unitColumn] !== ' ')).toBe(true);
  });

  it('writes values as a scenario writes them, and lists the words of a choice', () => {
    expect(renderParams(findParams('node.stake_min'), false)).toMatch(/500 DN {2}0 DN … 1000000 DN/);
    expect(renderParams(findParams('place.policy'), false)).toContain('top_bottom | top_top | random | bottom_bottom');
  });

  it('colours only when asked to', () => {
    expect(renderParams(PARAMS, false)).not.toContain('\u001b');
    expect(renderParams(PARAMS, true)).toContain('\u001b[36mval.group_size');
  });
});

describe('powr params --json', () => {
  it('gives every field of the registry, the default in its unit and as it is written', async () => {
    const { code, stdout } = await outputOf(() => paramsCommand(undefined, { json: true }));
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as { key: string }[];
    expect(found).toHaveLength(PARAMS.length);
    expect(found).toContainEqual({
      key: 'node.stake_min',
      unit: 'tokens',
      min: 0,
      max: 1_000_000,
      default: 500,
      written: '500 DN',
      source: 'NODE-1, OP-12',
      note: 'stake that reserves a node slot',
    });
    expect(found.find(({ key }) => key === 'powr.variant')).toMatchObject({
      options: ['relevance', 'reputation', 'custom'],
      default: 'relevance',
    });
  });
});
