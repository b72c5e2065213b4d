/** Amounts of the four resources that a machine has and a lease needs (ORDER-2, F-12, F-18). */

export type Resources = {
  readonly cpuCount: number;
  readonly memoryGb: number;
  readonly storageGb: number;
  readonly gpuCount: number;
};

/** In the order in which rules look at them. */
export const RESOURCE_NAMES = ['cpuCount', 'memoryGb', 'storageGb', 'gpuCount'] as const;
export const NO_RESOURCES: Resources = { cpuCount: 0, memoryGb: 0, storageGb: 0, gpuCount: 0 };
