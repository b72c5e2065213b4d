import { describe, expect, it } from 'vitest';
import { keyIdOf, MAX_WORD } from './certificates.ts';
import { agent, eventsSince, mustPass, TOKEN } from './eraWorld.ts';
import { ACCOUNT, F, KIND, PROVIDER_STATE, SLARK_STATE } from './layout.ts';
import { holderOf } from './nft.ts';
import { attempt, readRecord, writeRecord } from './nodeWorld.ts';
import { isDrawable } from './slarks.ts';
import {
  addFoundationSlark,
  addLicence,
  addProvider,
  addRunning,
  createSlarkWorld,
  keyWords,
  readSlark,
} from './slarkWorld.ts';
import type { State } from './state.ts';
import { walletUnits } from './token.ts';

const ALICE = agent(0);
const BOB = agent(1);
const CAROL = agent(2);
const K = ACCOUNT.keeper;
const S = SLARK_STATE;
const YEAR_S = 31_536_000;

function drawableCount(s: State): number {
  return s.slarkTotals[F.slarkTotals.drawableCount]!;
}

/** Licence 1 of Alice in a state, with provider 1 of Carol chosen where the state has one; Bob runs it where somebody does. */
function worldIn(state: number): State {
  const s = createSlarkWorld();
  addProvider(s, CAROL);
  addLicence(s, ALICE);
  if (state !== S.owned) {
    mustPass(s, 'requestRunner', ALICE, [1, BOB, 1]);
    if (state !== S.pending) {
      mustPass(s, 'registerSlarkKey', BOB, [1], keyWords(1));
      mustPass(s, 'acceptRunner', BOB, [1]);
      if (state === S.offline) mustPass(s, 'loseClient', K, [1]);
      if (state === S.banned) writeRecord(s, 'slarks', 1, { state: S.banned });
    }
  }
  s.eventCount = 0;
  return s;
}

describe('buyLicence', () => {
  it('given the price > opens an Owned licence of tier 1, soulbound for a year, and pays the foundation', () => {
    const s = createSlarkWorld();
    s.nowS = 700;
    const before = walletUnits(s, ACCOUNT.foundation);
    mustPass(s, 'buyLicence', ALICE, []);
    expect(readSlark(s, 1)).toMatchObject({
      owner: ALICE,
      runner: 0,
      state: S.owned,
      tier: 1,
      buyUnits: 100 * TOKEN,
      soulboundUntilS: 700 + YEAR_S,
      keyId: 0,
      isFoundation: 0,
    });
    expect(holderOf(s, KIND.slark, 1)).toBe(ALICE);
    expect(walletUnits(s, ACCOUNT.foundation) - before).toBe(100 * TOKEN);
    expect(s.slarkTotals[F.slarkTotals.tierCount1]).toBe(1);
    expect(drawableCount(s)).toBe(0);
    expect(eventsSince(s).map(({ name }) => name)).toEqual(['Moved', 'Transition']);
  });

  it('given slark.buy_dest = burn > burns the price', () => {
    const s = createSlarkWorld({ params: { 'slark.buy_dest': 1 } });
    mustPass(s, 'buyLicence', ALICE, []);
    expect(s.tokenTotals[F.tokenTotals.burntUnits]).toBe(100 * TOKEN);
  });

  it('given less than the price > is refused', () => {
    const s = createSlarkWorld({ walletUnits: 99 * TOKEN });
    expect(attempt(s, 'buyLicence', ALICE, [])).toEqual(['InsufficientBalance', 99 * TOKEN, 100 * TOKEN]);
  });
});

describe('topUpLicence', () => {
  it.each([S.owned, S.running, S.offline])('given state %i > adds to what was paid', (state) => {
    const s = worldIn(state);
    mustPass(s, 'topUpLicence', ALICE, [1, 7]);
    expect(readSlark(s, 1).buyUnits).toBe(100 * TOKEN + 7);
  });

  it('is refused for an unknown licence, another’s, one in another state, no units, or too few', () => {
    expect(attempt(worldIn(S.owned), 'topUpLicence', ALICE, [2, 7])).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(worldIn(S.owned), 'topUpLicence', ALICE, [0, 7])).toEqual(['UnknownEntity', 0, 1]);
    expect(attempt(worldIn(S.owned), 'topUpLicence', BOB, [1, 7])).toEqual(['NotOwner', BOB, ALICE]);
    expect(attempt(worldIn(S.pending), 'topUpLicence', ALICE, [1, 7])).toEqual(['WrongState', S.pending, 0]);
    expect(attempt(worldIn(S.banned), 'topUpLicence', ALICE, [1, 7])).toEqual(['WrongState', S.banned, 0]);
    expect(attempt(worldIn(S.owned), 'topUpLicence', ALICE, [1, 0])).toEqual(['AmountTooSmall', 0, 1]);
    const held = 99_900 * TOKEN;
    expect(attempt(worldIn(S.owned), 'topUpLicence', ALICE, [1, held + 1])).toEqual([
      'InsufficientBalance',
      held,
      held + 1,
    ]);
  });
});

describe('registerSlarkKey', () => {
  it.each([
    ['the owner while it is Owned', S.owned, ALICE],
    ['the account that is asked while it is Pending', S.pending, BOB],
    ['the runner while it is Running', S.running, BOB],
    ['the runner while it is Offline', S.offline, BOB],
  ])('given %s > keeps the identifier of the key', (_, state, account) => {
    const s = worldIn(state);
    mustPass(s, 'registerSlarkKey', account, [1], keyWords(9));
    expect(readSlark(s, 1).keyId).toBe(keyIdOf(keyWords(9)));
    expect(s.keys.get(1)).toEqual(keyWords(9));
  });

  it.each([
    [S.owned, BOB, ALICE],
    [S.pending, ALICE, BOB],
    [S.running, ALICE, BOB],
    [S.offline, ALICE, BOB],
  ])('given state %i and account %i > is refused in favour of %i', (state, account, expected) => {
    expect(attempt(worldIn(state), 'registerSlarkKey', account, [1], keyWords(9))).toEqual([
      'NotRunner',
      account,
      expected,
    ]);
  });

  it('given a Banned licence > is refused before anybody is looked at', () => {
    expect(attempt(worldIn(S.banned), 'registerSlarkKey', CAROL, [1], [])).toEqual(['WrongState', S.banned, 0]);
  });

  it('given a list of another length, or a word of more than 48 bits > is refused', () => {
    const s = worldIn(S.owned);
    expect(attempt(s, 'registerSlarkKey', ALICE, [1], keyWords(9).slice(1))).toEqual(['BatchMismatch', 15, 48]);
    expect(attempt(s, 'registerSlarkKey', ALICE, [1], [...keyWords(9).slice(1), MAX_WORD + 1])).toEqual([
      'ValueOutOfRange',
      MAX_WORD + 1,
      MAX_WORD,
    ]);
  });

  it('given somebody who checks signatures > wants a proof of possession that fits the key', () => {
    const s = worldIn(S.owned);
    const proof = new Array<number>(32).fill(5);
    s.verifier = {
      verifyPossession: (key, account, given) =>
        key[0] === 900 && key.length === 16 && account === ALICE && given.length === 32,
      verifyGroups: () => false,
    };
    expect(attempt(s, 'registerSlarkKey', ALICE, [1], keyWords(9))).toEqual(['BatchMismatch', 16, 48]);
    expect(attempt(s, 'registerSlarkKey', ALICE, [1], [...keyWords(8), ...proof])).toEqual(['InvalidKey', 1, 0]);
    mustPass(s, 'registerSlarkKey', ALICE, [1], [...keyWords(9), ...proof]);
    expect(s.keys.get(1)).toEqual(keyWords(9));
  });
});

describe('selfOperate', () => {
  it('given a key and a provider > runs on the owner’s machine, and can be drawn', () => {
    const s = worldIn(S.owned);
    mustPass(s, 'registerSlarkKey', ALICE, [1], keyWords(1));
    s.eventCount = 0;
    mustPass(s, 'selfOperate', ALICE, [1, 1]);
    expect(readSlark(s, 1)).toMatchObject({ state: S.running, runner: ALICE, provider: 1 });
    expect(s.runners[ALICE]).toBe(1);
    expect(drawableCount(s)).toBe(1);
    expect(isDrawable(s, 1)).toBe(true);
    expect(eventsSince(s)).toEqual([
      { name: 'Transition', kind: KIND.slark, entity: 1, actor: ALICE, from: S.owned, to: S.running },
    ]);
  });

  it('given no key > is refused', () => {
    expect(attempt(worldIn(S.owned), 'selfOperate', ALICE, [1, 1])).toEqual(['KeyMissing', 1, 0]);
  });

  it.each([S.pending, S.running, S.offline, S.banned])('given state %i > is refused', (state) => {
    expect(attempt(worldIn(state), 'selfOperate', ALICE, [1, 1])).toEqual(['WrongState', state, 0]);
  });

  it('given somebody else’s licence, or a provider that does not exist > is refused', () => {
    expect(attempt(worldIn(S.owned), 'selfOperate', BOB, [1, 1])).toEqual(['NotOwner', BOB, ALICE]);
    expect(attempt(worldIn(S.owned), 'selfOperate', ALICE, [1, 2])).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(worldIn(S.owned), 'selfOperate', ALICE, [1, 0])).toEqual(['UnknownEntity', 0, 1]);
  });

  it.each([PROVIDER_STATE.proposed, PROVIDER_STATE.deactivated, PROVIDER_STATE.rejected])(
    'given a provider in state %i > is refused',
    (state) => {
      const s = worldIn(S.owned);
      writeRecord(s, 'providers', 1, { state });
      expect(attempt(s, 'selfOperate', ALICE, [1, 1])).toEqual(['WrongState', state, 0]);
    },
  );

  it.each([PROVIDER_STATE.registered, PROVIDER_STATE.active, PROVIDER_STATE.suspended])(
    'given a provider in state %i, which has not left > accepts it',
    (state) => {
      const s = worldIn(S.owned);
      writeRecord(s, 'providers', 1, { state });
      mustPass(s, 'registerSlarkKey', ALICE, [1], keyWords(1));
      expect(attempt(s, 'selfOperate', ALICE, [1, 1])).toEqual(['None']);
    },
  );
});

describe('chooseProvider', () => {
  it('given another provider > the delegation stays named, and with its provider', () => {
    const s = worldIn(S.running);
    addProvider(s, CAROL);
    mustPass(s, 'delegate', ALICE, [KIND.provider, 1, TOKEN, 0]);
    writeRecord(s, 'slarks', 1, { delegation: 1 });
    mustPass(s, 'chooseProvider', ALICE, [1, 1]);
    expect(readSlark(s, 1)).toMatchObject({ provider: 1, delegation: 1 });
    mustPass(s, 'chooseProvider', ALICE, [1, 2]);
    expect(readSlark(s, 1)).toMatchObject({ provider: 2, delegation: 1 });
    expect(readRecord(s, 'delegations', 1).target).toBe(1);
  });

  it('is refused for an unknown licence, another’s, an unknown provider, or a Banned licence', () => {
    expect(attempt(worldIn(S.running), 'chooseProvider', ALICE, [2, 1])).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(worldIn(S.running), 'chooseProvider', BOB, [1, 1])).toEqual(['NotOwner', BOB, ALICE]);
    expect(attempt(worldIn(S.banned), 'chooseProvider', ALICE, [1, 2])).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(worldIn(S.banned), 'chooseProvider', ALICE, [1, 1])).toEqual(['WrongState', S.banned, 0]);
  });
});

describe('requestRunner', () => {
  it('given an Owned licence > waits for the account’s answer, without a key', () => {
    const s = worldIn(S.owned);
    mustPass(s, 'registerSlarkKey', ALICE, [1], keyWords(1));
    mustPass(s, 'requestRunner', ALICE, [1, BOB, 1]);
    expect(readSlark(s, 1)).toMatchObject({ state: S.pending, pendingRunner: BOB, runner: 0, keyId: 0, provider: 1 });
    expect(s.keys.has(1)).toBe(false);
  });

  it('is refused for another’s licence, one that is not Owned, no agent, or a provider that is not there', () => {
    expect(attempt(worldIn(S.owned), 'requestRunner', BOB, [1, BOB, 1])).toEqual(['NotOwner', BOB, ALICE]);
    expect(attempt(worldIn(S.running), 'requestRunner', ALICE, [1, BOB, 1])).toEqual(['WrongState', S.running, 0]);
    expect(attempt(worldIn(S.owned), 'requestRunner', ALICE, [1, ACCOUNT.foundation, 9])).toEqual([
      'UnknownAccount',
      ACCOUNT.foundation,
      0,
    ]);
    expect(attempt(worldIn(S.owned), 'requestRunner', ALICE, [1, BOB, 9])).toEqual(['UnknownEntity', 9, 1]);
  });
});

describe('acceptRunner and rejectRunner', () => {
  it('given a key and room > accepting runs it on the machine of the account that was asked', () => {
    const s = worldIn(S.pending);
    mustPass(s, 'registerSlarkKey', BOB, [1], keyWords(1));
    mustPass(s, 'acceptRunner', BOB, [1]);
    expect(readSlark(s, 1)).toMatchObject({ state: S.running, runner: BOB, pendingRunner: 0 });
    expect(s.runners[BOB]).toBe(1);
    expect(drawableCount(s)).toBe(1);
  });

  it('given no key > accepting is refused', () => {
    expect(attempt(worldIn(S.pending), 'acceptRunner', BOB, [1])).toEqual(['KeyMissing', 1, 0]);
  });

  it('given a machine that carries as many as it may > accepting is refused (OP-61)', () => {
    const s = createSlarkWorld({ params: { 'slark.licences_per_machine': 1 } });
    addRunning(s, BOB, addProvider(s, CAROL));
    addLicence(s, ALICE);
    mustPass(s, 'requestRunner', ALICE, [2, BOB, 1]);
    mustPass(s, 'registerSlarkKey', BOB, [2], keyWords(2));
    expect(attempt(s, 'acceptRunner', BOB, [2])).toEqual(['CapacityExhausted', 1, 1]);
    mustPass(s, 'endRunner', BOB, [1]);
    expect(attempt(s, 'acceptRunner', BOB, [2])).toEqual(['None']);
  });

  it('given a refusal > the licence is its owner’s again, without key', () => {
    const s = worldIn(S.pending);
    mustPass(s, 'registerSlarkKey', BOB, [1], keyWords(1));
    mustPass(s, 'rejectRunner', BOB, [1]);
    expect(readSlark(s, 1)).toMatchObject({ state: S.owned, runner: 0, pendingRunner: 0, keyId: 0 });
  });

  it.each(['acceptRunner', 'rejectRunner'] as const)(
    '%s is refused in other states, and for who was not asked',
    (name) => {
      expect(attempt(worldIn(S.pending), name, BOB, [2])).toEqual(['UnknownEntity', 2, 1]);
      expect(attempt(worldIn(S.owned), name, BOB, [1])).toEqual(['WrongState', S.owned, 0]);
      expect(attempt(worldIn(S.running), name, BOB, [1])).toEqual(['WrongState', S.running, 0]);
      expect(attempt(worldIn(S.pending), name, ALICE, [1])).toEqual(['NotRunner', ALICE, BOB]);
    },
  );
});

describe('endRunner', () => {
  it.each([
    ['the owner', S.running, ALICE],
    ['the runner', S.running, BOB],
    ['the owner', S.offline, ALICE],
    ['the runner', S.offline, BOB],
  ])('given %s, in state %i > the licence is its owner’s again, and the machine has room', (_, state, account) => {
    const s = worldIn(state);
    mustPass(s, 'endRunner', account, [1]);
    expect(readSlark(s, 1)).toMatchObject({ state: S.owned, runner: 0, keyId: 0, provider: 1 });
    expect(s.keys.has(1)).toBe(false);
    expect(s.runners[BOB]).toBe(0);
    expect(drawableCount(s)).toBe(0);
  });

  it('is refused for anybody else, and where nobody runs it', () => {
    expect(attempt(worldIn(S.running), 'endRunner', CAROL, [1])).toEqual(['NotRunner', CAROL, BOB]);
    expect(attempt(worldIn(S.owned), 'endRunner', ALICE, [1])).toEqual(['WrongState', S.owned, 0]);
    expect(attempt(worldIn(S.banned), 'endRunner', ALICE, [1])).toEqual(['WrongState', S.banned, 0]);
    expect(attempt(worldIn(S.running), 'endRunner', ALICE, [2])).toEqual(['UnknownEntity', 2, 1]);
  });

  it('given a Slark of the foundation > no agent can end it', () => {
    const s = createSlarkWorld();
    addFoundationSlark(s);
    expect(attempt(s, 'endRunner', ALICE, [1])).toEqual(['NotRunner', ALICE, ACCOUNT.foundation]);
  });
});

describe('setOptIn', () => {
  it('is the owner’s to say, 0 or 1', () => {
    const s = worldIn(S.running);
    mustPass(s, 'setOptIn', ALICE, [1, 1]);
    expect(readSlark(s, 1).optIn).toBe(1);
    mustPass(s, 'setOptIn', ALICE, [1, 0]);
    expect(readSlark(s, 1).optIn).toBe(0);
    expect(attempt(s, 'setOptIn', ALICE, [1, 2])).toEqual(['ValueOutOfRange', 2, 1]);
    expect(attempt(s, 'setOptIn', BOB, [1, 1])).toEqual(['NotOwner', BOB, ALICE]);
  });
});

describe('transferLicence', () => {
  it('given the soulbound end > hands over licence and later rewards; the delegation stays with the old owner', () => {
    const s = worldIn(S.owned);
    writeRecord(s, 'slarks', 1, { delegation: 4, provider: 1 });
    s.nowS = readSlark(s, 1).soulboundUntilS;
    mustPass(s, 'transferLicence', ALICE, [1, BOB]);
    expect(readSlark(s, 1)).toMatchObject({ owner: BOB, delegation: 0, state: S.owned });
    expect(holderOf(s, KIND.slark, 1)).toBe(BOB);
  });

  it('given a second before the soulbound end > is refused (INV-18)', () => {
    const s = worldIn(S.owned);
    s.nowS = YEAR_S - 1;
    expect(attempt(s, 'transferLicence', ALICE, [1, BOB])).toEqual(['Soulbound', YEAR_S - 1, YEAR_S]);
  });

  it('given a licence that somebody runs, no agent, or the owner itself > is refused', () => {
    expect(attempt(worldIn(S.running), 'transferLicence', ALICE, [1, BOB])).toEqual(['WrongState', S.running, 0]);
    const s = worldIn(S.owned);
    s.nowS = YEAR_S;
    expect(attempt(s, 'transferLicence', ALICE, [1, ACCOUNT.treasury])).toEqual([
      'UnknownAccount',
      ACCOUNT.treasury,
      0,
    ]);
    expect(attempt(s, 'transferLicence', ALICE, [1, ALICE])).toEqual(['UnknownAccount', ALICE, 0]);
    expect(attempt(s, 'transferLicence', BOB, [1, CAROL])).toEqual(['NotOwner', BOB, ALICE]);
  });
});

describe('loseClient and restoreClient', () => {
  it('given a Running licence > it cannot be drawn until its client is back; its machine keeps the place', () => {
    const s = worldIn(S.running);
    mustPass(s, 'loseClient', K, [1]);
    expect([readSlark(s, 1).state, drawableCount(s), s.runners[BOB]]).toEqual([S.offline, 0, 1]);
    mustPass(s, 'restoreClient', K, [1]);
    expect([readSlark(s, 1).state, drawableCount(s), s.runners[BOB]]).toEqual([S.running, 1, 1]);
  });

  it('is refused in any other state', () => {
    for (const state of [S.owned, S.pending, S.offline, S.banned]) {
      expect(attempt(worldIn(state), 'loseClient', K, [1])).toEqual(['WrongState', state, 0]);
    }
    for (const state of [S.owned, S.pending, S.running, S.banned]) {
      expect(attempt(worldIn(state), 'restoreClient', K, [1])).toEqual(['WrongState', state, 0]);
    }
    expect(attempt(worldIn(S.owned), 'loseClient', K, [2])).toEqual(['UnknownEntity', 2, 1]);
  });
});

describe('grantLicence and registerFoundationKey', () => {
  it('given room > the foundation runs a Slark of tier 6 that takes no seat and is in no list', () => {
    const s = createSlarkWorld();
    mustPass(s, 'grantLicence', K, []);
    expect(readSlark(s, 1)).toMatchObject({
      owner: ACCOUNT.foundation,
      runner: ACCOUNT.foundation,
      state: S.running,
      tier: 6,
      isFoundation: 1,
      provider: 0,
    });
    mustPass(s, 'registerFoundationKey', K, [1], keyWords(1));
    expect(readSlark(s, 1).keyId).toBe(keyIdOf(keyWords(1)));
    expect(holderOf(s, KIND.slark, 1)).toBe(ACCOUNT.foundation);
    expect(drawableCount(s)).toBe(0);
    expect(s.slarkTotals[F.slarkTotals.tierCount6]).toBe(0);
    expect(s.runners[ACCOUNT.foundation]).toBe(0);
  });

  it('given as many as slark.foundation_nodes > another is refused', () => {
    const s = createSlarkWorld({ params: { 'slark.foundation_nodes': 2 } });
    addFoundationSlark(s);
    addFoundationSlark(s);
    expect(attempt(s, 'grantLicence', K, [])).toEqual(['CapacityExhausted', 2, 2]);
  });

  it('given an agent’s licence > the keeper cannot register its key', () => {
    const s = worldIn(S.owned);
    expect(attempt(s, 'registerFoundationKey', K, [1], keyWords(1))).toEqual(['NotOwner', K, ALICE]);
    expect(attempt(s, 'registerFoundationKey', K, [2], keyWords(1))).toEqual(['UnknownEntity', 2, 1]);
    expect(attempt(s, 'grantLicence', ALICE, [])).toEqual(['OnlyKeeper', ALICE, K]);
  });
});

describe('reportSlarks', () => {
  it('given delays for a slice > keeps them, and no others', () => {
    const s = createSlarkWorld();
    for (const owner of [ALICE, BOB, CAROL]) addLicence(s, owner);
    mustPass(s, 'reportSlarks', K, [1, 3], [120, 0]);
    expect([1, 2, 3].map((licence) => readSlark(s, licence).meanDelayMs)).toEqual([0, 120, 0]);
  });

  it('given a slice that is not there, or a list of another length > is refused', () => {
    const s = worldIn(S.owned);
    expect(attempt(s, 'reportSlarks', K, [1, 0], [])).toEqual(['ValueOutOfRange', 1, 0]);
    expect(attempt(s, 'reportSlarks', K, [0, 2], [1, 1])).toEqual(['ValueOutOfRange', 2, 1]);
    expect(attempt(s, 'reportSlarks', K, [0, 1], [1, 1])).toEqual(['BatchMismatch', 2, 1]);
    expect(attempt(s, 'reportSlarks', K, [0, 1], [2 ** 53])).toEqual(['ValueOutOfRange', 2 ** 53, 2 ** 53 - 1]);
  });
});
