import { describe, expect, it } from 'vitest';
import { UsageError } from './exitCodes.ts';
import { parseFault } from './fault.ts';

describe('parseFault', () => {
  it.each([
    ['3:420:wallets:8:1', { slot: 3, phase: 420, table: 'wallets', word: 8, value: '1' }],
    ['0:0:nodeTotals:0:0xff', { slot: 0, phase: 0, table: 'nodeTotals', word: 0, value: '0xff' }],
  ])('%s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  it.each(['', '3:420:wallets:8', '3:420:purses:8:1', '-1:0:wallets:8:1', '3:420:wallets:8:0x', '1.5:0:wallets:8:1'])(
    'given "%s" > says what the option takes',
    (text) => {
      expect(() => parseFault(text)).toThrow(UsageError);
      expect(() => parseFault(text)).toThrow('slot:phase:table:word:value');
    },
  );
});
