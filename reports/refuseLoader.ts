/** The loader of every Vega view in this room: a chart has its data, so whatever it asks for is an error. */
import type { Loader } from 'vega';

const refuse = (uri: string): Promise<never> => Promise.reject(new Error(`A chart may not load ${uri}`));

export const refuseLoader = {
  load: refuse,
  sanitize: refuse,
  http: refuse,
  file: refuse,
  options: {},
} as unknown as Loader;
