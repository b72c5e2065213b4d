/**
 * What this machine can run inference on, found out by running some: every device is tried in a child process with a
 * time limit, so that a driver that crashes or hangs is a finding and not an accident. Chooses nothing.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import onnxProto from 'onnx-proto';
import { readCpuName } from './openInference.ts';
import type { DeviceId } from './runnerMessages.ts';
import { startRunner } from './runnerProcess.ts';

export type DeviceReport = {
  readonly id: DeviceId;
  /** A session was created on this device and gave the right numbers. */
  readonly works: boolean;
  /** Of the processor or card, with "(software)" when a program stands in for the card; empty when nothing works. */
  readonly name: string;
  /** A program stands in for the card: right answers, meaningless speed. */
  readonly isSoftware: boolean;
  /** What ran, or why nothing did. */
  readonly detail: string;
};

export type ProbeOptions = {
  /** Folder of the built files. */
  readonly builtDir: string;
  /** Environment of the children, for drivers that are found through it (LD_LIBRARY_PATH, VK_DRIVER_FILES). */
  readonly env?: NodeJS.ProcessEnv;
  /** Real time each device may take; the first shader compilation of a slow driver needs seconds. */
  readonly timeLimitMs?: number;
};

const DEVICES: readonly DeviceId[] = ['cpu', 'webgpu', 'cuda'];
const PROBE_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 2_000;

/** One report per device, never an error: what goes wrong is in the detail. */
export function probeDevices(options: ProbeOptions): Promise<readonly DeviceReport[]> {
  return Promise.all(DEVICES.map((id) => probeDevice(id, options)));
}

async function probeDevice(id: DeviceId, options: ProbeOptions): Promise<DeviceReport> {
  const runner = startRunner(options);
  try {
    const x = Float32Array.of(-1.5, 0, 0.25, 3);
    const request = { kind: 'probe', device: id, model: buildDoubler(x.length), x } as const;
    const reply = await runner.ask(request, options.timeLimitMs ?? PROBE_LIMIT_MS);
    if (reply.kind !== 'probed') throw new Error(`The runner replied "${reply.kind}" to a probe`);
    const isRight = reply.y.length === x.length && reply.y.every((value, i) => value === 2 * x[i]!);
    if (!isRight) throw new Error(`2 * [${x}] came back as [${reply.y}]`);
    const ran = `onnxruntime-node ${reply.runtimeVersion} ran a graph on it`;
    if (id === 'cpu') {
      return { id, works: true, name: readCpuName(), isSoftware: false, detail: `${ran}, ${cpus().length} cores` };
    }
    const software = reply.libraries.map(findSoftwareDriver).find((name) => name !== undefined);
    const name = software ? `${software} (software)` : await readCardName(reply.libraries);
    return { id, works: true, name, isSoftware: software !== undefined, detail: ran };
  } catch (error) {
    return { id, works: false, name: '', isSoftware: false, detail: shorten((error as Error).message) };
  } finally {
    await runner.stop(STOP_LIMIT_MS);
  }
}

/** y = x + x, an ONNX model of one node. */
function buildDoubler(length: number): Uint8Array {
  const { onnx } = onnxProto;
  const valueInfo = (name: string) => ({
    name,
    type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT, shape: { dim: [{ dimValue: length }] } } },
  });
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: 8,
      opsetImport: [{ domain: '', version: 13 }],
      graph: {
        name: 'doubler',
        node: [{ opType: 'Add', input: ['x', 'x'], output: ['y'] }],
        input: [valueInfo('x')],
        output: [valueInfo('y')],
      },
    }),
  ).finish();
}

/** ONNX Runtime puts the place in its source before the reason. */
const shorten = (message: string): string => message.replace(/^\/onnxruntime_src\S+ .* was false\. /, '').trim();

/** Names the card behind a driver: ONNX Runtime does not tell, but the libraries in the process do. */
async function readCardName(libraries: readonly string[]): Promise<string> {
  if (libraries.some((path) => /nvidia|libcuda/i.test(basename(path)))) {
    try {
      const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
      const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 5_000 });
      return stdout.trim().split('\n')[0]!;
    } catch {
      return 'NVIDIA card (nvidia-smi does not name it)';
    }
  }
  const driver = libraries.map((path) => basename(path)).find((name) => /vulkan_/.test(name));
  return driver ? `card behind ${driver}` : 'card of unknown name';
}

/** SwiftShader is often installed under the loader's own name, so the name of the file alone does not tell. */
function findSoftwareDriver(path: string): string | undefined {
  const name = basename(path);
  if (/lvp|lavapipe|llvmpipe/i.test(name)) return 'lavapipe';
  if (/swiftshader/i.test(name)) return 'SwiftShader';
  if (/^libvulkan\.so/.test(name) && readFileSync(path).includes('SwiftShader')) return 'SwiftShader';
  return undefined;
}
