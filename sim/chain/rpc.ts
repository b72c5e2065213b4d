/**
 * JSON-RPC over one kept HTTP connection: calls, batches, and how many there were of each method. It knows the wire and
 * no contract.
 */
import { Agent, request as httpRequest } from 'node:http';
import { type CustomTransport, custom } from 'viem';
import { ChainError } from './chainError.ts';

export type RpcCall = { readonly method: string; readonly params: readonly unknown[] };

/** The chain answered a request with an error. */
export class RpcError extends ChainError {
  override readonly name = 'RpcError';
  readonly method: string;
  readonly rpcCode: number;
  /** Revert data of an `eth_call`, when there is any. */
  readonly data: unknown;

  constructor(method: string, error: { readonly code: number; readonly message: string; readonly data?: unknown }) {
    super('RPC_REFUSED', `${method} was refused: ${error.message} (code ${error.code})`);
    this.method = method;
    this.rpcCode = error.code;
    this.data = error.data;
  }
}

export type Rpc = {
  readonly url: string;
  /** @throws RpcError if the chain answers with an error, ChainError CHAIN_GONE if it does not answer */
  readonly call: <T>(method: string, params?: readonly unknown[]) => Promise<T>;
  /**
   * Results in the order of the calls, which the chain may run in any other order.
   *
   * @throws RpcError of the first call that failed; the others may have had their effect
   */
  readonly batch: <T>(calls: readonly RpcCall[]) => Promise<T[]>;
  /** Calls made so far, by method. A batch counts each of its calls. */
  readonly counts: ReadonlyMap<string, number>;
  /** For viem's clients, which then use this connection and these counts. */
  readonly transport: CustomTransport;
  readonly close: () => void;
};

type Answer = {
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

export type RpcOptions = {
  readonly url: string;
  /** Asked when the chain does not answer: what is known about its end. */
  readonly whyGone?: () => string | undefined;
  readonly timeoutWallMs?: number;
};

/** Opens nothing yet: the connection is made by the first call. An idle connection keeps no program alive. */
export function createRpc(options: RpcOptions): Rpc {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const counts = new Map<string, number>();
  const timeoutWallMs = options.timeoutWallMs ?? 120_000;

  function gone(what: string, cause: unknown): ChainError {
    return new ChainError('CHAIN_GONE', `The chain does not answer: ${options.whyGone?.() ?? what}`, {
      cause,
      fix: 'run it again; a run that was saved continues with --resume.',
    });
  }

  function post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const request = httpRequest(options.url, { method: 'POST', agent, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('the connection broke in the middle of an answer')));
        response.on('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(parts).toString('utf8'));
          else reject(new Error(`HTTP status ${response.statusCode}`));
        });
      });
      request.setTimeout(timeoutWallMs, () => {
        request.destroy(new Error(`no answer within ${timeoutWallMs} ms`));
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  async function send<T>(method: string, body: string): Promise<T> {
    try {
      return JSON.parse(await post(body)) as T;
    } catch (error) {
      throw gone(`${method}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  function count(method: string): void {
    counts.set(method, (counts.get(method) ?? 0) + 1);
  }

  async function call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    count(method);
    const answer = await send<Answer>(method, JSON.stringify({ jsonrpc: '2.0', id: 0, method, params }));
    if (answer.error !== undefined) throw new RpcError(method, answer.error);
    return answer.result as T;
  }

  async function batch<T>(calls: readonly RpcCall[]): Promise<T[]> {
    if (calls.length === 0) return [];
    for (const { method } of calls) count(method);
    const body = JSON.stringify(calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params })));
    const first = (calls[0] as RpcCall).method;
    const answers = await send<Answer[] | Answer>(first, body);
    if (!Array.isArray(answers)) {
      throw new RpcError(first, answers.error ?? { code: 0, message: 'a batch was not answered by a batch' });
    }
    const ordered = new Array<Answer | undefined>(calls.length).fill(undefined);
    for (const answer of answers) ordered[answer.id ?? -1] = answer;
    return ordered.map((answer, id) => {
      const { method } = calls[id] as RpcCall;
      if (answer?.error !== undefined) throw new RpcError(method, answer.error);
      if (answer === undefined) throw new RpcError(method, { code: 0, message: 'a call of a batch was not answered' });
      return answer.result as T;
    });
  }

  const transport = custom(
    { request: ({ method, params }) => call(method, (params as readonly unknown[] | undefined) ?? []) },
    { retryCount: 0 },
  );
  return { url: options.url, call, batch, counts, transport, close: () => agent.destroy() };
}
