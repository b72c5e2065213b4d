/**
 * The child process that holds the ONNX sessions: requests in the order they come, one reply each. A native abort, a hang
 * or a leak costs this process and nothing else. It lives as long as the channel to its parent, however the parent ends.
 */
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import { diverge } from './diverge.ts';
import { createEmptyInput, createExecutor, type Engine, type Executor } from './execute.ts';
import { exposeTensor } from './exposeTensor.ts';
import { countElements, fillValues, INPUT_SALT } from './graphValues.ts';
import { assertSha256 } from './models.ts';
import { computeOutputId } from './outputId.ts';
import {
  type DeviceId,
  INPUT_PIPE,
  type Inference,
  type InferenceWish,
  type InferMessage,
  type InferReply,
  type LoadReply,
  type LoadRequest,
  type LoopReply,
  type LoopRequest,
  type ModelForm,
  type ProbeReply,
  type ProbeRequest,
  type RunnerMessage,
  type RunnerReply,
  sessionNameOf,
  type TimeReply,
  type TimeRequest,
} from './runnerMessages.ts';
import { projectLogits } from './sketch.ts';

const loaded = new Map<string, Executor>();

type MoreOptions = ort.InferenceSession.SessionOptions;

function createSession(bytes: Uint8Array, device: DeviceId, more: MoreOptions = {}): Promise<ort.InferenceSession> {
  // One thread: the parent runs one of these processes per core, and one thread's sums have one order.
  return ort.InferenceSession.create(bytes, {
    executionProviders: [device],
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...more,
  });
}

async function load(model: LoadRequest): Promise<LoadReply> {
  const name = sessionNameOf(model);
  if (!loaded.has(name)) {
    const bytes = typeof model.file === 'string' ? readFileSync(model.file) : model.file;
    assertSha256(bytes, model.sha256, fileNameOf(model));
    const executable = innerTensorsOf(model.form).reduce<Uint8Array>(exposeTensor, bytes);
    const watched = model.device === 'webgpu' || model.device === 'cuda';
    loaded.set(name, watched ? await warmUpWatched(executable, model) : await warmUp(executable, model));
  }
  return { kind: 'loaded' };
}

/** What the file does not give of itself and executions are compared by. */
function innerTensorsOf(form: ModelForm): readonly string[] {
  if (form.kind === 'puzzle') return [];
  return form.kind === 'classifier' ? [form.featuresName, form.logitsName] : [form.logitsName];
}

const fileNameOf = ({ file, form }: LoadRequest): string =>
  typeof file === 'string' ? file : `A ${form.kind} in memory`;

/** The first run allocates and compiles; without this one it would be measured as somebody's latency. */
async function warmUp(bytes: Uint8Array, model: LoadRequest, more: MoreOptions = {}): Promise<Executor> {
  const engine = await createEngine(bytes, model, more);
  const execute = createExecutor(engine, model.form, model.options?.batch ?? 1);
  await execute(createEmptyInput(model.form));
  return execute;
}

async function createEngine(bytes: Uint8Array, model: LoadRequest, more: MoreOptions): Promise<Engine> {
  const { threads = 1, optimisation = 'all' } = model.options ?? {};
  // A second thread that spins while it waits takes a core from the sessions that run after this one.
  const waiting: MoreOptions = threads > 1 ? { extra: { session: { intra_op: { allow_spinning: '0' } } } } : {};
  const options: MoreOptions = {
    ...{ ...more, ...waiting },
    ...{ intraOpNumThreads: threads, graphOptimizationLevel: optimisation },
  };
  if (model.device !== 'wasm')
    return { session: await createSession(bytes, model.device, options), Tensor: ort.Tensor };
  const web = await import('onnxruntime-web');
  web.env.wasm.numThreads = 1;
  const session = await web.InferenceSession.create(bytes, { ...options, executionProviders: ['wasm'] });
  return { session, Tensor: web.Tensor };
}

/**
 * ONNX Runtime gives the cpu every node that a device has no kernel for, and does not say so. Shapes and clamps may go
 * there; the convolutions and matrix products that work units count may not, or the cpu would run under another's name.
 */
async function warmUpWatched(bytes: Uint8Array, model: LoadRequest): Promise<Executor> {
  const dir = mkdtempSync(join(tmpdir(), 'powr-nodes-'));
  const discard = () => rmSync(dir, { recursive: true, force: true });
  let profile: number | undefined;
  try {
    const profiling = { enableProfiling: true, profileFilePrefix: join(dir, 'nodes') };
    const engine = await createEngine(bytes, model, profiling);
    const execute = createExecutor(engine, model.form, model.options?.batch ?? 1);
    profile = openSync(join(dir, readdirSync(dir)[0]!), 'r');
    // Before the run, which may be killed: what is open stays readable without its name.
    if (process.platform !== 'win32') discard();
    await execute(createEmptyInput(model.form));
    engine.session.endProfiling();
    assertRanOn(JSON.parse(readFileSync(profile, 'utf8')), model);
    return execute;
  } finally {
    if (profile !== undefined) closeSync(profile);
    discard();
  }
}

function assertRanOn(events: readonly NodeEvent[], model: LoadRequest): void {
  const nodes = events.flatMap(({ cat, args }) => (cat === 'Node' && args ? [args] : []));
  const onCpu = nodes.filter(({ provider }) => provider === 'CPUExecutionProvider');
  const strayed = onCpu.filter((node) => /Conv|MatMul|Gemm|Attention/.test(node.op_name));
  if (nodes.length > onCpu.length && strayed.length === 0) return;
  const names = [...new Set(strayed.map((node) => node.op_name))].join(', ') || 'all of it';
  throw new Error(`${fileNameOf(model)} runs on the cpu, not on ${model.device}: ${names}`);
}

/** A line of ONNX Runtime's profile. */
type NodeEvent = { readonly cat: string; readonly args?: { readonly op_name: string; readonly provider: string } };

async function infer({ session, byteCounts, wishes }: InferMessage): Promise<InferReply> {
  const started = process.hrtime.bigint();
  // First of all: what is in the pipe belongs to this message.
  const inputs = readInputs(byteCounts.reduce((sum, byteCount) => sum + byteCount, 0));
  const execute = getExecutor(session);
  const results: InferReply['results'][number][] = [];
  let taken = 0;
  for (const [i, byteCount] of byteCounts.entries()) {
    // Nobody waits for the rest any more.
    if (!process.connected) break;
    try {
      results.push(await answer(execute, inputs.subarray(taken, taken + byteCount), wishes?.[i]));
    } catch (error) {
      results.push({ refusal: (error as Error).message });
    }
    taken += byteCount;
  }
  return { kind: 'inferred', results, wallUs: microsSince(started) };
}

let inputBuffer = new Uint8Array();

/** Waits until they are there; they were sent with the message. Good until the next call. */
function readInputs(byteCount: number): Uint8Array {
  if (inputBuffer.length < byteCount) inputBuffer = new Uint8Array(byteCount);
  for (let at = 0; at < byteCount; ) {
    const count = readSync(INPUT_PIPE, inputBuffer, at, byteCount - at, null);
    if (count === 0) throw new Error('The parent has closed the pipe of inputs');
    at += count;
  }
  return inputBuffer.subarray(0, byteCount);
}

function getExecutor(session: string): Executor {
  const execute = loaded.get(session);
  if (!execute) throw new Error(`The session ${session} was not loaded before the first inference`);
  return execute;
}

async function answer(execute: Executor, input: Uint8Array, wish: InferenceWish = {}): Promise<Inference> {
  const started = process.hrtime.bigint();
  const { text, scores, logits } = await execute(input);
  const latencyUs = microsSince(started);
  return {
    ...{ text, scores, latencyUs, outputId: computeOutputId(logits) },
    sketches: (wish.nonces ?? []).map((nonce) => projectLogits(logits, nonce, wish.projectionCount)),
    ...(wish.wantsLogits ? { logits } : {}),
  };
}

const microsSince = (started: bigint): number => Number((process.hrtime.bigint() - started) / 1000n);

async function loop({ session, inputs, count }: LoopRequest): Promise<LoopReply> {
  const execute = getExecutor(session);
  const started = process.hrtime.bigint();
  for (let i = 0; i < count && process.connected; i++) await answer(execute, inputs[i % inputs.length]!);
  return { kind: 'looped', wallUs: microsSince(started) };
}

/** Without the option a graph that the device cannot run would run on the cpu, under the device's name. */
function createStrictSession(model: Uint8Array, device: DeviceId): Promise<ort.InferenceSession> {
  const strict = { extra: { session: { disable_cpu_ep_fallback: '1' } } };
  return createSession(model, device, device === 'cpu' ? {} : strict);
}

async function probe(request: ProbeRequest): Promise<ProbeReply> {
  const session = await createStrictSession(request.model, request.device);
  const dims = request.dims ?? [request.x.length];
  const outputs = await session.run({ x: new ort.Tensor('float32', request.x, dims) });
  return {
    kind: 'probed',
    y: outputs.y!.data as Float32Array,
    runtimeVersion: ort.env.versions.node ?? ort.env.versions.common,
    libraries: mappedLibraries(),
  };
}

async function time({ model, device, dims, warmUpCount, runCount }: TimeRequest): Promise<TimeReply> {
  const session = await createStrictSession(model, device);
  const feeds = { x: new ort.Tensor('float32', fillValues(INPUT_SALT, countElements(dims)), dims) };
  const wallUs: number[] = [];
  const cpuUs: number[] = [];
  let y = new Float32Array();
  for (let run = 0; run < warmUpCount + runCount; run++) {
    const cpuBefore = process.cpuUsage();
    const started = process.hrtime.bigint();
    const outputs = await session.run(feeds);
    const elapsedUs = Number(process.hrtime.bigint() - started) / 1_000;
    const { user, system } = process.cpuUsage(cpuBefore);
    if (run >= warmUpCount) {
      wallUs.push(elapsedUs);
      cpuUs.push(user + system);
    }
    y = outputs.y!.data as Float32Array<ArrayBuffer>;
  }
  await session.release();
  return { kind: 'timed', wallUs, cpuUs, y };
}

function mappedLibraries(): string[] {
  if (process.platform !== 'linux') return [];
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n');
  const paths = lines.map((line) => line.slice(line.indexOf('/'))).filter((path) => /\.so(\.|$)/.test(path));
  return [...new Set(paths)];
}

function handle(request: RunnerMessage): Promise<RunnerReply> {
  switch (request.kind) {
    case 'load':
      return load(request);
    case 'infer':
      return infer(request);
    case 'loop':
      return loop(request);
    case 'diverge':
      return diverge(request, getExecutor);
    case 'probe':
      return probe(request);
    case 'time':
      return time(request);
  }
}

function reply(message: RunnerReply): void {
  // The callback takes the error of a parent that has just gone: there is nobody left to tell.
  if (process.connected) process.send!(message, () => {});
}

/** One after the other: a request may arrive while the one before is worked on, so that none is waited for. */
let worked: Promise<void> = Promise.resolve();
process.on('message', (request: RunnerMessage) => {
  worked = worked
    .then(() => handle(request))
    .then(reply, (error: Error) => reply({ kind: 'failed', message: error.message }));
});

// Ctrl-C reaches the whole process group; the parent decides when to stop, so that no run is cut in the middle.
process.on('SIGINT', () => {});

// Without its channel this process has nothing to wait for and ends by itself. A native call that never returns would
// keep it from noticing, so a second thread watches the parent too.
const parentPid = Number(process.argv[2]);
new Worker(
  `const { workerData } = require('node:worker_threads');
   setInterval(() => process.ppid === workerData || process.kill(process.pid, 'SIGKILL'), 500);`,
  { eval: true, workerData: parentPid },
).unref();
