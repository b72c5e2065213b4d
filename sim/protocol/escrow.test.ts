import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_INT } from '../base/fixedPoint.ts';
import { agent, createEraWorld, eventsSince, mustPass, TOKEN } from './eraWorld.ts';
import {
  addUse,
  bracketsOf,
  escrowOwner,
  escrowValue,
  lockUnits,
  payLocked,
  refuseBrackets,
  removeUse,
  unlockUnits,
} from './escrow.ts';
import { MOVE } from './events.ts';
import { ACCOUNT } from './layout.ts';
import { balancesOf } from './leaseWorld.ts';
import { attempt, readRecord, writeRecord } from './nodeWorld.ts';
import { P as PARAM } from './params.ts';
import { NO_RESOURCES, type Resources } from './resources.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const { keeper: KEEPER, escrow: VAULT } = ACCOUNT;
const A = agent(0);
const B = agent(1);
let s: State;

beforeEach(() => {
  s = createEraWorld({ agents: 2, walletUnits: 1_000 * TOKEN });
  mustPass(s, 'issueAsset', KEEPER, [1, A, 500 * TOKEN]);
  s.eventCount = 0;
});

/** The dollar enabled, worth 48.6 tokens. */
function enableDollars(): void {
  mustPass(s, 'enableAsset', KEEPER, [1]);
  mustPass(s, 'postPrices', KEEPER, [48_600_000_000, 1, 1]);
  s.eventCount = 0;
}

describe('openEscrow', () => {
  it('opens a wallet with a deposit; an account may have several', () => {
    mustPass(s, 'openEscrow', A, [0, 5 * TOKEN]);
    expect(eventsSince(s)).toEqual([
      { name: 'Moved', from: A, to: VAULT, units: 5 * TOKEN, reason: MOVE.escrowDeposit },
      { name: 'EscrowChanged', escrow: 1, asset: 0, unlockedUnits: 5 * TOKEN, lockedUnits: 0, owner: A },
    ]);
    mustPass(s, 'openEscrow', A, [0, TOKEN]);
    expect(readRecord(s, 'escrowTotals', 0)).toMatchObject({ escrowCount: 2, unlockedUnits0: 6 * TOKEN });
    expect([escrowOwner(s, 1), escrowOwner(s, 2)]).toEqual([A, A]);
  });

  it('given less than the minimum > refuses, with the least units of the asset', () => {
    expect(attempt(s, 'openEscrow', A, [0, TOKEN - 1])).toEqual(['AmountTooSmall', TOKEN - 1, TOKEN]);
    enableDollars();
    // ⌈10^6 · 10^9 / 48.6 · 10^9⌉ = 20 577.
    expect(attempt(s, 'openEscrow', A, [1, 20_576])).toEqual(['AmountTooSmall', 20_576, 20_577]);
    expect(attempt(s, 'openEscrow', A, [1, 20_577])).toEqual(['None']);
  });

  it('given an asset so cheap that no amount is enough > asks for 2^53 − 1 units', () => {
    mustPass(s, 'enableAsset', KEEPER, [2]);
    mustPass(s, 'postPrices', KEEPER, [1, 1, 1]);
    s.paramValues[PARAM['escrow.min_deposit']] = 10 ** 13;
    expect(attempt(s, 'openEscrow', A, [2, 7])).toEqual(['AmountTooSmall', 7, MAX_INT]);
  });

  it('given no minimum > still wants a unit', () => {
    s.paramValues[PARAM['escrow.min_deposit']] = 0;
    expect(attempt(s, 'openEscrow', A, [0, 0])).toEqual(['AmountTooSmall', 0, 1]);
    expect(attempt(s, 'openEscrow', A, [0, 1])).toEqual(['None']);
  });

  it('given an asset that is not enabled, or has no price > refuses', () => {
    expect(attempt(s, 'openEscrow', A, [4, 1])).toEqual(['ValueOutOfRange', 4, 3]);
    expect(attempt(s, 'openEscrow', A, [1, TOKEN])).toEqual(['AssetNotEnabled', 1, 0]);
    mustPass(s, 'enableAsset', KEEPER, [1]);
    expect(attempt(s, 'openEscrow', A, [1, TOKEN])).toEqual(['AssetNotEnabled', 1, 0]);
  });

  it('given more than the wallet holds > refuses', () => {
    expect(attempt(s, 'openEscrow', A, [0, 1_001 * TOKEN])).toEqual([
      'InsufficientBalance',
      1_000 * TOKEN,
      1_001 * TOKEN,
    ]);
  });
});

describe('depositEscrow', () => {
  beforeEach(() => mustPass(s, 'openEscrow', A, [0, 5 * TOKEN]));

  it('adds any units of an enabled asset', () => {
    enableDollars();
    mustPass(s, 'depositEscrow', A, [1, 1, 3]);
    mustPass(s, 'depositEscrow', A, [1, 0, 1]);
    expect(balancesOf(s, 1, 1)).toEqual([3, 0]);
    expect(balancesOf(s, 1, 0)).toEqual([5 * TOKEN + 1, 0]);
  });

  it.each([
    [A, [0, 0, 1], ['UnknownEntity', 0, 1]],
    [A, [2, 0, 1], ['UnknownEntity', 2, 1]],
    [B, [1, 0, 1], ['NotOwner', B, A]],
    [A, [1, 4, 1], ['ValueOutOfRange', 4, 3]],
    [A, [1, 1, 1], ['AssetNotEnabled', 1, 0]],
    [A, [1, 0, 0], ['AmountTooSmall', 0, 1]],
    [A, [1, 0, 996 * TOKEN], ['InsufficientBalance', 995 * TOKEN, 996 * TOKEN]],
  ])('given account %i and %j > refuses with %j', (actor, args, refusal) => {
    expect(attempt(s, 'depositEscrow', actor, args)).toEqual(refusal);
  });
});

describe('withdrawEscrow', () => {
  beforeEach(() => {
    mustPass(s, 'openEscrow', A, [0, 5 * TOKEN]);
    lockUnits(s, 1, 0, 2 * TOKEN);
  });

  it('pays out what is not locked', () => {
    const before = walletUnits(s, A);
    mustPass(s, 'withdrawEscrow', A, [1, 0, 3 * TOKEN]);
    expect(balancesOf(s)).toEqual([0, 2 * TOKEN]);
    expect(walletUnits(s, A) - before).toBe(3 * TOKEN);
  });

  it.each([
    [A, [2, 0, 1], ['UnknownEntity', 2, 1]],
    [B, [1, 0, 1], ['NotOwner', B, A]],
    [A, [1, 4, 1], ['ValueOutOfRange', 4, 3]],
    [A, [1, 0, 0], ['AmountTooSmall', 0, 1]],
    [A, [1, 0, 3 * TOKEN + 1], ['InsufficientEscrow', 3 * TOKEN, 3 * TOKEN + 1]],
    [A, [1, 1, 1], ['InsufficientEscrow', 0, 1]],
  ])('given account %i and %j > refuses with %j', (actor, args, refusal) => {
    expect(attempt(s, 'withdrawEscrow', actor, args)).toEqual(refusal);
  });
});

describe('transferEscrow', () => {
  beforeEach(() => mustPass(s, 'openEscrow', A, [0, 5 * TOKEN]));

  it('gives the wallet and what is in it to another agent', () => {
    s.eventCount = 0;
    mustPass(s, 'transferEscrow', A, [1, B]);
    expect(eventsSince(s)).toEqual([
      { name: 'EscrowChanged', escrow: 1, asset: 0, unlockedUnits: 5 * TOKEN, lockedUnits: 0, owner: B },
    ]);
    mustPass(s, 'withdrawEscrow', B, [1, 0, 5 * TOKEN]);
    expect(attempt(s, 'withdrawEscrow', A, [1, 0, 1])).toEqual(['NotOwner', A, B]);
  });

  it.each([
    [A, [3, B], ['UnknownEntity', 3, 1]],
    [B, [1, A], ['NotOwner', B, A]],
    [A, [1, KEEPER], ['UnknownAccount', KEEPER, 0]],
    [A, [1, A], ['AlreadySet', A, 0]],
  ])('given account %i and %j > refuses with %j', (actor, args, refusal) => {
    expect(attempt(s, 'transferEscrow', actor, args)).toEqual(refusal);
  });
});

describe('locked units', () => {
  beforeEach(() => {
    mustPass(s, 'openEscrow', A, [0, 5 * TOKEN]);
    s.eventCount = 0;
  });

  it('given units locked, paid and unlocked > the sums follow and only what was paid has left the vault', () => {
    lockUnits(s, 1, 0, 400);
    expect(readRecord(s, 'escrowTotals', 0)).toMatchObject({ unlockedUnits0: 5 * TOKEN - 400, lockedUnits0: 400 });
    payLocked(s, 1, 0, B, 150, MOVE.leasePayment);
    unlockUnits(s, 1, 0, 250);
    expect(balancesOf(s)).toEqual([5 * TOKEN - 150, 0]);
    expect(readRecord(s, 'escrowTotals', 0)).toMatchObject({ unlockedUnits0: 5 * TOKEN - 150, lockedUnits0: 0 });
    expect(walletUnits(s, VAULT)).toBe(5 * TOKEN - 150);
    expect(eventsSince(s).map(({ name }) => name)).toEqual(['EscrowChanged', 'Moved', 'EscrowChanged']);
  });

  it('given 0 units > nothing happens', () => {
    lockUnits(s, 1, 0, 0);
    payLocked(s, 1, 0, B, 0, MOVE.leasePayment);
    unlockUnits(s, 1, 0, 0);
    expect(s.eventCount).toBe(0);
  });

  it('given more than there is > stops the run', () => {
    expect(() => lockUnits(s, 1, 0, 5 * TOKEN + 1)).toThrow('cannot lock');
    lockUnits(s, 1, 0, 10);
    expect(() => unlockUnits(s, 1, 0, 11)).toThrow('cannot unlock');
    expect(() => payLocked(s, 1, 0, B, 11, MOVE.leasePayment)).toThrow('cannot pay');
  });
});

const MACHINE: Resources = { cpuCount: 8, memoryGb: 32, storageGb: 512, gpuCount: 0 };
const GPU_TASK: Resources = { cpuCount: 32, memoryGb: 128, storageGb: 1_024, gpuCount: 1 };

describe('bracketsOf', () => {
  beforeEach(() => {
    enableDollars();
    mustPass(s, 'openEscrow', A, [1, 44_999_999]);
  });

  it('counts brackets of 15 dollars of all that the wallet holds, locked or not, in any asset', () => {
    expect(bracketsOf(s, 1, MACHINE, NO_RESOURCES)).toEqual({ needed: 1, held: 2 });
    // 48.6 tokens are a dollar: one base unit of a dollar is missing to the third bracket.
    mustPass(s, 'depositEscrow', A, [1, 0, 49]);
    expect(bracketsOf(s, 1, MACHINE, NO_RESOURCES).held).toBe(3);
    lockUnits(s, 1, 1, 40_000_000);
    expect(bracketsOf(s, 1, MACHINE, NO_RESOURCES).held).toBe(3);
    expect(bracketsOf(s, 1, MACHINE, NO_RESOURCES, 1, 1).held).toBe(2);
  });

  it.each([
    ['one machine', [MACHINE], 1],
    ['a CPU more', [{ ...MACHINE, cpuCount: 9 }], 2],
    ['two machines in one order', [{ cpuCount: 16, memoryGb: 33, storageGb: 1, gpuCount: 0 }], 2],
    [
      'two leases that share a bracket',
      [
        { ...MACHINE, cpuCount: 4, memoryGb: 1, storageGb: 1 },
        { ...MACHINE, cpuCount: 4, memoryGb: 1, storageGb: 1 },
      ],
      1,
    ],
    ['one GPU task', [GPU_TASK], 1],
    ['two GPUs', [{ ...GPU_TASK, cpuCount: 1, gpuCount: 2 }], 2],
    ['a machine and a GPU task', [MACHINE, GPU_TASK], 2],
    ['more memory than CPUs ask for', [{ cpuCount: 1, memoryGb: 97, storageGb: 0, gpuCount: 0 }], 4],
  ])('given %s > needs as many brackets as the scarcest resource', (_title, leases, needed) => {
    for (const lease of leases.slice(1)) addUse(s, 1, lease);
    expect(bracketsOf(s, 1, leases[0]!, NO_RESOURCES).needed).toBe(needed);
  });

  it('given a lease to be replaced > counts only the new one', () => {
    addUse(s, 1, GPU_TASK);
    expect(bracketsOf(s, 1, MACHINE, GPU_TASK).needed).toBe(1);
    expect(bracketsOf(s, 1, MACHINE, NO_RESOURCES).needed).toBe(2);
    removeUse(s, 1, GPU_TASK);
    expect(readRecord(s, 'escrows', 1)).toMatchObject({ leaseCount: 0, gpuTaskCpuCount: 0, gpuTaskGpuCount: 0 });
  });

  it('given more is needed than held > refuses, if brackets are enforced', () => {
    expect(refuseBrackets(s, 1, { ...MACHINE, cpuCount: 17 }, NO_RESOURCES)).not.toBe(0);
    expect([s.rejectHave, s.rejectNeed]).toEqual([3, 2]);
    expect(refuseBrackets(s, 1, { ...MACHINE, cpuCount: 16 }, NO_RESOURCES)).toBe(0);
    s.paramValues[PARAM['escrow.brackets_enforced']] = 0;
    expect(refuseBrackets(s, 1, { ...MACHINE, cpuCount: 17 }, NO_RESOURCES)).toBe(0);
  });

  it('given no price for the dollar > no bracket is held', () => {
    writeRecord(s, 'assets', 1, { priceFp: 0 });
    expect(bracketsOf(s, 1, MACHINE, NO_RESOURCES).held).toBe(0);
  });

  it('given holdings above 2^53 − 1 tokens > their value is 2^53 − 1', () => {
    writeRecord(s, 'escrowBalances', 4, { unlockedUnits: MAX_INT });
    expect(escrowValue(s, 1)).toBe(MAX_INT);
  });

  it('given any leases begun and ended > what is needed is what those that run need', () => {
    const lease = fc.record({
      cpuCount: fc.integer({ min: 1, max: 64 }),
      memoryGb: fc.integer({ min: 1, max: 256 }),
      storageGb: fc.nat({ max: 4_096 }),
      gpuCount: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(lease, fc.boolean()), { minLength: 1, maxLength: 12 }), (leases) => {
        writeRecord(s, 'escrows', 1, { cpuCount: 0, memoryGb: 0, storageGb: 0 });
        for (const [one] of leases) addUse(s, 1, one);
        for (const [one, isOver] of leases) if (isOver) removeUse(s, 1, one);
        const running = leases.filter(([, isOver]) => !isOver).map(([one]) => one);
        const sum = (isGpuTask: boolean, name: keyof Resources): number =>
          running.filter((one) => one.gpuCount > 0 === isGpuTask).reduce((all, one) => all + one[name], 0);
        const standard = [sum(false, 'cpuCount') / 8, sum(false, 'memoryGb') / 32, sum(false, 'storageGb') / 512];
        const gpu = [
          sum(true, 'cpuCount') / 32,
          sum(true, 'memoryGb') / 128,
          sum(true, 'storageGb') / 1_024,
          sum(true, 'gpuCount'),
        ];
        const needed = Math.max(...standard.map(Math.ceil)) + Math.max(...gpu.map(Math.ceil));
        expect(bracketsOf(s, 1, NO_RESOURCES, NO_RESOURCES).needed).toBe(needed);
        for (const one of running) removeUse(s, 1, one);
      }),
      { numRuns: 200, seed: 18 },
    );
  });
});
