export type FoundryBinary = {
  readonly found: true;
  readonly path: string;
  readonly version: string;
  /** Where it came from, for people: 'ANVIL variable', 'package @foundry-rs/anvil-linux-amd64', 'PATH'. */
  readonly from: string;
};
/** One sentence for each place that was looked at. */
export type FoundryMissing = { readonly found: false; readonly tried: readonly string[] };
export type FoundrySearch = FoundryBinary | FoundryMissing;
export declare function findFoundryBinary(
  name: 'anvil' | 'forge',
  root: string,
  env?: Record<string, string | undefined>,
): FoundrySearch;
