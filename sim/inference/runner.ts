/**
 * The child process that holds the ONNX sessions: one request at a time, one reply each. A native abort, a hang or a
 * leak costs this process and nothing else. It lives as long as the channel to its parent, however the parent ends.
 */
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import { ctcGreedy } from './ctcGreedy.ts';
import { countElements, fillValues, INPUT_SALT } from './graphValues.ts';
import { IMAGE_HEIGHT, IMAGE_WIDTH } from './imageShape.ts';
import { assertSha256 } from './models.ts';
import type {
  DeviceId,
  InferReply,
  InferRequest,
  LoadReply,
  LoadRequest,
  ProbeReply,
  ProbeRequest,
  RunnerReply,
  RunnerRequest,
  TimeReply,
  TimeRequest,
} from './runnerMessages.ts';

type Loaded = { readonly session: ort.InferenceSession; readonly model: LoadRequest };

const loaded = new Map<string, Loaded>();

function createSession(
  bytes: Uint8Array,
  device: DeviceId,
  more: ort.InferenceSession.SessionOptions = {},
): Promise<ort.InferenceSession> {
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
  if (!loaded.has(model.sha256)) {
    const bytes = readFileSync(model.path);
    assertSha256(bytes, model.sha256, model.path);
    loaded.set(model.sha256, model.device === 'cpu' ? await warmUp(bytes, model) : await warmUpWatched(bytes, model));
  }
  return { kind: 'loaded' };
}

/** The first run allocates and compiles; without this one it would be measured as somebody's latency. */
async function warmUp(bytes: Uint8Array, model: LoadRequest): Promise<Loaded> {
  const entry = { session: await createSession(bytes, model.device), model };
  await recognise(entry, new Uint8Array(IMAGE_WIDTH * IMAGE_HEIGHT));
  return entry;
}

/**
 * ONNX Runtime gives the cpu every node that a device has no kernel for, and does not say so. Shapes and clamps may go
 * there; the convolutions and matrix products that work units count may not, or the cpu would run under another's name.
 */
async function warmUpWatched(bytes: Uint8Array, model: LoadRequest): Promise<Loaded> {
  const dir = mkdtempSync(join(tmpdir(), 'powr-nodes-'));
  const discard = () => rmSync(dir, { recursive: true, force: true });
  let profile: number | undefined;
  try {
    const profiling = { enableProfiling: true, profileFilePrefix: join(dir, 'nodes') };
    const entry = { session: await createSession(bytes, model.device, profiling), model };
    profile = openSync(join(dir, readdirSync(dir)[0]!), 'r');
    // Before the run, which may be killed: what is open stays readable without its name.
    if (process.platform !== 'win32') discard();
    await recognise(entry, new Uint8Array(IMAGE_WIDTH * IMAGE_HEIGHT));
    entry.session.endProfiling();
    assertRanOn(JSON.parse(readFileSync(profile, 'utf8')), model);
    return entry;
  } finally {
    if (profile !== undefined) closeSync(profile);
    discard();
  }
}

function assertRanOn(events: readonly NodeEvent[], { path, device }: LoadRequest): void {
  const nodes = events.flatMap(({ cat, args }) => (cat === 'Node' && args ? [args] : []));
  const onCpu = nodes.filter(({ provider }) => provider === 'CPUExecutionProvider');
  const strayed = onCpu.filter((node) => /Conv|MatMul|Gemm|Attention/.test(node.op_name));
  if (nodes.length > onCpu.length && strayed.length === 0) return;
  const names = [...new Set(strayed.map((node) => node.op_name))].join(', ') || 'all of it';
  throw new Error(`${path} runs on the cpu, not on ${device}: ${names}`);
}

/** A line of ONNX Runtime's profile. */
type NodeEvent = { readonly cat: string; readonly args?: { readonly op_name: string; readonly provider: string } };

async function infer(request: InferRequest): Promise<InferReply> {
  const entry = loaded.get(request.sha256);
  if (!entry) throw new Error(`Model ${request.sha256} was not loaded before the first inference`);
  const started = process.hrtime.bigint();
  const { text, output } = await recognise(entry, request.grey);
  const latencyUs = Number((process.hrtime.bigint() - started) / 1000n);
  return { kind: 'inferred', text, latencyUs, ...(request.wantsOutput ? { output } : {}) };
}

async function recognise(
  { session, model }: Loaded,
  grey: Uint8Array,
): Promise<{ readonly text: string; readonly output: Float32Array }> {
  const plane = IMAGE_WIDTH * IMAGE_HEIGHT;
  const x = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++) x[i] = (grey[i]! / 255 - 0.5) / 0.5;
  x.copyWithin(plane, 0, plane);
  x.copyWithin(2 * plane, 0, plane);
  const feeds = { [model.inputName]: new ort.Tensor('float32', x, [1, 3, IMAGE_HEIGHT, IMAGE_WIDTH]) };
  const outputs = await session.run(feeds, [model.outputName]);
  const output = outputs[model.outputName]!.data as Float32Array;
  // Paper at the edges is sometimes read as a space; nobody asked for it.
  return { text: ctcGreedy(output, model.classes).trim(), output };
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
  let y = new Float32Array();
  for (let run = 0; run < warmUpCount + runCount; run++) {
    const started = process.hrtime.bigint();
    const outputs = await session.run(feeds);
    if (run >= warmUpCount) wallUs.push(Number(process.hrtime.bigint() - started) / 1_000);
    y = outputs.y!.data as Float32Array<ArrayBuffer>;
  }
  await session.release();
  return { kind: 'timed', wallUs, y };
}

function mappedLibraries(): string[] {
  if (process.platform !== 'linux') return [];
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n');
  const paths = lines.map((line) => line.slice(line.indexOf('/'))).filter((path) => /\.so(\.|$)/.test(path));
  return [...new Set(paths)];
}

function handle(request: RunnerRequest): Promise<RunnerReply> {
  switch (request.kind) {
    case 'load':
      return load(request);
    case 'infer':
      return infer(request);
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

process.on('message', (request: RunnerRequest) => {
  handle(request).then(reply, (error: Error) => reply({ kind: 'failed', message: error.message }));
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
