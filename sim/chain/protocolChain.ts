/**
 * The protocol on a local chain: deployment at genesis, blocks of actions as transactions, and the whole ledger state
 * read back from storage. It knows where the contracts keep which table, and no rule.
 */
import { type Abi, encodeFunctionData, type Hex, toEventSelector, toFunctionSelector } from 'viem';
import type { TableBytes } from '../engine/digest.ts';
import { usedRanges, wordsOfRange } from '../engine/digest.ts';
import type { GenesisPlan } from '../engine/genesis.ts';
import { ACTION_NAMES, ACTIONS, type Action, type ActionName, type ActionSpec } from '../protocol/actions.ts';
import { EV, EVENT_NAMES, EVENTS } from '../protocol/events.ts';
import { ACCOUNT, type ContractName, TABLES_OF_CONTRACT, type TableName } from '../protocol/layout.ts';
import { P } from '../protocol/params.ts';
import { REJECTIONS } from '../protocol/rejections.ts';
import { emit, type State } from '../protocol/state.ts';
import { createAccounts, installWallets } from './accounts.ts';
import { type Anvil, startAnvil } from './anvil.ts';
import { checkArtifacts, loadArtifact } from './artifacts.ts';
import { ChainError } from './chainError.ts';
import { deployAll, predictAddresses } from './deploy.ts';
import { type ChainLog, createDriver, type Driver, type DriverCounters, type EncodedCall } from './driver.ts';
import { encodeCall } from './encodeCall.ts';
import { laneOf, readWords } from './readback.ts';
import { failedWithoutData, reasonOf } from './relayBatch.ts';
import { createRpc, type Rpc, RpcError } from './rpc.ts';

/** Unix time of slot 0. Fixed, so that two runs of a scenario give the same blocks. */
export const GENESIS_S = 1_767_225_600;
/** Genesis takes some blocks, each a second later than the one before; the slots start after them. */
const GENESIS_BLOCKS = 64;
const ACCOUNTS_PER_TRANSACTION = 200;
const DEPLOYER: Hex = '0x00000000000000000000000000000000000d3910';
const RELAYER: Hex = '0x00000000000000000000000000000000000e1a11';

const CONTRACTS = Object.keys(TABLES_OF_CONTRACT) as ContractName[];
const TABLES = CONTRACTS.flatMap((contract) => TABLES_OF_CONTRACT[contract] as readonly TableName[]);

/** Gas that one action may use; a slice of a settlement or a batch of requests gets its share for every position. */
const GAS_PER_ACTION = 3_000_000;
const GAS_PER_POSITION = 600_000;
/** Actions on a whole group, whose size is a parameter or a list: validators of a task (to assign 51 of 500 takes 3.7 million), targets of a slot. */
const GAS_PER_GROUP_ACTION = 60_000_000;
const GROUP_ACTIONS: readonly ActionName[] = [
  ...(['assignTask', 'settleTask', 'scheduleChallenges', 'commitPuzzle', 'issueChallenges'] as const),
  ...(['certifyResults', 'closeChallenges', 'attestSubsets'] as const),
];
/** Actions that end an order or judge its bids: with 64 of them, each with a fizz node to release, up to 13.2 million. */
const ORDER_ACTIONS: readonly ActionName[] = [
  ...(['openMatching', 'matchOrder', 'voteMatch', 'chooseBid', 'cancelOrder', 'expireOrder'] as const),
];
const GAS_PER_BID = 300_000;
/** The vote that makes the quorum pays every seat: with 101 of them 8.3 million, bids included. */
const GAS_PER_SEAT = 60_000;
/** A slice that says it is longer, or ends before it begins, is one that is refused. */
const MOST_POSITIONS = 1_000;
const GAS_PER_RELAY = 2_000_000_000;

export type ProtocolChainOptions = {
  readonly plan: GenesisPlan;
  readonly seed: number;
  readonly agentCount: number;
  /** Share of the agents' actions sent as individually signed transactions. */
  readonly signedBps: number;
  readonly builtDir: string;
  readonly root: string;
};

export type ProtocolChain = {
  /**
   * Sends a block's actions and mines them.
   *
   * @param wantEvents  also decode the block's events, in order, into `sink`
   * @returns per action 0, the code of its rejection, or a negative number (see {@link failureText}) if it failed for a
   *   reason that is no rejection of the protocol: a bug of ours
   */
  execute(nowS: number, actions: readonly Action[], sink: State | null): Promise<number[]>;
  /** Reads every table in use into `into`. @throws AssertionError if a field holds 2^53 or more */
  readState(into: State): Promise<void>;
  /** The raw words of what is in use in `ranges`, in the order of `packState`. */
  readWords(ranges: State): Promise<TableBytes[]>;
  /** Overwrites one storage word of a table: for tests that want a difference. */
  tamper(table: TableName, word: number, value: bigint): Promise<void>;
  /** Storage word `word` of a table, counted from its first. */
  readWord(table: TableName, word: number): Promise<bigint>;
  /** Address of an agent's account or of the keeper's. */
  addressOf(account: number): Hex;
  /**
   * What the chain would answer to an action now, with both values of its rejection, of which `execute` learns only the
   * name. Nothing is executed.
   *
   * @returns null if it would be accepted
   */
  refusalOf(nowS: number, action: Action): Promise<Refusal | null>;
  /** Remembers the chain as it is. @returns brings it back to that, any number of times; `counters` start anew */
  checkpoint(): Promise<() => Promise<void>>;
  counters(): DriverCounters & {
    readonly rpcCalls: Readonly<Record<string, number>>;
    readonly gasByAction: Readonly<Record<string, number>>;
  };
  readonly anvil: Anvil;
  readonly addresses: Readonly<Record<string, Hex>>;
  readonly rpc: Rpc;
  close(): Promise<void>;
};

/** A rejection as the contracts give it: its code, what was found and what the rule wanted. */
export type Refusal = { readonly code: number; readonly have: number; readonly need: number };

type StorageLayout = {
  readonly storage: readonly { readonly label: string; readonly slot: string; readonly offset: number }[];
};

/** Selector of each action's function: name(uint64,…[,uint64[]]). */
const selectors: readonly number[] = ACTION_NAMES.map((name) => {
  const spec: ActionSpec = ACTIONS[name];
  const types = [...spec.args.map(() => 'uint64'), ...(spec.bulk === undefined ? [] : ['uint64[]'])];
  return Number.parseInt(toFunctionSelector(`function ${name}(${types.join(',')})`).slice(2), 16);
});

/** Code of each rejection by the first four bytes of its revert data. */
const codeBySelector = new Map<number, number>(
  REJECTIONS.flatMap((name, code) =>
    code === 0
      ? []
      : [[Number.parseInt(toFunctionSelector(`function ${name}(uint64,uint64)`).slice(2), 16), code] as const],
  ),
);

/** What a contract can fail with that is no rejection, by the first four bytes of the revert data. */
const failureBySelector = new Map<number, string>([
  [failedWithoutData, 'no reason: out of gas, or no such function'],
  ...[
    'Panic(uint256)',
    'Error(string)',
    'OperandTooLarge(uint256)',
    'QuotientTooLarge(uint256)',
    'OnlyFamily(address)',
  ].map((signature) => [Number.parseInt(toFunctionSelector(`function ${signature}`).slice(2), 16), signature] as const),
]);

function codeOfReason(reason: number): number {
  return reason === 0 ? 0 : (codeBySelector.get(reason) ?? -reason);
}

/** Says what an action failed with, from its negative code: minus the first four bytes of the revert data as a number. */
export function failureText(code: number): string {
  return failureBySelector.get(-code) ?? `0x${(-code).toString(16).padStart(8, '0')}`;
}

/** Number of each event by its topic. */
const eventByTopic = new Map<string, number>();

function hexOf(value: number): Hex {
  return `0x${value.toString(16)}`;
}

/** A value as a storage word, or the number of one. */
function wordOf(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}

/** @param params  of the run: how many bids and seats there may be */
function gasOf(action: Action, params: readonly number[]): number {
  const name = ACTION_NAMES[action.kind]!;
  if (GROUP_ACTIONS.includes(name)) return GAS_PER_GROUP_ACTION;
  if (ORDER_ACTIONS.includes(name)) {
    const seats = name === 'voteMatch' ? params[P['match.operators']]! : 0;
    return GAS_PER_ACTION + params[P['order.max_bids']]! * GAS_PER_BID + seats * GAS_PER_SEAT;
  }
  const spec: ActionSpec = ACTIONS[name];
  const positions = spec.args[0] === 'from' && spec.args[1] === 'to' ? action.args[1]! - action.args[0]! : 0;
  return GAS_PER_ACTION + Math.min(Math.max(positions, 0), MOST_POSITIONS) * GAS_PER_POSITION;
}

/** @throws ChainError if the chain cannot be started or a contract cannot be deployed */
export async function openProtocolChain(options: ProtocolChainOptions): Promise<ProtocolChain> {
  const { plan, root } = options;
  const stale = checkArtifacts(root);
  if (stale.length > 0) {
    const list = stale.map(({ name, problem }) => `${name} ${problem}`).join(', ');
    throw new ChainError('ARTIFACT_MISSING', `The compiled contracts are not those of the sources: ${list}`, {
      fix: 'run `powr contracts build`.',
    });
  }
  const startS = GENESIS_S - GENESIS_BLOCKS;
  const anvil = await startAnvil({ genesisTimeS: startS, builtDir: options.builtDir });
  const rpc = createRpc({ url: anvil.url, whyGone: anvil.whyGone });
  try {
    return await deployProtocol(options, anvil, rpc, startS, plan, root);
  } catch (error) {
    rpc.close();
    await anvil.stop();
    throw error;
  }
}

async function deployProtocol(
  options: ProtocolChainOptions,
  anvil: Anvil,
  rpc: Rpc,
  startS: number,
  plan: GenesisPlan,
  root: string,
): Promise<ProtocolChain> {
  // Account 0 is the keeper's, so that one more agent leaves all other keys alone.
  const accounts = createAccounts(options.seed, options.agentCount + 1);
  const keyIndexOf = (account: number): number => (account === ACCOUNT.keeper ? 0 : account - ACCOUNT.firstAgent + 1);
  const artifacts = new Map(
    [...CONTRACTS, 'BatchRelay' as const, 'AgentWallet' as const].map((name) => [
      name as string,
      loadArtifact(root, name),
    ]),
  );
  const names = [...CONTRACTS, 'BatchRelay', 'AgentWallet'] as const;
  const addresses = predictAddresses(DEPLOYER, names);
  const families = CONTRACTS.map((name) => addresses[name]);
  const argsOf: Partial<Record<string, readonly unknown[]>> = {
    Params: [plan.params.map(BigInt)],
    Clock: [families, BigInt(GENESIS_S), plan.commitment.words],
    Token: [families, DEPLOYER, accounts.address(0)],
    BatchRelay: [RELAYER, families],
    AgentWallet: [addresses.BatchRelay],
  };
  await deployAll(
    rpc,
    names.map((name) => ({ name, artifact: artifacts.get(name) as never, args: argsOf[name] ?? [families] })),
    { deployer: DEPLOYER, timestampS: startS + 1 },
  );
  await installWallets(rpc, accounts, addresses.AgentWallet);
  await openAccounts(
    rpc,
    addresses.Token,
    artifacts.get('Token')!.abi as Abi,
    accounts.address,
    plan.openUnits,
    startS + 2,
  );

  const bases = new Map<TableName, { readonly contract: ContractName; readonly address: Hex; readonly slot: bigint }>();
  for (const contract of CONTRACTS) {
    const layout = (artifacts.get(contract) as unknown as { storageLayout: StorageLayout }).storageLayout;
    for (const table of TABLES_OF_CONTRACT[contract] as readonly TableName[]) {
      const entry = layout.storage.find((variable) => variable.label === table);
      if (entry === undefined || entry.offset !== 0)
        throw new ChainError(
          'DEPLOY_FAILED',
          `Contract ${contract} does not store table ${table} at a storage word of its own`,
        );
      bases.set(table, { contract, address: addresses[contract], slot: BigInt(entry.slot) });
    }
  }
  if (eventByTopic.size === 0) registerTopics(artifacts.get('Nodes')!.abi as Abi);

  const openDriver = (): Promise<Driver> =>
    createDriver({
      rpc,
      relay: addresses.BatchRelay,
      relayer: RELAYER,
      targets: families,
      accounts,
      gasPerCall: GAS_PER_ACTION,
      gasPerRelay: GAS_PER_RELAY,
    });
  let driver = await openDriver();
  const targetOf = ACTION_NAMES.map((name) => CONTRACTS.indexOf(ACTIONS[name].contract));
  let sent = 0;
  let lastS = 0;

  function encode(action: Action): EncodedCall {
    sent += 1;
    // Spreads the signed share evenly over the agents' actions.
    const signed = action.actor !== ACCOUNT.keeper && (sent * 7_919) % 10_000 < options.signedBps;
    return {
      agent: keyIndexOf(action.actor),
      target: targetOf[action.kind]!,
      data: encodeCall(selectors[action.kind]!, action.args, action.bulk),
      signed,
      gas: gasOf(action, plan.params),
    };
  }

  async function readTable(table: TableName, ranges: State): Promise<TableBytes[]> {
    const { contract, address, slot } = bases.get(table)!;
    return Promise.all(
      usedRanges(ranges, table).map(async (range) => {
        const { fromWord, toWord } = wordsOfRange(table, range);
        const bytes = await readWords(rpc, address, slot + BigInt(fromWord), toWord - fromWord);
        return { contract, table, fromWord, bytes };
      }),
    );
  }

  async function readTables(tables: readonly TableName[], ranges: State): Promise<TableBytes[]> {
    return (await Promise.all(tables.map((table) => readTable(table, ranges)))).flat();
  }

  return {
    anvil,
    addresses,
    rpc,
    async execute(nowS, actions, sink) {
      // Two blocks may lie in the same second of protocol time (a settlement and the slot after it); the chain's clock cannot stand still.
      const timestampS = Math.max(GENESIS_S + nowS, lastS + 1);
      lastS = timestampS;
      const outcome = await driver.sendBlock({ timestampS, calls: actions.map(encode), wantLogs: sink !== null });
      if (sink !== null) decodeEvents(outcome.logs ?? [], sink);
      return Array.from(outcome.reasons, codeOfReason);
    },
    readWords: (ranges) => readTables(TABLES, ranges),
    async readState(into) {
      // Totals and parameters say how much of the other tables is in use, so they come first.
      const isFirst = (table: TableName): boolean => table.endsWith('Totals') || table === 'paramValues';
      unpack(await readTables(TABLES.filter(isFirst), into), into);
      unpack(
        await readTables(
          TABLES.filter((table) => !isFirst(table)),
          into,
        ),
        into,
      );
    },
    async tamper(table, word, value) {
      const { address, slot } = bases.get(table)!;
      await rpc.call('anvil_setStorageAt', [address, wordOf(slot + BigInt(word)), wordOf(value)]);
    },
    async readWord(table, word) {
      const { address, slot } = bases.get(table)!;
      const bytes = await readWords(rpc, address, slot + BigInt(word), 1);
      return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
    },
    addressOf: (account) => accounts.address(keyIndexOf(account)),
    async refusalOf(nowS, action) {
      const call = {
        from: accounts.address(keyIndexOf(action.actor)),
        to: families[targetOf[action.kind]!],
        gas: hexOf(gasOf(action, plan.params)),
        data: `0x${Buffer.from(encodeCall(selectors[action.kind]!, action.args, action.bulk)).toString('hex')}`,
      };
      try {
        await rpc.call('eth_call', [call, 'latest', {}, { time: hexOf(GENESIS_S + nowS) }]);
        return null;
      } catch (error) {
        if (!(error instanceof RpcError) || typeof error.data !== 'string') throw error;
        const code = codeOfReason(reasonOf(error.data as Hex));
        const word = (i: number): number => Number.parseInt((error.data as string).slice(10 + i * 64, 74 + i * 64), 16);
        return code < 0 ? { code, have: 0, need: 0 } : { code, have: word(0), need: word(1) };
      }
    },
    async checkpoint() {
      const atS = lastS;
      let snapshot = await rpc.call<Hex>('evm_snapshot');
      return async () => {
        await rpc.call('evm_revert', [snapshot]);
        // A snapshot can be used once.
        snapshot = await rpc.call<Hex>('evm_snapshot');
        driver = await openDriver();
        lastS = atS;
      };
    },
    counters() {
      const base = driver.counters();
      const gasByAction: Record<string, number> = {};
      for (const entry of base.gasBySelector) {
        const number = selectors.indexOf(
          typeof entry.selector === 'number'
            ? entry.selector
            : Number.parseInt(String(entry.selector).replace('0x', ''), 16),
        );
        if (number >= 0) gasByAction[ACTION_NAMES[number]!] = (gasByAction[ACTION_NAMES[number]!] ?? 0) + entry.gas;
      }
      return {
        ...base,
        rpcCalls: Object.fromEntries([...rpc.counts].sort(([a], [b]) => (a < b ? -1 : 1))),
        gasByAction,
      };
    },
    async close() {
      rpc.close();
      await anvil.stop();
    },
  };
}

/** Opens the agents' accounts in the token, fills them, and ends genesis. */
async function openAccounts(
  rpc: Rpc,
  token: Hex,
  abi: Abi,
  addressOf: (index: number) => Hex,
  openUnits: readonly number[],
  fromS: number,
): Promise<void> {
  let nonce = Number(await rpc.call<Hex>('eth_getTransactionCount', [DEPLOYER, 'latest']));
  let timestampS = fromS;
  async function send(data: Hex): Promise<void> {
    const hash = await rpc.call<Hex>('eth_sendTransaction', [
      { from: DEPLOYER, to: token, nonce: `0x${nonce.toString(16)}`, gas: '0x5f5e1000', gasPrice: '0x0', data },
    ]);
    nonce += 1;
    await rpc.call('evm_mine', [{ timestamp: timestampS, blocks: 1 }]);
    timestampS += 1;
    const receipt = await rpc.call<{ status: Hex } | null>('eth_getTransactionReceipt', [hash]);
    if (receipt?.status !== '0x1')
      throw new ChainError('DEPLOY_FAILED', 'Genesis failed: the token refused to open the agents’ accounts');
  }
  for (let from = 0; from < openUnits.length; from += ACCOUNTS_PER_TRANSACTION) {
    const slice = openUnits.slice(from, from + ACCOUNTS_PER_TRANSACTION);
    await send(
      encodeFunctionData({
        abi,
        functionName: 'openAccounts',
        args: [slice.map((_, i) => addressOf(from + i + 1)), slice.map(BigInt)],
      }),
    );
  }
  await send(encodeFunctionData({ abi, functionName: 'seal', args: [] }));
}

function registerTopics(abi: Abi): void {
  for (const name of EVENT_NAMES) {
    if (!abi.some((entry) => entry.type === 'event' && entry.name === name))
      throw new ChainError('DEPLOY_FAILED', `The contracts have no event ${name}`);
    const signature = `event ${name}(${EVENTS[name].map(() => 'uint64').join(',')})`;
    eventByTopic.set(toEventSelector(signature).toLowerCase(), EV[name]);
  }
}

/** Writes words as the chain holds them into the columns of a state. */
function unpack(parts: readonly TableBytes[], into: State): void {
  for (const { table, fromWord, bytes } of parts) {
    const column = into[table];
    for (let word = 0; word < bytes.length / 32; word++) {
      for (let lane = 0; lane < 4; lane++) {
        const at = (fromWord + word) * 4 + lane;
        if (at < column.length) column[at] = laneOf(bytes, word, lane);
      }
    }
  }
}

/** Appends the protocol's events among a block's logs to a state's buffer. Token standards' own events are left out. */
function decodeEvents(logs: readonly ChainLog[], sink: State): void {
  for (const log of logs) {
    const number = eventByTopic.get((log.topics[0] ?? '').toLowerCase());
    if (number === undefined) continue;
    const name = EVENT_NAMES[number]!;
    const args = EVENTS[name].map((_, i) => Number.parseInt(log.data.slice(2 + i * 64, 2 + (i + 1) * 64), 16));
    emit(sink, name, ...args);
  }
}
