import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../agents/catalogue.ts';
import { loadScenario } from './load.ts';

const MINERS = '  - { role: miner, count: 4, strategy: steady, options: { facets: spheron } }';
const RENTERS = '  - { role: consumer, count: 4, strategy: renter, open: 3000 DN }';
const DEVICES = '  - { role: fizz, count: 4, strategy: evening, open: 100 DN }';
const OPERATORS = '  - { role: matchmaker, count: 7, strategy: honest }';
const NETWORK = [
  '  - { role: creator, count: 1, strategy: steady }',
  '  - { role: miner, count: 2, strategy: steady }',
  '  - { role: validator, count: 5, strategy: diligent }',
  '  - { role: consumer, count: 4, strategy: honest }',
];

/** What is found on the line of the parameters, each `line:column code`. */
function found(params: string, populations: readonly string[] = [RENTERS, DEVICES], set: readonly string[] = []) {
  const lines = [
    'version: 1',
    'name: windows',
    `params: { ${params} }`,
    'populations:',
    ...NETWORK,
    MINERS,
    ...populations,
  ];
  const result = loadScenario({
    text: `${lines.join('\n')}\n`,
    file: 'a.yaml',
    read: () => null,
    catalogue: CATALOGUE,
    set,
  });
  const issues = result.ok ? result.warnings : result.issues;
  return issues
    .filter(({ code }) => code === 'E210' || code === 'W309')
    .map(({ line, column, code }) => `${line}:${column} ${code}`);
}

describe('windows of orders', () => {
  it.each([
    ['order.bid_window_blocks: 2', []],
    ['order.bid_window_blocks: 1', ['3:36 W309']],
    // Until second 66, so that matching begins in the next slot.
    ['order.bid_window_blocks: 3', ['3:36 E210']],
    ['order.bid_window_blocks: 3, order.ttl_blocks: 1802', ['3:36 E210']],
    ['order.bid_window_blocks: 3, order.ttl_blocks: 1803', []],
    ['order.bid_window_blocks: 3, order.ttl_blocks: 7200', []],
    ['order.bid_window_blocks: 10', ['3:36 E210']],
    ['order.bid_window_blocks: 10, order.ttl_blocks: 7200', []],
    ['order.ttl_blocks: 3', []],
    ['order.ttl_blocks: 2', ['3:29 E210']],
    ['time.block_s: 3', ['3:25 E210']],
    ['time.block_s: 1, order.ttl_blocks: 60', ['3:25 W309']],
    ['time.block_s: 1, order.bid_window_blocks: 1', ['3:25 E210']],
    ['time.block_s: 1, order.bid_window_blocks: 5, order.ttl_blocks: 6', []],
    ['time.slot_s: 2h, order.bid_window_blocks: 3, order.ttl_blocks: 3602, node.reserve_deadline_s: 2h', ['3:24 E210']],
    ['time.slot_s: 2h, order.bid_window_blocks: 3, order.ttl_blocks: 3603, node.reserve_deadline_s: 2h', []],
  ])('given %s > %j', (params, expected) => {
    expect(found(params)).toEqual(expected);
  });

  it('given operators that vote > an order lives until they do, at second 120; where consumers choose, until matching', () => {
    const avs = (ttl: number, rest = '') =>
      found(`match.mode: avs, order.ttl_blocks: ${ttl}${rest}`, [RENTERS, OPERATORS]);
    expect([avs(29), avs(30)]).toEqual([['3:23 E210'], []]);
    expect([avs(2, ', match.user_choice: on'), avs(3, ', match.user_choice: on')]).toEqual([['3:23 E210'], []]);
    expect(avs(1_829, ', order.bid_window_blocks: 3')).toEqual(['3:23 E210']);
    expect(avs(1_830, ', order.bid_window_blocks: 3')).toEqual([]);
  });

  it('given no fizz nodes > a window of one block needs no warning', () => {
    expect(found('order.bid_window_blocks: 1', [RENTERS])).toEqual([]);
  });

  it('given nobody who rents > are not looked at', () => {
    expect(found('order.bid_window_blocks: 10', [])).toEqual([]);
  });

  it('given on the command line > are refused there', () => {
    expect(found('val.samples: 60', [RENTERS], ['params.order.bid_window_blocks=10'])).toHaveLength(1);
  });
});
