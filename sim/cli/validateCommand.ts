/** `powr validate`: everything that is wrong with a scenario file, at once, with places. */
import { harmless, harmlessJson } from '../../scenarios/load.ts';
import { EXIT } from './exitCodes.ts';
import { loadScenarioFile, printIssues } from './loadFile.ts';

export async function validateCommand(
  file: string,
  options: { readonly set: readonly string[]; readonly json?: boolean; readonly resolved?: boolean },
): Promise<number> {
  const loaded = loadScenarioFile(file, options.set);
  if (options.json === true) {
    process.stdout.write(`${harmlessJson({ ok: loaded.ok, issues: loaded.ok ? loaded.warnings : loaded.issues })}\n`);
    return loaded.ok ? EXIT.ok : EXIT.usage;
  }
  printIssues(loaded);
  if (!loaded.ok) {
    process.stderr.write(
      `${harmless(file)}: ${loaded.issues.length} ${loaded.issues.length === 1 ? 'problem' : 'problems'}\n`,
    );
    return EXIT.usage;
  }
  if (options.resolved === true) process.stdout.write(loaded.resolvedYaml);
  else {
    const { scenario } = loaded;
    const agents = scenario.populations.reduce((sum, group) => sum + group.count, 0);
    process.stdout.write(
      `${harmless(file)}: valid. ${scenario.name}, ${scenario.eras} eras, ${agents} agents in ${scenario.populations.length} groups, ledger ${scenario.ledger}\n`,
    );
  }
  return EXIT.ok;
}
