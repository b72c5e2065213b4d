import fc from 'fast-check';
import { type AbiFunction, encodeFunctionData, toFunctionSelector } from 'viem';
import { describe, expect, it } from 'vitest';
import { encodeCall } from './encodeCall.ts';

const word = fc.oneof(
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 255, 256, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 48 + 1, 2 ** 53 - 1),
);

function functionOf(argCount: number, withList: boolean): AbiFunction {
  const words = Array.from({ length: argCount }, (_, i) => ({ name: `a${i}`, type: 'uint64' }));
  const inputs = withList ? [...words, { name: 'list', type: 'uint64[]' }] : words;
  return { type: 'function', name: 'act', inputs, outputs: [], stateMutability: 'nonpayable' };
}

describe('encodeCall', () => {
  it('given any words and list > equals the ABI encoding of viem', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 9 }), fc.option(fc.array(word, { maxLength: 40 })), (args, bulk) => {
        const act = functionOf(args.length, bulk !== null);
        const selector = Number.parseInt(toFunctionSelector(act).slice(2), 16);
        const encoded =
          bulk === null ? encodeCall(selector, args) : encodeCall(selector, args, Float64Array.from(bulk));
        const values = [...args.map(BigInt), ...(bulk === null ? [] : [bulk.map(BigInt)])];
        const expected = encodeFunctionData({ abi: [act], functionName: 'act', args: values } as never);
        expect(`0x${Buffer.from(encoded).toString('hex')}`).toBe(expected);
      }),
    );
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('given %s > is refused as a bug', (value) => {
    expect(() => encodeCall(1, [value])).toThrow(/integer 0\.\.2\^53-1/);
    expect(() => encodeCall(1, [], [value])).toThrow(/integer 0\.\.2\^53-1/);
  });
});
