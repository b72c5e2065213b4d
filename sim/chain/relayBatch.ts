/**
 * The bytes that BatchRelay takes and gives back: calls packed into one transaction, and the record of what became of
 * each. It does not decide which calls travel together.
 */
import type { Hex } from 'viem';
import type { Accounts } from './accounts.ts';
import type { EncodedCall } from './driver.ts';

/** A relayed call that failed and left no revert data (out of gas, invalid opcode, empty revert). */
export const failedWithoutData = 0xffffffff;
/** A relayed call whose agent has no code: nothing was called. */
export const noWallet = 0xfffffffe;

/** First 4 bytes of keccak256('run(bytes)'). */
const runSelector = 0x3a276523;
const headerBytes = 28;
const outcomeBytes = 8;

/** Most that a byte of calldata costs (EIP-7623), so that a declared gas limit need not be exact. */
export const gasPerByte = 40;
export const gasPerTransaction = 21_000;
/** Most that the relay spends on an action besides the action's own gas. */
const relayGasPerCall = 12_000;

/**
 * Calldata of `BatchRelay.run` for these calls, and a gas limit that suffices whatever the calls do.
 *
 * @param gasOf  gas cap of a call, below 2^32
 */
export function encodeRun(
  calls: readonly EncodedCall[],
  accounts: Accounts,
  gasOf: (call: EncodedCall) => number,
): { readonly data: Buffer; readonly gas: number } {
  let size = 0;
  let callsGas = 0;
  for (const call of calls) {
    size += headerBytes + call.data.length;
    // A call passes on 63/64 of what its caller has (EIP-150).
    callsGas += Math.ceil((gasOf(call) * 64) / 63) + relayGasPerCall;
  }
  const offsetWord = 4;
  const lengthWord = 36;
  const records = 68;
  const data = Buffer.alloc(records + 32 * Math.ceil(size / 32));
  data.writeUInt32BE(runSelector, 0);
  data.writeUInt32BE(32, offsetWord + 28);
  data.writeUInt32BE(size, lengthWord + 28);
  let at = records;
  for (const call of calls) {
    data.set(accounts.addressBytes.subarray(20 * call.agent, 20 * call.agent + 20), at);
    data.writeUInt8(call.target, at + 20);
    data.writeUInt32BE(gasOf(call), at + 21);
    data.writeUIntBE(call.data.length, at + 25, 3);
    data.set(call.data, at + headerBytes);
    at += headerBytes + call.data.length;
  }
  // The relay's memory holds the outcomes and one action at a time, less than the batch: 3 gas a word, and the square
  // of the words over 512.
  const words = data.length / 32;
  const memoryGas = Math.ceil(3 * words + (words * words) / 512);
  return { data, gas: gasPerTransaction + gasPerByte * data.length + callsGas + memoryGas };
}

export type Outcome = { readonly reason: number; readonly gas: number };

/** The outcomes in the data of a `BatchRun(bytes)` log, in the order of the calls. */
export function decodeOutcomes(logData: Hex): Outcome[] {
  const records = 2 + 2 * 64;
  const size = Number.parseInt(logData.slice(2 + 64, records), 16);
  const bytes = Buffer.from(logData.slice(records, records + 2 * size), 'hex');
  const outcomes: Outcome[] = [];
  for (let at = 0; at < size; at += outcomeBytes) {
    outcomes.push({ reason: bytes.readUInt32BE(at), gas: bytes.readUInt32BE(at + 4) });
  }
  return outcomes;
}

/** The reason that BatchRelay would give for a call with this revert data: fewer than 4 bytes, or a zero selector, are none. */
export function reasonOf(revertData: Hex): number {
  return (revertData.length >= 10 ? Number.parseInt(revertData.slice(2, 10), 16) : 0) || failedWithoutData;
}
