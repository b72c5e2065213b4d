/**
 * Sends the calls of one block to the chain, in the order given, and says of each what became of it. Most go through
 * the relay, many in one transaction; those marked `signed` go as transactions of their own, signed by the agent. It
 * decides how calls travel, and nothing about what they are.
 */
import type { Hex } from 'viem';
import { type Accounts, signCall } from './accounts.ts';
import { blockGasLimit } from './anvil.ts';
import { ChainError } from './chainError.ts';
import { createGasMeter, type EntryPointGas } from './gasMeter.ts';
import {
  decodeOutcomes,
  encodeRun,
  gasPerByte,
  gasPerTransaction,
  noWallet,
  type Outcome,
  reasonOf,
} from './relayBatch.ts';
import type { Rpc, RpcCall } from './rpc.ts';

export type EncodedCall = {
  /** Index of the account that acts. */
  readonly agent: number;
  /** Index of the contract that is called. */
  readonly target: number;
  /** Selector and arguments, at least 4 bytes. */
  readonly data: Uint8Array;
  /** True: a transaction of its own, signed by the agent. False: carried by the relay. */
  readonly signed: boolean;
  /** Gas the call may use; absent: the driver's `gasPerCall`. */
  readonly gas?: number;
};

export type ChainLog = {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  /** Position in the block of the transaction that emitted it. */
  readonly transactionIndex: number;
};

export type BlockOutcome = {
  /** For each call 0 if it succeeded, else the first 4 bytes of its revert data, or 0xffffffff if it left none. */
  readonly reasons: Uint32Array;
  readonly gasUsed: number;
  readonly txCount: number;
  /** All logs of the block but the relay's own, in order, if they were asked for. */
  readonly logs?: readonly ChainLog[];
};

export type DriverCounters = {
  readonly blockCount: number;
  readonly transactionCount: number;
  readonly relayedCount: number;
  readonly signedCount: number;
  /** Of whole blocks: with what transactions cost in themselves, and less refunds, which the selectors' sums are not. */
  readonly gas: number;
  readonly gasBySelector: readonly EntryPointGas[];
};

export type Driver = {
  /**
   * Mines one block with these calls and nothing else.
   *
   * @param timestampS  later than the chain's last block
   * @throws ChainError BLOCK_WRONG if the block is not what was sent; the driver must not be used after that
   */
  readonly sendBlock: (block: {
    readonly timestampS: number;
    readonly calls: readonly EncodedCall[];
    readonly wantLogs?: boolean;
  }) => Promise<BlockOutcome>;
  readonly counters: () => DriverCounters;
};

export type DriverOptions = {
  readonly rpc: Rpc;
  /** The BatchRelay, deployed with `relayer` as owner and `targets` in this order. */
  readonly relay: Hex;
  /** Account that sends the relay's transactions. It is unlocked at the chain and signs nothing. */
  readonly relayer: Hex;
  readonly targets: readonly Hex[];
  readonly accounts: Accounts;
  /** Most calls in one transaction of the relay. */
  readonly callsPerRelay?: number;
  /** Most gas that the calls of one transaction of the relay may use together, unless one call alone may use more. */
  readonly gasPerRelay?: number;
  readonly gasPerCall?: number;
};

/** Position of a transaction's calls in the block's. */
type Carrier = { readonly from: number; readonly to: number; readonly signed: boolean };

const largestCallGas = 2 ** 30;
const callsPerBatch = 500;
const charactersPerBatch = 16_000_000;

/**
 * A driver for one chain, which sends from these accounts alone.
 *
 * @throws ChainError BLOCK_WRONG if the relay is not set up as `options` say
 */
export async function createDriver(options: DriverOptions): Promise<Driver> {
  const { rpc, relay, relayer, targets, accounts } = options;
  const callsPerRelay = options.callsPerRelay ?? 500;
  const gasPerRelay = options.gasPerRelay ?? 400_000_000;
  const gasPerCall = options.gasPerCall ?? 200_000;

  await checkRelay(rpc, relay, relayer, targets);
  await rpc.call('anvil_impersonateAccount', [relayer]);
  await rpc.call('anvil_setBalance', [relayer, '0x1000000000000000000']);
  let relayerNonce = await nonceOf(relayer);
  const agentNonces = new Map<number, number>();
  const meter = createGasMeter();
  let blockCount = 0;
  let transactionCount = 0;
  let signedCount = 0;
  let relayedCount = 0;
  let gas = 0;
  let lastTimestampS = -1;

  async function nonceOf(address: Hex): Promise<number> {
    return Number(await rpc.call<Hex>('eth_getTransactionCount', [address, 'latest']));
  }

  function gasOf(call: EncodedCall): number {
    const own = call.gas ?? gasPerCall;
    if (!(Number.isInteger(own) && own > 0 && own <= largestCallGas)) throw new RangeError(`Call with ${own} gas`);
    return own;
  }

  function plan(calls: readonly EncodedCall[]): Carrier[] {
    const carriers: Carrier[] = [];
    for (let from = 0; from < calls.length; ) {
      const { signed } = calls[from] as EncodedCall;
      let to = from + 1;
      if (!signed) {
        let sum = gasOf(calls[from] as EncodedCall);
        for (; to < calls.length && to - from < callsPerRelay; to++) {
          const call = calls[to] as EncodedCall;
          if (call.signed || (sum += gasOf(call)) > gasPerRelay) break;
        }
      }
      carriers.push({ from, to, signed });
      from = to;
    }
    return carriers;
  }

  /** Nonces are ours to keep; the chain is asked once for each agent that signs. */
  async function learnNonces(calls: readonly EncodedCall[]): Promise<void> {
    const unknown = new Set<number>();
    for (const { signed, agent } of calls) if (signed && !agentNonces.has(agent)) unknown.add(agent);
    const agents = [...unknown];
    const counts = await rpc.batch<Hex>(
      agents.map((agent) => ({ method: 'eth_getTransactionCount', params: [accounts.address(agent), 'latest'] })),
    );
    for (const [i, agent] of agents.entries()) agentNonces.set(agent, Number(counts[i]));
  }

  function relayTransaction(calls: readonly EncodedCall[], gasPriceWei: number): Transaction {
    const { data, gas } = encodeRun(calls, accounts, gasOf);
    const transaction = {
      from: relayer,
      to: relay,
      nonce: hexOf(relayerNonce++),
      gas: hexOf(gas),
      gasPrice: hexOf(gasPriceWei),
      data: `0x${data.toString('hex')}`,
    };
    return { request: { method: 'eth_sendTransaction', params: [transaction] }, gas, characters: 2 * data.length };
  }

  async function signedTransaction(call: EncodedCall, gasPriceWei: number): Promise<Transaction> {
    const nonce = agentNonces.get(call.agent) as number;
    agentNonces.set(call.agent, nonce + 1);
    const gas = gasPerTransaction + gasPerByte * call.data.length + gasOf(call);
    const raw = await signCall({
      privateKey: accounts.privateKey(call.agent),
      nonce,
      gasPriceWei,
      gas,
      to: targets[call.target] as Hex,
      data: `0x${Buffer.from(call.data).toString('hex')}`,
    });
    return { request: { method: 'eth_sendRawTransaction', params: [raw] }, gas, characters: raw.length };
  }

  function checkCall(call: EncodedCall): void {
    if (!(call.agent >= 0 && call.agent < accounts.count)) throw new RangeError(`No account ${call.agent}`);
    if (!(call.target >= 0 && call.target < targets.length)) throw new RangeError(`No contract ${call.target}`);
    const size = call.data.length;
    if (size < 4 || size >= 2 ** 24) throw new RangeError(`Calldata of ${size} bytes`);
  }

  async function send(transactions: readonly Transaction[]): Promise<Hex[]> {
    const gasSum = transactions.reduce((sum, { gas }) => sum + gas, 0);
    if (gasSum > blockGasLimit) throw new RangeError(`Calls of ${gasSum} gas do not fit a block of ${blockGasLimit}`);
    const hashes: Hex[] = [];
    for (let from = 0; from < transactions.length; ) {
      let to = from;
      for (let size = 0; to < transactions.length && to - from < callsPerBatch && size < charactersPerBatch; to++) {
        size += (transactions[to] as Transaction).characters;
      }
      hashes.push(...(await rpc.batch<Hex>(transactions.slice(from, to).map(({ request }) => request))));
      from = to;
    }
    return hashes;
  }

  async function sendBlock(block: Parameters<Driver['sendBlock']>[0]): Promise<BlockOutcome> {
    const { timestampS, calls } = block;
    if (timestampS <= lastTimestampS) throw new RangeError(`Block at ${timestampS} s after one at ${lastTimestampS} s`);
    for (const call of calls) checkCall(call);
    await learnNonces(calls);
    const carriers = plan(calls);

    // anvil runs the items of a JSON batch concurrently: the order in which they enter its pool is not ours. So the
    // pool is told to order by price, and each transaction offers 1 wei less than the one before it.
    const sent: Transaction[] = [];
    for (const [i, { from, to, signed }] of carriers.entries()) {
      const gasPriceWei = carriers.length - i;
      sent.push(
        signed
          ? await signedTransaction(calls[from] as EncodedCall, gasPriceWei)
          : relayTransaction(calls.slice(from, to), gasPriceWei),
      );
    }
    const hashes = await send(sent);
    await rpc.call('evm_mine', [{ timestamp: timestampS, blocks: 1 }]);
    lastTimestampS = timestampS;

    // How a signed transaction ended is read from the trace that anvil recorded when it ran it: exact, and as cheap in a
    // large block as in a small one. For a receipt anvil goes through the whole block, 3 ms at 20,000 calls.
    const logFilter = { fromBlock: 'latest', toBlock: 'latest', ...(block.wantLogs ? {} : { address: relay }) };
    const signedHashes = hashes.filter((_, i) => (carriers[i] as Carrier).signed);
    const [mined, rawLogs, ...traces] = (await rpc.batch([
      { method: 'eth_getBlockByNumber', params: ['latest', false] },
      { method: 'eth_getLogs', params: [logFilter] },
      ...signedHashes.map((hash) => ({ method: 'trace_transaction', params: [hash] })),
    ])) as [MinedBlock, RawLog[], ...Trace[][]];
    const minedS = Number(mined.timestamp);
    if (minedS !== timestampS) throw wrong(`its block is at ${minedS} s, not ${timestampS} s`);
    checkOrder(mined.transactions, hashes);

    const reasons = new Uint32Array(calls.length);
    const outcomes = outcomesByTransaction(rawLogs, relay);
    let signedRead = 0;
    for (const [i, { from, to, signed }] of carriers.entries()) {
      if (signed) {
        const { error, result, action } = (traces[signedRead++] as Trace[])[0] as Trace;
        reasons[from] = error === undefined ? 0 : reasonOf(result?.output ?? '0x');
        meter.add(calls[from] as EncodedCall, error !== undefined, Number(result?.gasUsed ?? action.gas));
        continue;
      }
      const records = outcomes.get(i);
      if (records === undefined) {
        const data = await rpc.call<Hex>('ots_getTransactionError', [hashes[i]]);
        throw wrong(`the relay's transaction ${i} failed as a whole: ${data}`);
      }
      const count = to - from;
      if (records.length !== count) throw wrong(`transaction ${i} has ${records.length} outcomes, not ${count}`);
      for (const [k, { reason, gas: usedGas }] of records.entries()) {
        const call = calls[from + k] as EncodedCall;
        if (reason === noWallet) throw wrong(`account ${call.agent} has no wallet`);
        reasons[from + k] = reason;
        meter.add(call, reason !== 0, usedGas);
      }
    }
    blockCount += 1;
    transactionCount += carriers.length;
    signedCount += signedHashes.length;
    relayedCount += calls.length - signedHashes.length;
    gas += Number(mined.gasUsed);
    return {
      reasons,
      gasUsed: Number(mined.gasUsed),
      txCount: carriers.length,
      ...(block.wantLogs ? { logs: protocolLogs(rawLogs, relay) } : {}),
    };
  }

  function counters(): DriverCounters {
    return { blockCount, transactionCount, relayedCount, signedCount, gas, gasBySelector: meter.read() };
  }

  return { sendBlock, counters };
}

type Transaction = { readonly request: RpcCall; readonly gas: number; readonly characters: number };
type MinedBlock = { readonly timestamp: Hex; readonly gasUsed: Hex; readonly transactions: readonly Hex[] };
/**
 * A call that anvil recorded as it ran a transaction; the first is the transaction's own, without its intrinsic gas.
 * `output` is the revert data if there is an `error`; a call that used up its gas has no `result`.
 */
type Trace = {
  readonly action: { readonly gas: Hex };
  readonly error?: string;
  readonly result: { readonly gasUsed: Hex; readonly output: Hex } | null;
};
type RawLog = { readonly address: Hex; readonly topics: Hex[]; readonly data: Hex; readonly transactionIndex: Hex };

function wrong(what: string): ChainError {
  return new ChainError('BLOCK_WRONG', `The chain did not do what it was told: ${what}`);
}

function hexOf(value: number): Hex {
  return `0x${value.toString(16)}`;
}

function checkOrder(mined: readonly Hex[], sent: readonly Hex[]): void {
  if (mined.length !== sent.length) throw wrong(`of ${sent.length} transactions ${mined.length} are in the block`);
  const at = mined.findIndex((hash, i) => hash !== sent[i]);
  if (at >= 0) throw wrong(`transaction ${at} of the block is not the one sent as number ${at}`);
}

/** The relay's records of each of its transactions, by the transaction's position in the block. */
function outcomesByTransaction(logs: readonly RawLog[], relay: Hex): Map<number, Outcome[]> {
  const own = logs.filter(({ address }) => address === relay);
  return new Map(own.map(({ data, transactionIndex }) => [Number(transactionIndex), decodeOutcomes(data)]));
}

function protocolLogs(logs: readonly RawLog[], relay: Hex): ChainLog[] {
  return logs
    .filter(({ address }) => address !== relay)
    .map(({ address, topics, data, transactionIndex }) => {
      return { address, topics, data, transactionIndex: Number(transactionIndex) };
    });
}

async function checkRelay(rpc: Rpc, relay: Hex, relayer: Hex, targets: readonly Hex[]): Promise<void> {
  if (relay !== relay.toLowerCase()) throw new RangeError('Addresses are written in lower case');
  const read = (data: string) => ({ method: 'eth_call', params: [{ to: relay, data: `0x${data}` }, 'latest'] });
  const ownerSelector = '117803e3';
  const targetsSelector = '0a39ce02';
  const [owner, ...stored] = await rpc.batch<Hex>([
    read(ownerSelector),
    ...targets.map((_, i) => read(`${targetsSelector}${i.toString(16).padStart(64, '0')}`)),
  ]);
  const codes = await rpc.batch<Hex>(targets.map((target) => ({ method: 'eth_getCode', params: [target, 'latest'] })));
  if (`0x${owner?.slice(26)}` !== relayer.toLowerCase()) throw wrong(`the relay's owner is not ${relayer}`);
  for (const [i, target] of targets.entries()) {
    if (`0x${stored[i]?.slice(26)}` !== target.toLowerCase()) throw wrong(`target ${i} of the relay is not ${target}`);
    if (codes[i] === '0x') throw wrong(`there is no contract at ${target}`);
  }
}
