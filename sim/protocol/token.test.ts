import { describe, expect, it } from 'vitest';
import { agent, createEraWorld, eventsSince, send, snapshot, TOKEN } from './eraWorld.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F } from './layout.ts';
import { ledgerParams } from './params.ts';
import { R } from './rejections.ts';
import { createState, type State } from './state.ts';
import { burnUnits, genesis, isAgentAccount, moveUnits, openAccount, openingUnits, walletUnits } from './token.ts';

const T = F.tokenTotals;

function minted(params: Record<string, number> = {}): State {
  const s = createState();
  s.paramValues.set(ledgerParams(params));
  genesis(s);
  return s;
}

function supply(s: State): {
  readonly supplyUnits: number;
  readonly burntUnits: number;
  readonly maxSupplyUnits: number;
} {
  const t = s.tokenTotals;
  return { supplyUnits: t[T.supplyUnits]!, burntUnits: t[T.burntUnits]!, maxSupplyUnits: t[T.maxSupplyUnits]! };
}

describe('genesis', () => {
  it('given the default shares > mints 100 M tokens as ECON-1 lists them', () => {
    const s = minted();
    const tokens = (account: number): number => walletUnits(s, account) / TOKEN;
    expect(tokens(ACCOUNT.community)).toBe(50_000_000);
    expect(tokens(ACCOUNT.team)).toBe(15_000_000);
    expect(tokens(ACCOUNT.investors)).toBe(13_000_000);
    expect(tokens(ACCOUNT.liquidity)).toBe(10_000_000);
    expect(tokens(ACCOUNT.airdrop)).toBe(2_000_000);
    expect(tokens(ACCOUNT.foundation)).toBe(10_000_000);
    expect(supply(s)).toEqual({ supplyUnits: 100_000_000 * TOKEN, burntUnits: 0, maxSupplyUnits: 100_000_000 * TOKEN });
  });

  it('tells each mint as a move from account 0, in the order of the shares, and none for a share of 0', () => {
    const s = minted({ 'econ.alloc_bps.team': 0, 'econ.alloc_bps.community': 6_500 });
    expect(eventsSince(s).map((e) => [e.name, e.from, e.to, e.reason])).toEqual(
      [ACCOUNT.community, ACCOUNT.investors, ACCOUNT.liquidity, ACCOUNT.airdrop, ACCOUNT.foundation].map((to) => [
        'Moved',
        0,
        to,
        MOVE.genesis,
      ]),
    );
  });

  it('given shares that do not sum to the whole > fails', () => {
    expect(() => minted({ 'econ.alloc_bps.team': 1_499 })).toThrow('econ.alloc_bps sums to 9999');
  });
});

describe('openAccount', () => {
  it('numbers accounts from 32 and fills them from investors first', () => {
    const s = minted();
    s.eventCount = 0;
    expect([openAccount(s, 5), openAccount(s, 0)]).toEqual([32, 33]);
    expect([walletUnits(s, 32), walletUnits(s, 33)]).toEqual([5, 0]);
    expect(eventsSince(s)).toEqual([
      { name: 'Moved', from: ACCOUNT.investors, to: 32, units: 5, reason: MOVE.genesis },
    ]);
    expect([31, 32, 33, 34].map((account) => isAgentAccount(s, account))).toEqual([false, true, true, false]);
  });

  it('given more than investors have > goes on with liquidity, then airdrop', () => {
    const s = minted();
    const account = openAccount(s, 24_000_000 * TOKEN);
    expect(walletUnits(s, account)).toBe(24_000_000 * TOKEN);
    expect(walletUnits(s, ACCOUNT.investors)).toBe(0);
    expect(walletUnits(s, ACCOUNT.liquidity)).toBe(0);
    expect(walletUnits(s, ACCOUNT.airdrop)).toBe(1_000_000 * TOKEN);
  });

  it('given exactly what the three have > empties them, and given a unit more > names both figures', () => {
    const s = minted();
    const all = openingUnits(s);
    expect(all).toBe(25_000_000 * TOKEN);
    expect(() => openAccount(minted(), all + 1)).toThrow(/25000000000001 units.*25000000000000 left/);
    openAccount(s, all);
    expect(openingUnits(s)).toBe(0);
  });
});

describe('moveUnits', () => {
  it('debits one account, credits the other, and tells', () => {
    const s = minted();
    s.eventCount = 0;
    moveUnits(s, ACCOUNT.community, ACCOUNT.treasury, 3, MOVE.slash);
    expect(walletUnits(s, ACCOUNT.treasury)).toBe(3);
    expect(walletUnits(s, ACCOUNT.community)).toBe(50_000_000 * TOKEN - 3);
    expect(eventsSince(s)).toEqual([
      { name: 'Moved', from: ACCOUNT.community, to: ACCOUNT.treasury, units: 3, reason: MOVE.slash },
    ]);
  });

  it('given 0 units > leaves no event', () => {
    const s = minted();
    s.eventCount = 0;
    moveUnits(s, ACCOUNT.treasury, ACCOUNT.community, 0, MOVE.slash);
    expect(s.eventCount).toBe(0);
  });

  it('given the same account twice > leaves its balance', () => {
    const s = minted();
    moveUnits(s, ACCOUNT.community, ACCOUNT.community, 9, MOVE.slash);
    expect(walletUnits(s, ACCOUNT.community)).toBe(50_000_000 * TOKEN);
  });

  it('given a unit more than there is > is a bug of the caller', () => {
    const s = minted();
    moveUnits(s, ACCOUNT.community, ACCOUNT.treasury, 3, MOVE.slash);
    expect(() => moveUnits(s, ACCOUNT.treasury, ACCOUNT.team, 4, MOVE.slash)).toThrow(
      'holds 3 units and cannot move 4',
    );
    moveUnits(s, ACCOUNT.treasury, ACCOUNT.team, 3, MOVE.slash);
  });
});

describe('burnUnits', () => {
  it('takes units out of the supply for ever', () => {
    const s = minted();
    s.eventCount = 0;
    burnUnits(s, ACCOUNT.community, 7);
    burnUnits(s, ACCOUNT.community, 0);
    const whole = 100_000_000 * TOKEN;
    expect(supply(s)).toEqual({ supplyUnits: whole - 7, burntUnits: 7, maxSupplyUnits: whole });
    expect(eventsSince(s)).toEqual([{ name: 'Burnt', from: ACCOUNT.community, units: 7 }]);
  });

  it('given a unit more than there is > is a bug of the caller', () => {
    expect(() => burnUnits(minted(), ACCOUNT.treasury, 1)).toThrow('holds 0 units and cannot burn 1');
  });
});

describe('transferTokens', () => {
  const wallet = 100;
  const world = (): State => createEraWorld({ agents: 2, walletUnits: wallet });

  it.each([
    ['the whole wallet', agent(1), wallet, [0]],
    ['a unit more than the wallet', agent(1), wallet + 1, [R.InsufficientBalance, wallet, wallet + 1]],
    ['nothing', agent(1), 0, [0]],
    ['an account not yet opened', agent(2), 1, [R.UnknownAccount, agent(2), 0]],
    ['an account of the protocol', ACCOUNT.treasury, 1, [R.UnknownAccount, ACCOUNT.treasury, 0]],
    ['the keeper', ACCOUNT.keeper, 1, [R.UnknownAccount, ACCOUNT.keeper, 0]],
    ['account 0, and too much: the account is named', 0, wallet + 1, [R.UnknownAccount, 0, 0]],
    ['oneself', agent(0), wallet, [0]],
  ])('given %s > answers as listed', (_, to, units, answer) => {
    const s = world();
    const before = snapshot(s);
    expect(send(s, 'transferTokens', agent(0), [to, units])).toEqual(answer);
    if (answer[0] !== 0) expect(snapshot(s)).toEqual(before);
  });

  it('moves the units and says why', () => {
    const s = world();
    send(s, 'transferTokens', agent(0), [agent(1), 30]);
    expect([walletUnits(s, agent(0)), walletUnits(s, agent(1))]).toEqual([70, 130]);
    expect(eventsSince(s)).toEqual([{ name: 'Moved', from: agent(0), to: agent(1), units: 30, reason: MOVE.transfer }]);
  });
});
