/** Sums the gas of calls by what was called, as exact integers in a fixed order: two equal runs give equal sums. */

export type EntryPointGas = {
  /** Index of the contract. */
  readonly target: number;
  /** First 4 bytes of the calldata, as an unsigned number. */
  readonly selector: number;
  /** relayed: gas includes the agent's wallet. signed: gas is without what a transaction costs in itself. */
  readonly route: 'relayed' | 'signed';
  readonly callCount: number;
  readonly failedCount: number;
  /** Before refunds. */
  readonly gas: number;
};

export type GasMeter = {
  readonly add: (
    call: { readonly target: number; readonly data: Uint8Array; readonly signed: boolean },
    failed: boolean,
    gas: number,
  ) => void;
  /** Ordered by route, target and selector. */
  readonly read: () => EntryPointGas[];
};

export function createGasMeter(): GasMeter {
  const sums = new Map<number, [callCount: number, failedCount: number, gas: number]>();
  return {
    add: ({ target, data, signed }, failed, gas) => {
      const selector = new DataView(data.buffer, data.byteOffset).getUint32(0);
      const key = ((signed ? 256 : 0) + target) * 2 ** 32 + selector;
      const sum = sums.get(key);
      if (sum === undefined) {
        sums.set(key, [1, failed ? 1 : 0, gas]);
      } else {
        sum[0] += 1;
        if (failed) sum[1] += 1;
        sum[2] += gas;
      }
    },
    read: () =>
      [...sums]
        .sort(([a], [b]) => a - b)
        .map(([key, [callCount, failedCount, gas]]) => {
          const routeAndTarget = Math.floor(key / 2 ** 32);
          return {
            target: routeAndTarget % 256,
            selector: key % 2 ** 32,
            route: routeAndTarget >= 256 ? 'signed' : 'relayed',
            callCount,
            failedCount,
            gas,
          };
        }),
  };
}
