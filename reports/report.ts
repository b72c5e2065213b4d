/** The report of a run: one HTML file as a text. Reads nothing but its arguments, so equal runs give equal bytes. */
import type { RunTables } from '../sim/engine/trace.ts';
import { type Drawing, drawFigure } from './draw.ts';
import { makeSections } from './figures.ts';
import { renderPage } from './page.ts';
import { readTables } from './reading.ts';
import { findingOf, makeVerdicts } from './verdict.ts';

export type ReportOptions = {
  /** The browser script (`buildReportRuntime` of `sim/store`). Absent: pictures and tables only, without any script. */
  readonly runtime?: string;
  /** Keys of parameters that differ from their default, to be marked in the scenario. */
  readonly changedKeys?: readonly string[];
};

/**
 * One HTML document that needs nothing else: no network, no file, and with script switched off still all of its
 * contents.
 *
 * @throws Error if a chart cannot be compiled or drawn (a bug)
 */
export async function renderReport(run: RunTables, options: ReportOptions = {}): Promise<string> {
  const reading = readTables(run);
  const sections = makeSections(reading);
  const drawings = new Map<string, Drawing>();
  for (const figure of sections.flatMap(({ figures }) => figures)) drawings.set(figure.id, await drawFigure(figure));
  return renderPage({
    manifest: run.manifest,
    summary: run.summary,
    scenarioYaml: run.scenarioYaml,
    changedKeys: options.changedKeys ?? [],
    finding: findingOf(reading),
    verdicts: makeVerdicts(run.manifest),
    sections,
    drawings,
    script: options.runtime ?? '',
  });
}
