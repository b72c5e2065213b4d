export type Solc = {
  /** As in package.json: '0.8.37'. */
  readonly version: string;
  /** With commit and platform, as native compilers print it. */
  readonly longVersion: () => string;
  /** Standard JSON in, standard JSON out. */
  readonly compile: (input: string) => string;
  /** The same; an input that was compiled before is answered from `.cache/solc`. */
  readonly compileOnce: (input: string) => string;
};
export declare function openSolc(root: string): Solc;
