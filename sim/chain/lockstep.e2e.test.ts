/** A difference between core and contracts, wherever it lies, stops the ledger and is named. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '../cli/exitCodes.ts';
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import type { Block } from '../engine/ports.ts';
import { type Action, action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { createBeacons } from '../protocol/beacons.ts';
import {
  ACCOUNT,
  HOSTS_PER_MODEL,
  KIND,
  SEATS_PER_CLASS,
  TABLES_OF_CONTRACT,
  type TableName,
} from '../protocol/layout.ts';
import { ledgerParams, P } from '../protocol/params.ts';
import type { Capacities } from '../protocol/state.ts';
import { testBuild } from './chainFixture.ts';
import { createKeyRing } from './keyRing.ts';
import { createLockstepLedger, type Fault, LockstepError } from './lockstep.ts';
import { openProtocolChain, type ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';
import { differenceAt, failureOf, lineOf, spotOf } from './spot.ts';

const AGENTS = 4;
const [MINER, CREATOR, VALIDATOR, DELEGATOR] = [0, 1, 2, 3].map((i) => ACCOUNT.firstAgent + i) as [
  number,
  number,
  number,
  number,
];
const CAPACITIES: Capacities = { paramValues: 512, ratings: 8_000, providerRatings: 8_000 };

/** Records that are in use after {@link FOUNDING}, where it is not record 1 (record 0 of the totals). */
const RECORDS: Partial<Record<TableName, number>> = {
  paramValues: 5,
  wallets: CREATOR,
  prepaid: DELEGATOR,
  hosts: HOSTS_PER_MODEL,
  ratings: 1_000,
  providerRatings: 1_000,
  runners: DELEGATOR,
  seats: SEATS_PER_CLASS,
  // Nothing is requested, assigned, challenged or rented: their unused record 0 is compared all the same.
  requests: 0,
  members: 0,
  challenges: 0,
  leases: 0,
  leaseUpdates: 0,
};

const KEYS = createKeyRing(1, true);

/** One entity of each kind. */
const FOUNDING: readonly Action[] = [
  action('reserveSlot', MINER, [1, 4]),
  action('registerNode', MINER, [1, 9]),
  action('submitNodeMetadata', MINER, [1, 77]),
  action('registerModel', CREATOR, [0, 2_000, 11, 5]),
  action('registerValidator', VALIDATOR, []),
  action('delegate', DELEGATOR, [KIND.node, 1, 5_000_000, 0]),
  action('buyCalls', DELEGATOR, [1_000_000]),
  action('proposeProvider', MINER, [1, 0, 8, 32, 500, 1, 3, 2, 2, 2, 0]),
  action('stakeProvider', MINER, [1, 51_000_000]),
  action('buyLicence', DELEGATOR, []),
  action('registerSlarkKey', DELEGATOR, [1], [...KEYS.keyWords('slark'), ...KEYS.possession('slark', DELEGATOR)!]),
  action('selfOperate', DELEGATOR, [1, 1]),
  action('openEscrow', CREATOR, [0, 5_000_000]),
  action('createOrder', CREATOR, [1, 0, 0, 1, 1, 1, 0, 0, 0, 3_600, 1_000, 0]),
  action('placeBid', MINER, [1, 1, 500, 0]),
  action('configureFizz', CREATOR, [7, 1, 1, 1, 0, 0, 1_000]),
];
/** Accepted, and changes nothing. */
const NOTHING = action('transferTokens', MINER, [CREATOR, 0]);

const TABLES = Object.values(TABLES_OF_CONTRACT).flat() as TableName[];

describe('createLockstepLedger', () => {
  // No price is posted here, so that no deposit fills a bracket.
  const params = ledgerParams({ 'escrow.brackets_enforced': 0 });
  const { commitment, beacons } = createBeacons(1, 1);
  const plan: GenesisPlan = {
    ...{ params, commitment, beacons, unitsPerToken: 1_000_000 },
    ...{ slotS: params[P['time.slot_s']]!, slotsPerEra: params[P['time.slots_per_era']]! },
    openUnits: new Array<number>(AGENTS).fill(2_000_000_000),
  };
  let chain: ProtocolChain;
  let toGenesis: () => Promise<void>;
  let nowS = 0;

  beforeAll(async () => {
    const options = { plan, seed: 1, agentCount: AGENTS, signedBps: 0, builtDir: testBuild(), root: repoRoot() };
    chain = await openProtocolChain(options);
    toGenesis = await chain.checkpoint();
  });
  afterAll(() => chain?.close());

  function blockOf(phase: number, actions: readonly Action[]): Block {
    nowS += 1;
    return { slot: 0, phase, nowS, actions: () => actions };
  }

  async function openLedger(faults: readonly Fault[]) {
    await toGenesis();
    nowS = 0;
    return createLockstepLedger({ core: createGenesisState(plan, CAPACITIES), chain, faults });
  }

  describe.each(TABLES)('given a changed word of %s', (table) => {
    it('fails at the era’s end naming record, field and both values, and passes when it is as before', async () => {
      const founded = createGenesisState(plan, CAPACITIES);
      for (const next of FOUNDING) expect(applyAction(founded, next)).toBe(0);
      const spot = spotOf(founded, table, table.endsWith('Totals') ? 0 : (RECORDS[table] ?? 1));
      const fault = (phase: number, value: bigint): Fault => {
        return { slot: 0, phase, table, word: spot.word, value: String(value) };
      };
      const ledger = await openLedger([fault(2, spot.value), fault(3, spot.before)]);
      await ledger.applyBlock(blockOf(1, FOUNDING));
      const { digest, comparedWordCount } = await ledger.endEra(0);
      expect(comparedWordCount).toBeGreaterThan(150);
      await ledger.applyBlock(blockOf(2, [NOTHING]));
      const error = await failureOf(ledger.endEra(1));
      expect(error).toBeInstanceOf(LockstepError);
      const { message, era, differences, journal } = error as LockstepError;
      expect(differences).toEqual([differenceAt(spot)]);
      expect(message).toBe(`Era 1: core and chain disagree\n${lineOf(differenceAt(spot))}`);
      expect({ era, blocks: journal.length, faults: journal[1]!.faults.length }).toEqual({
        era: 1,
        blocks: 2,
        faults: 1,
      });
      await ledger.applyBlock(blockOf(3, [NOTHING]));
      expect(await ledger.endEra(2)).toEqual({ digest, comparedWordCount });
    });
  });

  it('given a word that no field could hold > names it rather than stumble over it', async () => {
    const value = (1n << 256n) - 1n;
    const ledger = await openLedger([{ slot: 0, phase: 1, table: 'nodeTotals', word: 0, value: String(value) }]);
    await ledger.applyBlock(blockOf(1, [NOTHING]));
    const { differences } = (await failureOf(ledger.endEra(0))) as LockstepError;
    expect(differences).toHaveLength(4);
    expect(differences[0]).toMatchObject({ field: 'nodeCount', core: '0', chain: '18446744073709551615' });
  });

  it('given a rule that differs > names the action, its sender, and what either says', async () => {
    const word = Math.floor(P['node.stake_min'] / 4);
    const fault: Fault = { slot: 0, phase: 1, table: 'paramValues', word, value: String((1n << 256n) - 1n) };
    const ledger = await openLedger([fault]);
    await ledger.applyBlock(blockOf(1, [NOTHING]));
    await ledger.applyBlock(blockOf(2, [action('reserveSlot', MINER, [1, 4])]));
    const error = (await failureOf(ledger.endEra(0))) as LockstepError;
    expect(error).toBeInstanceOf(LockstepError);
    expect(error.message).toBe(
      'Slot 0, phase 2: the core accepts, the chain refuses with InsufficientBalance: reserveSlot(1, 4) of account 32',
    );
  });

  it('given contracts that break where the core accepts > is a difference, not a failure of the machine', async () => {
    // No node is in a seat any more, so that none can leave one.
    const fault: Fault = { slot: 0, phase: 1, table: 'nodeTotals', word: 0, value: '1' };
    const ledger = await openLedger([fault]);
    await ledger.applyBlock(blockOf(1, [FOUNDING[0]!]));
    nowS += plan.params[P['node.reserve_deadline_s']]!;
    await ledger.applyBlock(blockOf(2, [action('expireReservation', ACCOUNT.keeper, [1])]));
    const error = (await failureOf(ledger.endEra(0))) as LockstepError;
    expect(error.message).toBe(
      'Slot 0, phase 2: the core accepts, the chain fails with Panic(uint256): expireReservation(1) of account 16',
    );
    expect(exitCodeOf(error)).toBe(EXIT.bug);
  });
});
