/** What several tests of this room need: where things are, and whether a process still runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { createLoadRequest } from './loadRequest.ts';
import type { LoadRequest } from './runnerMessages.ts';
import { variants } from './variants.ts';

export const root = join(import.meta.dirname, '..', '..');

/** Folder of the built files, which the test run has brought up to date. */
export function getBuiltDir(): string {
  const dir = process.env.POWR_BUILD;
  if (!dir) throw new Error('POWR_BUILD is not set: run the tests through vitest');
  return dir;
}

export const indexOf = (variantId: string): number => variants.findIndex(({ id }) => id === variantId);

/** Only for variants without operations, which need no model folder. */
export const loadRequestOf = (variantId: string): LoadRequest =>
  createLoadRequest(root, '', variants[indexOf(variantId)]!, 'cpu');

/** A process that has ended but was not reaped by its new parent does not count. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/** A model whose run does not return for days: y = x, after 2^50 rounds of a loop. */
export function buildEndlessModel(): Uint8Array {
  const { onnx } = onnxProto;
  const { FLOAT, INT64, BOOL } = onnx.TensorProto.DataType;
  const { GRAPH, TENSOR } = onnx.AttributeProto.AttributeType;
  const valueInfo = (name: string, elemType: number, dims: number[]) => ({
    name,
    type: { tensorType: { elemType, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const constant = (name: string, dataType: number, rawData: Uint8Array) => ({
    opType: 'Constant',
    output: [name],
    attribute: [{ name: 'value', type: TENSOR, t: { dims: [], dataType, rawData } }],
  });
  const body = {
    name: 'round',
    node: [
      { opType: 'Identity', input: ['goOn'], output: ['goOnNext'] },
      { opType: 'Identity', input: ['v'], output: ['vNext'] },
    ],
    input: [valueInfo('round', INT64, []), valueInfo('goOn', BOOL, []), valueInfo('v', FLOAT, [4])],
    output: [valueInfo('goOnNext', BOOL, []), valueInfo('vNext', FLOAT, [4])],
  };
  return onnx.ModelProto.encode(
    onnx.ModelProto.fromObject({
      irVersion: 8,
      opsetImport: [{ domain: '', version: 13 }],
      graph: {
        name: 'endless',
        node: [
          constant('rounds', INT64, new Uint8Array(BigInt64Array.of(2n ** 50n).buffer)),
          constant('yes', BOOL, Uint8Array.of(1)),
          {
            opType: 'Loop',
            input: ['rounds', 'yes', 'x'],
            output: ['y'],
            attribute: [{ name: 'body', type: GRAPH, g: body }],
          },
        ],
        input: [valueInfo('x', FLOAT, [4])],
        output: [valueInfo('y', FLOAT, [4])],
      },
    }),
  ).finish();
}
