/** The protocol on a chain: what the chain tells beyond the rules, which the vectors and the lockstep tests are about. */
import { type Abi, type AbiParameter, encodeFunctionData, type Hex, toFunctionSelector } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGenesisState, type GenesisPlan } from '../engine/genesis.ts';
import { ACTIONS, type Action, type ActionSpec, action } from '../protocol/actions.ts';
import { applyAction } from '../protocol/apply.ts';
import { createBeacons } from '../protocol/beacons.ts';
import { ACCOUNT, F, NODE_STATE, STRIDE, TASK_KIND, TASK_STATE, VALIDATOR_STATE } from '../protocol/layout.ts';
import { writeRecord } from '../protocol/nodeWorld.ts';
import { ledgerParams, P } from '../protocol/params.ts';
import { R } from '../protocol/rejections.ts';
import type { Capacities, State } from '../protocol/state.ts';
import { loadArtifact } from './artifacts.ts';
import { testBuild } from './chainFixture.ts';
import { compareStates } from './lockstep.ts';
import { failureText, openProtocolChain, type ProtocolChain } from './protocolChain.ts';
import { repoRoot } from './repoRoot.ts';
import { RpcError } from './rpc.ts';
import { writeState } from './writeState.ts';

const AGENTS = 8;
const [FIRST, SECOND] = [ACCOUNT.firstAgent, ACCOUNT.firstAgent + 1] as const;
const CAPACITIES: Capacities = { ratings: 8_000 };
/** The largest group that `val.group_size` allows, and validators enough to draw it from. */
const SEATS = 51;
const VALIDATORS = 500;

function planTest(): GenesisPlan {
  const params = ledgerParams({ 'val.group_size': SEATS, 'val.slash_noshow_bps': 100 });
  const { commitment, beacons } = createBeacons(1, 2);
  const openUnits = new Array<number>(AGENTS).fill(2_000_000_000);
  const [slotS, slotsPerEra] = [params[P['time.slot_s']]!, params[P['time.slots_per_era']]!];
  return { params, commitment, beacons, openUnits, slotS, slotsPerEra, unitsPerToken: 1_000_000 };
}

describe('ProtocolChain', () => {
  const plan = planTest();
  const root = repoRoot();
  let chain: ProtocolChain;
  let toGenesis: () => Promise<void>;
  let core: State;

  beforeAll(async () => {
    const options = { plan, seed: 1, agentCount: AGENTS, signedBps: 0, builtDir: testBuild(), root };
    chain = await openProtocolChain(options);
    toGenesis = await chain.checkpoint();
  });
  beforeEach(async () => {
    await toGenesis();
    core = createGenesisState(plan, CAPACITIES);
  });
  afterAll(() => chain?.close());

  const pay = (units: number): Action => action('transferTokens', FIRST, [SECOND, units]);
  const differences = async () => (await compareStates(core, chain)).differences;

  it('given nothing but the deployment > the contracts hold the core’s genesis, word for word', async () => {
    expect(await differences()).toEqual([]);
  });

  it('given blocks in the same second of protocol time > mines both, a second apart', async () => {
    expect(await chain.execute(10, [pay(1)], null)).toEqual([0]);
    expect(await chain.execute(10, [pay(2)], null)).toEqual([0]);
    const block = await chain.rpc.call<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false]);
    const before = await chain.rpc.call<{ timestamp: Hex }>('eth_getBlockByNumber', [await previous(), false]);
    expect(Number(block.timestamp) - Number(before.timestamp)).toBe(1);
  });

  async function previous(): Promise<Hex> {
    const number = await chain.rpc.call<Hex>('eth_blockNumber');
    return `0x${(Number(number) - 1).toString(16)}`;
  }

  describe('checkpoint', () => {
    it('brings the chain back to what it was, any number of times, and goes on from there', async () => {
      for (let i = 0; i < 3; i++) {
        await toGenesis();
        expect(await differences()).toEqual([]);
        expect(await chain.execute(5, [pay(7)], null)).toEqual([0]);
        expect(await chain.readWord('wallets', FIRST / 4)).not.toBe(0n);
        expect(await differences()).not.toEqual([]);
      }
    });
  });

  describe('refusalOf', () => {
    it('tells both values of a rejection, and changes nothing', async () => {
      const refusal = await chain.refusalOf(0, pay(2_000_000_001));
      expect(refusal).toEqual({ code: R.InsufficientBalance, have: 2_000_000_000, need: 2_000_000_001 });
      expect(await chain.refusalOf(0, pay(2_000_000_000))).toBeNull();
      expect(await differences()).toEqual([]);
    });

    it('asks at the second that it is given', async () => {
      const open = action('openSlot', ACCOUNT.keeper, plan.beacons[0]!.words);
      expect(await chain.refusalOf(3_599, open)).toBeNull();
      expect(await chain.refusalOf(3_600, open)).toEqual({ code: R.SlotOutOfOrder, have: 1, need: 0 });
    });
  });

  describe('execute', () => {
    it('given an action that the contracts fail with a panic > gives a negative code that says so', async () => {
      core.nowS = 0;
      const reserve = action('reserveSlot', FIRST, [1, 1]);
      expect([applyAction(core, reserve), ...(await chain.execute(0, [reserve], null))]).toEqual([0, 0]);
      // With no node in a seat, none can leave one.
      const totals = await chain.readWord('nodeTotals', 0);
      await chain.tamper('nodeTotals', 0, totals - (1n << 64n));
      const lateS = plan.params[P['node.reserve_deadline_s']]! + 1;
      const expire = action('expireReservation', ACCOUNT.keeper, [1]);
      const [code] = await chain.execute(lateS, [expire], null);
      expect(failureText(code!)).toBe('Panic(uint256)');
      expect(await chain.refusalOf(lateS + 1, expire)).toEqual({ code, have: 0, need: 0 });
    });

    it('given slices that end before they begin, or never > refuses them as the core does', async () => {
      const huge = 9_007_199_254_740_991;
      const slices = [
        action('closeRequests', ACCOUNT.keeper, [5, 0]),
        action('rotateModels', ACCOUNT.keeper, [0, huge]),
      ];
      const codes = slices.map((slice) => applyAction(core, slice));
      expect(codes).toEqual([R.CursorMismatch, R.StepOutOfOrder]);
      expect(await chain.execute(0, slices, null)).toEqual(codes);
    });

    it('given the largest group that the parameters allow > has gas to assign and to settle it', async () => {
      const genesis = createGenesisState(plan, CAPACITIES);
      writeLargeTask(core);
      await writeState(chain, genesis, core);
      const both = async (nowS: number, next: Action): Promise<readonly [number, number]> => {
        core.nowS = nowS;
        return [applyAction(core, next), (await chain.execute(nowS, [next], null))[0]!];
      };
      expect(await both(1, action('assignTask', ACCOUNT.keeper, [1]))).toEqual([0, 0]);
      expect(core.tasks[STRIDE.tasks + F.tasks.memberCount]).toBe(SEATS);
      expect(await both(plan.slotS + 2, action('settleTask', ACCOUNT.keeper, [1]))).toEqual([0, 0]);
      expect(await differences()).toEqual([]);
    });
  });

  describe('the functions between the contracts', () => {
    const open: Readonly<Record<string, string>> = {
      approve: 'ERC-20',
      transfer: 'ERC-20',
      transferFrom: 'ERC-20',
      openAccounts: 'NotRegistrar',
      seal: 'NotRegistrar',
      safeTransferFrom: 'ERC-1155',
      safeBatchTransferFrom: 'ERC-1155',
      setApprovalForAll: 'ERC-1155',
    };
    const calls = [
      ...new Set(Object.values(ACTIONS).map(({ contract }) => contract)),
      'EntityNft',
      'SlarkLicence',
    ].flatMap((contract) =>
      (loadArtifact(root, contract).abi as Abi).flatMap((item) => {
        if (item.type !== 'function' || item.stateMutability !== 'nonpayable' || item.name in open) return [];
        const isAction = (ACTIONS as Readonly<Record<string, ActionSpec>>)[item.name]?.contract === contract;
        return isAction ? [] : [{ label: `${contract}.${item.name}`, contract, name: item.name, inputs: item.inputs }];
      }),
    );

    it('are what moves tokens, stakes, loads and scores', () => {
      expect(calls.length).toBeGreaterThan(20);
    });

    it.each(calls)('$label refuses an agent and the keeper', async ({ contract, name, inputs }) => {
      const abi = loadArtifact(root, contract).abi as Abi;
      const args = inputs.map(emptyValue);
      const data = encodeFunctionData({ abi, functionName: name, args });
      for (const account of [FIRST, ACCOUNT.keeper]) {
        const call = { from: chain.addressOf(account), to: chain.addresses[contract], data };
        const error = await chain.rpc.call('eth_call', [call, 'latest']).then(
          () => null,
          (refused: unknown) => refused,
        );
        expect(error).toBeInstanceOf(RpcError);
        expect(String((error as RpcError).data).slice(0, 10)).toBe(toFunctionSelector('function OnlyFamily(address)'));
      }
    });
  });
});

/** A value of a parameter's type: nothing, no, 0, or a record of these. */
function emptyValue(input: AbiParameter): unknown {
  if (input.type.endsWith('[]')) return [];
  if (input.type === 'bool') return false;
  if (!('components' in input)) return 0n;
  return Object.fromEntries(input.components.map((component) => [component.name, emptyValue(component)]));
}

/** An audit that waits for its group, and validators to draw it from. */
function writeLargeTask(s: State): void {
  writeRecord(s, 'clockTotals', 0, { slotCount: 1, beacon6: 0x1234_5678, beacon7: 0x9abc_def0 });
  writeRecord(s, 'nodeTotals', 0, { nodeCount: 1, onlineCount: 1 });
  writeRecord(s, 'nodes', 1, { owner: SECOND, state: NODE_STATE.online });
  writeRecord(s, 'taskTotals', 0, { taskCount: 1, openCount: 1 });
  writeRecord(s, 'tasks', 1, { kind: TASK_KIND.output, subject: 1, owner: SECOND, state: TASK_STATE.created, wu: 5 });
  const counts = { validatorCount: VALIDATORS, activeCount: VALIDATORS, committeeCount: VALIDATORS };
  writeRecord(s, 'validatorTotals', 0, { ...counts, committeeWeightFp: VALIDATORS * 1_000 });
  for (let validator = 1; validator <= VALIDATORS; validator++) {
    const owner = validator % 10 === 0 ? SECOND : FIRST;
    writeRecord(s, 'validators', validator, { owner, state: VALIDATOR_STATE.active, reputationFp: 500_000_000 });
    writeRecord(s, 'committeeWeights', validator, { cumulativeFp: validator * 1_000 });
    writeRecord(s, 'validatorCollateral', validator, { ownUnits: 1_000 });
  }
}
