/**
 * The child process that holds the ONNX sessions: one request at a time, one reply each. A native abort, a hang or a
 * leak costs this process and nothing else. It lives as long as the channel to its parent, however the parent ends.
 */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import { ctcGreedy } from './ctcGreedy.ts';
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
} from './runnerMessages.ts';

type Loaded = { readonly session: ort.InferenceSession; readonly model: LoadRequest };

const loaded = new Map<string, Loaded>();

function createSession(bytes: Uint8Array, device: DeviceId): Promise<ort.InferenceSession> {
  // One thread: the parent runs one of these processes per core, and one thread's sums have one order.
  return ort.InferenceSession.create(bytes, {
    executionProviders: [device],
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Without this a graph that the device cannot run would run on the cpu, under the device's name.
    ...(device === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  });
}

async function load(model: LoadRequest): Promise<LoadReply> {
  if (!loaded.has(model.sha256)) {
    const bytes = readFileSync(model.path);
    assertSha256(bytes, model.sha256, model.path);
    const entry = { session: await createSession(bytes, model.device), model };
    // The first run allocates; without this one it would be measured as somebody's latency.
    await recognise(entry, new Uint8Array(IMAGE_WIDTH * IMAGE_HEIGHT));
    loaded.set(model.sha256, entry);
  }
  return { kind: 'loaded' };
}

async function infer(request: InferRequest): Promise<InferReply> {
  const entry = loaded.get(request.sha256);
  if (!entry) throw new Error(`Model ${request.sha256} was not loaded before the first inference`);
  const started = process.hrtime.bigint();
  const text = await recognise(entry, request.grey);
  return { kind: 'inferred', text, latencyUs: Number((process.hrtime.bigint() - started) / 1000n) };
}

async function recognise({ session, model }: Loaded, grey: Uint8Array): Promise<string> {
  const plane = IMAGE_WIDTH * IMAGE_HEIGHT;
  const x = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++) x[i] = (grey[i]! / 255 - 0.5) / 0.5;
  x.copyWithin(plane, 0, plane);
  x.copyWithin(2 * plane, 0, plane);
  const feeds = { [model.inputName]: new ort.Tensor('float32', x, [1, 3, IMAGE_HEIGHT, IMAGE_WIDTH]) };
  const outputs = await session.run(feeds, [model.outputName]);
  const probabilities = outputs[model.outputName]!.data as Float32Array;
  // Paper at the edges is sometimes read as a space; nobody asked for it.
  return ctcGreedy(probabilities, model.classes).trim();
}

async function probe(request: ProbeRequest): Promise<ProbeReply> {
  const session = await createSession(request.model, request.device);
  const outputs = await session.run({ x: new ort.Tensor('float32', request.x, [request.x.length]) });
  return {
    kind: 'probed',
    y: outputs.y!.data as Float32Array,
    runtimeVersion: ort.env.versions.node ?? ort.env.versions.common,
    libraries: mappedLibraries(),
  };
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
