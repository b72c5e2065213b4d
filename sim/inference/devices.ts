/**
 * What this machine can run inference on, found out by running some: every device is tried in a child process with a
 * time limit, so that a driver that crashes or hangs is a finding and not an accident. Chooses the device of a run;
 * whether anything is executed at all is decided elsewhere.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import onnxProto from 'onnx-proto';
import type { DeviceId } from './runnerMessages.ts';
import { startRunner } from './runnerProcess.ts';
import { prepareSwiftShader } from './swiftShader.ts';

/** `auto` is the best that works: cuda, then webgpu on a card, then the cpu; never a driver in software. */
export type DeviceChoice = 'auto' | DeviceId;

/** What results and profiles of devices are told apart by. */
export type DeviceClass = DeviceId | 'webgpu-software';

/** A device on which a graph was really run. */
export type Device = {
  readonly id: DeviceId;
  readonly class: DeviceClass;
  /** Of the processor or card, with "(software)" when a program stands in for the card. */
  readonly name: string;
  /** A program stands in for the card: right answers, meaningless speed. */
  readonly isSoftware: boolean;
  /** Processes that the device may have: one per core of the cpu, exactly one for a card. */
  readonly runnersMax: number;
  /** Environment in which processes find its driver. */
  readonly env: NodeJS.ProcessEnv;
  /** Runtime, and the driver where it comes with its own version. */
  readonly runtime: string;
};

export type DeviceReport = {
  readonly id: DeviceId;
  /** A session was created on this device and gave the right numbers. */
  readonly works: boolean;
  /** As in Device; empty when nothing works. */
  readonly name: string;
  readonly isSoftware: boolean;
  /** What ran, or why nothing did. */
  readonly detail: string;
  /** What to do when nothing works, else empty. */
  readonly fix: string;
};

export type ProbeOptions = {
  /** Folder of the built files. */
  readonly builtDir: string;
  /** Folder that holds node_modules. */
  readonly root: string;
  /** For a driver that is unpacked on first use; default `<root>/.cache`. */
  readonly cacheDir?: string;
  /** Environment of the children, for drivers that are found through it (LD_LIBRARY_PATH, VK_DRIVER_FILES). */
  readonly env?: NodeJS.ProcessEnv;
  /** Real time each device may take; the first shader compilation of a slow driver needs seconds. */
  readonly timeLimitMs?: number;
};

/** The device that was asked for does not work on this machine. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

const DEVICES: readonly DeviceId[] = ['cpu', 'webgpu', 'cuda'];
const PROBE_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 2_000;
const CUDA_LIBRARY = 'libonnxruntime_providers_cuda.so';
/** Manifests of drivers in software, which the Vulkan loader would offer beside the card's (loader 1.3.234 and newer). */
const SOFTWARE_MANIFESTS = '*lvp*,*lavapipe*,*swiftshader*';

/** One report per device, never an error: what goes wrong is in the detail. */
export function probeDevices(options: ProbeOptions): Promise<readonly DeviceReport[]> {
  return Promise.all(
    DEVICES.map(async (id): Promise<DeviceReport> => {
      try {
        const { name, isSoftware, runtime, runnersMax } = await tryDevice(id, options);
        const note = isSoftware ? '; right answers, meaningless speed, never chosen by auto' : '';
        const detail = `${runtime} ran a graph on it, ${countRunners(runnersMax)}${note}`;
        return { id, works: true, name, isSoftware, detail, fix: '' };
      } catch (error) {
        const detail = (error as Error).message;
        return { id, works: false, name: '', isSoftware: false, detail, fix: findFix(id, options.root) };
      }
    }),
  );
}

/**
 * The device for a run.
 *
 * @throws DeviceError naming the reason and what to do, when the device does not work; for `auto` when not even the cpu does
 */
export async function chooseDevice(wanted: DeviceChoice, options: ProbeOptions): Promise<Device> {
  if (wanted === 'auto') {
    const cards = await Promise.all(
      [tryCuda(options), tryInstalledWebgpu(options)].map((trial) => trial.catch(() => null)),
    );
    const card = cards.find((device) => device && !device.isSoftware);
    if (card) return card;
  }
  const id = wanted === 'auto' ? 'cpu' : wanted;
  try {
    return await tryDevice(id, options);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DeviceError(`The device ${id} does not work here: ${reason}\nFix: ${findFix(id, options.root)}`, {
      cause,
    });
  }
}

export const countRunners = (count: number): string => (count === 1 ? '1 runner' : `${count} runners`);

/** @throws Error with the reason when no graph could be run, or gave wrong numbers */
function tryDevice(id: DeviceId, options: ProbeOptions): Promise<Device> {
  switch (id) {
    case 'cpu':
      return tryCpu(options);
    case 'webgpu':
      return tryWebgpu(options);
    case 'cuda':
      return tryCuda(options);
  }
}

async function tryCpu(options: ProbeOptions): Promise<Device> {
  const env = options.env ?? process.env;
  await runDoubler('cpu', env, options);
  return {
    id: 'cpu',
    class: 'cpu',
    name: readCpuName(),
    isSoftware: false,
    runnersMax: availableParallelism(),
    env,
    runtime: readRuntime(options.root),
  };
}

async function tryCuda(options: ProbeOptions): Promise<Device> {
  // TF32 has the mantissa of half precision: its answers would differ from everybody else's.
  const env = { ...(options.env ?? process.env), NVIDIA_TF32_OVERRIDE: '0' };
  const libraries = await runDoubler('cuda', env, options);
  return describeCard('cuda', libraries, env, readRuntime(options.root));
}

/** The card's driver, or where the machine has no driver at all, SwiftShader. A driver that crashes is not papered over. */
async function tryWebgpu(options: ProbeOptions): Promise<Device> {
  try {
    return await tryInstalledWebgpu(options);
  } catch (error) {
    if (!/Failed to get a WebGPU adapter/.test((error as Error).message)) throw error;
    let swiftShader: ReturnType<typeof prepareSwiftShader>;
    try {
      swiftShader = prepareSwiftShader(options.root, options.cacheDir ?? join(options.root, '.cache'));
    } catch (second) {
      throw new Error(`${(error as Error).message}; and in software: ${(second as Error).message}`, { cause: second });
    }
    const base = options.env ?? process.env;
    const paths = [swiftShader.libraryDir, base.LD_LIBRARY_PATH].filter((path) => path);
    const env = { ...base, LD_LIBRARY_PATH: paths.join(':') };
    const libraries = await runDoubler('webgpu', env, options);
    return describeCard('webgpu', libraries, env, `${readRuntime(options.root)}, SwiftShader of ${swiftShader.origin}`);
  }
}

async function tryInstalledWebgpu(options: ProbeOptions): Promise<Device> {
  const base = options.env ?? process.env;
  const disabled = [base.VK_LOADER_DRIVERS_DISABLE, SOFTWARE_MANIFESTS].filter((globs) => globs);
  const env = { ...base, VK_LOADER_DRIVERS_DISABLE: disabled.join(',') };
  const libraries = await runDoubler('webgpu', env, options);
  return describeCard('webgpu', libraries, env, readRuntime(options.root));
}

async function describeCard(
  id: 'webgpu' | 'cuda',
  libraries: readonly string[],
  env: NodeJS.ProcessEnv,
  runtime: string,
): Promise<Device> {
  const software = id === 'webgpu' ? libraries.map(findSoftwareDriver).find((name) => name !== undefined) : undefined;
  return {
    id,
    class: software ? 'webgpu-software' : id,
    name: software ? `${software} (software)` : await readCardName(libraries),
    isSoftware: software !== undefined,
    runnersMax: 1,
    env,
    runtime,
  };
}

/**
 * Runs y = x + x in a child process.
 *
 * @returns the shared libraries of the process: they tell which driver did the work
 * @throws Error with the reason when that did not work
 */
async function runDoubler(device: DeviceId, env: NodeJS.ProcessEnv, options: ProbeOptions): Promise<readonly string[]> {
  const runner = startRunner({ builtDir: options.builtDir, env });
  try {
    const x = Float32Array.of(-1.5, 0, 0.25, 3);
    const request = { kind: 'probe', device, model: buildDoubler(x.length), x } as const;
    const reply = await runner.ask(request, options.timeLimitMs ?? PROBE_LIMIT_MS);
    if (reply.kind !== 'probed') throw new Error(`The runner replied "${reply.kind}" to a probe`);
    const isRight = reply.y.length === x.length && reply.y.every((value, i) => value === 2 * x[i]!);
    if (!isRight) throw new Error(`2 * [${x}] came back as [${reply.y}]`);
    return reply.libraries;
  } catch (cause) {
    throw new Error(shorten((cause as Error).message), { cause });
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

function findFix(id: DeviceId, root: string): string {
  const folder = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`;
  switch (id) {
    case 'cpu':
      return 'run npm install again; `powr doctor` shows what works';
    case 'webgpu':
      return (
        'install the Vulkan driver of the card (VK_DRIVER_FILES names its manifest where the loader does not find it), ' +
        'or use --device auto or cpu; `powr doctor` shows what works'
      );
    case 'cuda':
      return existsSync(join(root, folder, CUDA_LIBRARY))
        ? 'install the CUDA 12 and cuDNN 9 libraries and the driver of an NVIDIA card, or use --device webgpu, auto or cpu'
        : `${CUDA_LIBRARY} does not come with the npm package; on Linux x64, with a network and CUDA 12, ` +
            '`ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js` fetches it. ' +
            'Or use --device webgpu, which needs only a Vulkan driver, auto or cpu';
  }
}

export const readCpuName = (): string => cpus()[0]?.model.trim() ?? 'unknown processor';

/** Read from the package, because loading the runtime here would put native code into the parent process. */
export function readRuntime(root: string): string {
  const manifest = readFileSync(join(root, 'node_modules/onnxruntime-node/package.json'), 'utf8');
  return `onnxruntime-node ${JSON.parse(manifest).version}`;
}

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
