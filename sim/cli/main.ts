/** The `powr` command: parses the command line and hands over to one file per command, loaded only when it is used. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT, exitCodeOf, messageOf } from './exitCodes.ts';

const builtDir = process.env.POWR_BUILD ?? '';

/** As in scenario files; written again here so that `--help` need not load their schema. */
const DEVICES = ['auto', 'cpu', 'webgpu', 'cuda'];

function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum)
      throw new InvalidArgumentError(`Expected a whole number from ${minimum} to 2^53 - 1.`);
    return value;
  };
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

const program = new Command('powr')
  .description('PoWR Lab: simulates incentive protocols of decentralised AI, exactly and on a real chain.')
  .version('0.1.0')
  .showSuggestionAfterError()
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  powr run scenarios/quickstart.yaml
  powr run scenarios/baseline.yaml --ledger core --inference replay --threads 2 --json
  powr validate my-scenario.yaml
  powr report runs/quickstart`,
  );

program
  .command('run')
  .description('Run a scenario.')
  .argument('<scenario>', 'scenario file (YAML or JSON)')
  .option('--seed <n>', 'seed of the run', wholeNumber(0))
  .option('--seeds <a..b>', 'run every seed from a to b: mean and interval of every metric')
  .option(
    '--compare <path=value>',
    'with --seeds: paired difference to the scenario with this value changed; may be repeated',
    collect,
    [],
  )
  .option('--workers <n>', 'with --seeds: worker processes; default one for each core', wholeNumber(1))
  .option('--eras <n>', 'number of eras', wholeNumber(1))
  .addOption(new Option('--ledger <kind>', 'where the rules run').choices(['core', 'chain', 'lockstep']))
  .option('--threads <n>', 'agent threads', wholeNumber(1))
  .addOption(new Option('--device <device>', 'device of the inferences').choices(DEVICES))
  .addOption(
    new Option('--inference <mode>', 'execute inferences, or replay stored ones').choices(['measure', 'replay']),
  )
  .option('--set <path=value>', 'override a value of the scenario; may be repeated', collect, [])
  .option('--out <dir>', 'directory of the run; default runs/<name>-<hash>-s<seed>')
  .option('--resume', 'go on with a killed run of the same scenario, seed and build')
  .option('--no-report', 'write no report.html')
  .addOption(
    new Option('--fault <place>', 'overwrite a storage word of the chain: slot:phase:table:word:value')
      .argParser(collect)
      .default([])
      .hideHelp(),
  )
  .option('--json', 'print manifest and summary as JSON')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
Exit codes: 0 ok, 1 a bug (invariant or lockstep difference), 2 bad usage or scenario, 3 an expectation does not hold,
6 infrastructure (chain, port, disk, device), 7 some of the seeds failed, 130 or 143 ended by a signal.

Examples:
  powr run scenarios/quickstart.yaml --seed 7
  powr run scenarios/quickstart.yaml --seeds 1..30 --compare val.group_size=5
  powr run scenarios/baseline.yaml --ledger lockstep --inference replay
  powr run scenarios/quickstart.yaml --set params.val.group_size=7 --eras 10`,
  )
  .action(async (scenario: string, options: object) => {
    const { runCommand } = await import('./runCommand.ts');
    process.exitCode = await runCommand(scenario, options as Parameters<typeof runCommand>[1], builtDir);
  });

program
  .command('sweep')
  .description('Run every combination of the axes of a scenario with every seed.')
  .argument('<scenario>', 'scenario file with sweep.axes')
  .option('--seeds <a..b>', 'seeds of every combination; default sweep.seeds, else the seed of the scenario')
  .option('--workers <n>', 'worker processes; default one for each core', wholeNumber(1))
  .option('--out <dir>', 'directory of the sweep; default runs/<name>-<hash>-sweep')
  .option('--metrics <a,b>', 'metrics to print and to show first; also sums and differences such as "a - b"')
  .option('--eras <n>', 'number of eras', wholeNumber(1))
  .addOption(new Option('--ledger <kind>', 'where the rules run; default core').choices(['core', 'chain', 'lockstep']))
  .addOption(new Option('--device <device>', 'device of the inferences').choices(DEVICES))
  .addOption(
    new Option('--inference <mode>', 'execute inferences, or replay stored ones; default replay').choices([
      'measure',
      'replay',
    ]),
  )
  .option('--set <path=value>', 'override a value of the scenario; may be repeated', collect, [])
  .option('--json', 'print the table as JSON')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
Runs that are finished are kept: after Ctrl-C, or worse, the same command goes on where it stopped.
Exit codes: 0 ok, 2 bad usage or scenario, 6 infrastructure, 7 some runs are missing, 130 or 143 ended by a signal.

Examples:
  powr sweep my-sweep.yaml --seeds 1..10
  powr sweep my-sweep.yaml --metrics "profit.cheater - profit.steady,tasks.wrong_share"`,
  )
  .action(async (scenario: string, options: object) => {
    const { sweepCommand } = await import('./sweepCommand.ts');
    process.exitCode = await sweepCommand(scenario, options as Parameters<typeof sweepCommand>[1], builtDir);
  });

program.command('point-worker', { hidden: true }).action(async () => {
  const { workerCommand } = await import('./workerCommand.ts');
  await workerCommand(builtDir);
});

program
  .command('report')
  .description('Write the HTML report of a run.')
  .argument('<run>', 'directory of a run')
  .option('--out <file>', 'file to write; default report.html in the directory')
  .option('--static', 'pictures only, no script')
  .action(async (run: string, options: { out?: string; static?: boolean }) => {
    const { reportCommand } = await import('./reportCommand.ts');
    process.exitCode = await reportCommand(run, options);
  });

program
  .command('validate')
  .description('Check a scenario file and say everything that is wrong with it.')
  .argument('<scenario>', 'scenario file')
  .option('--set <path=value>', 'override a value of the scenario; may be repeated', collect, [])
  .option('--json', 'print the problems as JSON')
  .option('--resolved', 'print the scenario with everything filled in')
  .action(async (scenario: string, options: { set: readonly string[]; json?: boolean; resolved?: boolean }) => {
    const { validateCommand } = await import('./validateCommand.ts');
    process.exitCode = await validateCommand(scenario, options);
  });

program
  .command('params')
  .description('The parameters of the protocol: unit, range, default, source.')
  .argument('[key]', 'a key, or the beginning of keys')
  .option('--json', 'print as JSON')
  .addHelpText('after', '\nExamples:\n  powr params\n  powr params val.group_size\n  powr params trust --json')
  .action(async (key: string | undefined, options: { json?: boolean }) => {
    const { paramsCommand } = await import('./paramsCommand.ts');
    process.exitCode = paramsCommand(key, options);
  });

program
  .command('strategies')
  .description('The behaviours of agents: what each does, and its options.')
  .argument('[role]', 'only those of a role')
  .option('--json', 'print as JSON')
  .addHelpText('after', '\nExamples:\n  powr strategies\n  powr strategies miner')
  .action(async (role: string | undefined, options: { json?: boolean }) => {
    const { strategiesCommand } = await import('./strategiesCommand.ts');
    process.exitCode = strategiesCommand(role, options);
  });

program
  .command('schema')
  .description('Print the JSON Schema of scenario files.')
  .option('--out <file>', 'write it to a file instead')
  .option('--json', 'with --out: print what was written as JSON')
  .addHelpText('after', '\nExamples:\n  powr schema --out scenario.v1.json')
  .action(async (options: { out?: string; json?: boolean }) => {
    const { schemaCommand } = await import('./schemaCommand.ts');
    process.exitCode = await schemaCommand(options);
  });

program
  .command('init')
  .description('Write a commented scenario to start from, and the schema that editors complete it with.')
  .argument('[name]', 'name of the scenario; <name>.yaml is written', 'my-scenario')
  .option('--preset <name>', 'what to start from: minimal or realistic', 'minimal')
  .option('--force', 'overwrite what is there')
  .option('--json', 'print as JSON')
  .addHelpText('after', '\nExamples:\n  powr init my-scenario\n  powr init studies/open-network --preset realistic')
  .action(async (name: string, options: { preset: string; force?: boolean; json?: boolean }) => {
    const { initCommand } = await import('./initCommand.ts');
    process.exitCode = await initCommand(name, options);
  });

program
  .command('query')
  .description('Ask the stored tables of a run, or of all runs in a directory, in SQL.')
  .argument('<run>', 'directory of a run, or a directory of runs: then tables have a column `run`')
  .argument('<sql>', 'one SELECT over metrics, agents, models, nodes, validators, delegations, calls, events')
  .option('--json', 'print rows as JSON objects')
  .option('--csv', 'print CSV')
  .addHelpText(
    'after',
    `
Examples:
  powr query runs/quickstart "SELECT strategy, sum(reward_units) / 1e6 AS tokens FROM agents GROUP BY 1 ORDER BY 2 DESC"
  powr query runs/quickstart "DESCRIBE agents"
  powr query runs "SELECT run, max(era) FROM metrics GROUP BY run" --csv`,
  )
  .action(async (run: string, sql: string, options: { json?: boolean; csv?: boolean }) => {
    const { queryCommand } = await import('./queryCommand.ts');
    process.exitCode = await queryCommand(run, sql, options);
  });

program
  .command('explain')
  .description('Say why an agent earned, was slashed or lost trust: rules and numbers, era by era.')
  .argument('<run>', 'directory of a run')
  .requiredOption('--agent <who>', 'account number, name, or part of a name')
  .option('--era <n>', 'only this era', wholeNumber(0))
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  powr explain runs/quickstart --agent 45\n  powr explain runs/quickstart --agent "Kuhn validation" --era 4',
  )
  .action(async (run: string, options: { agent: string; era?: number; json?: boolean }) => {
    const { explainCommand } = await import('./explainCommand.ts');
    process.exitCode = await explainCommand(run, options);
  });

program
  .command('doctor')
  .description('Say what works on this machine: chain, devices, models, and why something does not.')
  .option('--json', 'print as JSON')
  .action(async (options: { json?: boolean }) => {
    const { doctorCommand } = await import('./doctorCommand.ts');
    process.exitCode = await doctorCommand(options, builtDir);
  });

program
  .command('hardware')
  .description('The GPU sub-tiers: declared price bands, published peaks of their cards, measured scores.')
  .option('--json', 'print as JSON')
  .action(async (options: { json?: boolean }) => {
    const { hardwareCommand } = await import('./hardwareCommand.ts');
    process.exitCode = hardwareCommand(options);
  });

program
  .command('profile')
  .description('Measure a device: every model variant on a whole pool of samples, into a profile that runs can replay.')
  .addOption(new Option('--device <device>', 'device to measure').choices(DEVICES).default('auto'))
  .option('--out <file>', "file to write; default the device's in fixtures/profiles, which runs replay")
  .option('--samples <n>', 'samples per difficulty', wholeNumber(1))
  .option('--pool-seed <n>', 'seed of the pool; runs use the default', wholeNumber(0))
  .option('--json', 'print what was measured as JSON')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
Exit codes: 0 ok, 2 bad usage, 6 the device does not work, or the file cannot be written.

Examples:
  powr profile --device webgpu
  powr profile --device cpu --samples 20 --out cpu-small.json`,
  )
  .action(async (options: object) => {
    const { profileCommand } = await import('./profileCommand.ts');
    process.exitCode = await profileCommand(options as Parameters<typeof profileCommand>[0], builtDir);
  });

const modelsGroup = program
  .command('models')
  .description('The models and their variants, and the training of those with a head of their own.');
modelsGroup
  .command('list', { isDefault: true })
  .description('What each model is: kind, operations, size, licence, hash, and what its variants are made by.')
  .option('--json', 'print as JSON')
  .action(async (options: { json?: boolean }) => {
    const { modelsCommand } = await import('./modelsCommand.ts');
    process.exitCode = modelsCommand(options);
  });
modelsGroup
  .command('train')
  .description('Train heads again by their recipes, and say whether they are the pinned ones.')
  .option('--only <head>', 'only this head (ft1, ft3, ft8, over); may be repeated', collect, [])
  .option('--out <dir>', 'folder for the trained heads; without it nothing is written')
  .option('--json', 'print as JSON')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
Exit codes: 0 ok, 2 bad usage, 3 a head is not the pinned one, 6 the model does not run, or a file cannot be written.

Examples:
  powr models train
  powr models train --only ft1 --json`,
  )
  .action(async (options: object) => {
    const { trainCommand } = await import('./modelsCommand.ts');
    process.exitCode = await trainCommand(options as Parameters<typeof trainCommand>[0], builtDir);
  });

program
  .command('calibrate')
  .description(
    'Measure how far honest executions lie apart and how near cheats come, and derive the bands of a device.',
  )
  .addOption(new Option('--device <device>', 'device whose profile gets the bands').choices(DEVICES).default('cpu'))
  .option('--models <list>', 'of en, ch, latin, orientation, voice; default all')
  .option('--samples <n>', 'samples of each model on the cpu, and on a card; default 40', wholeNumber(1))
  .option('--wasm <n>', "samples in the runtime's build for browsers; default 8", wholeNumber(0))
  .option('--software <n>', 'samples on WebGPU in software, seconds each; default 1', wholeNumber(0))
  .option('--seed <n>', 'seed of the samples; default 1', wholeNumber(0))
  .option('--runners <n>', 'processes; default one per core', wholeNumber(1))
  .option('--out <file>', "profile to write the bands into; default the device's in fixtures/profiles")
  .option('--force', 'also replace bands of a calibration with more models, places or samples')
  .option('--json', 'print what was measured as JSON')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
Exit codes: 0 ok, 2 bad usage, or a larger calibration would be replaced, 6 a device fails or executes nothing that counts,
or honest executions lie as far apart as cheats.

Examples:
  powr calibrate --models en,orientation
  powr calibrate --samples 1000 --wasm 100 --software 30`,
  )
  .action(async (options: object) => {
    const { calibrateCommand } = await import('./calibrateCommand.ts');
    process.exitCode = await calibrateCommand(options as Parameters<typeof calibrateCommand>[0], builtDir);
  });

const bench = program.command('bench').description('The regression gate, and benchmarks of inference.');
bench
  .command('compare')
  .description('Run the gated scenarios and compare their deterministic counters with bench/baseline.json.')
  .requiredOption('--exact', 'compare counters: any difference fails')
  .option('--scenario <name>', 'only this scenario; may be repeated', collect, [])
  .option('--json', 'print as JSON')
  .action(async (options: { scenario: readonly string[]; json?: boolean }) => {
    const { compareCommand } = await import('./benchCommand.ts');
    process.exitCode = await compareCommand(options, builtDir);
  });
bench
  .command('accept')
  .description('Take the present counters as the new baseline.')
  .requiredOption('-m, --message <why>', 'why they changed')
  .action(async (options: { message: string }) => {
    const { acceptCommand } = await import('./benchCommand.ts');
    process.exitCode = await acceptCommand(options.message, builtDir);
  });
bench
  .command('inference')
  .description('Measure a device: models under the load modes of MLPerf, and compute graphs beside the peak of a core.')
  .addOption(new Option('--device <device>', 'device to measure; default auto').choices(DEVICES))
  .option('--modes <list>', 'of single, multi, server, offline; default all, server only with --rate')
  .option('--variants <list>', 'model variants; default the reference, en')
  .option('--rate <n>', 'queries per second of the mode server')
  .option('--queries <n>', 'queries of each repetition; default 130, which the 95th percentile needs', wholeNumber(1))
  .option('--streams <n>', 'samples of a query of the mode multi; default 8', wholeNumber(1))
  .option('--repetitions <n>', 'repetitions; default 3', wholeNumber(1))
  .option('--runners <n>', 'runner processes on the cpu; default one for each core', wholeNumber(1))
  .option('--seed <n>', 'of the samples and of the moments of the server; default 1', wholeNumber(0))
  .option('--graphs [list]', 'compute graphs, each with a size if wanted: matmul, convolution, attention, streaming')
  .option('--bare [list]', 'models through the pool of runners beside a bare loop; default en,ch,orientation')
  .option('--from <file>', 'show what was measured before; may be repeated', collect, [])
  .option('--json [file]', 'write what was measured to a file, or print it instead of the tables')
  .option('--out <file>', 'write a page with charts')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
single: one sample, the next when it is answered. multi: several at once, the next when all are. server: at random moments
(a Poisson process). offline: all at once. --graphs and --bare alone measure no load modes. --bare: all at once through the
pool, and a loop of each runner over inputs in its own memory, in turns; their ratio is what the pool costs. Percentiles are
given from as many queries as they need: p50 11, p90 64, p95 130, p99 662 in each repetition.
Exit codes: 0 ok, 2 bad usage, 6 the device does not work, or a file cannot be written.

Examples:
  powr bench inference --json cpu.json
  powr bench inference --variants en,latin --modes single,offline --queries 662
  powr bench inference --modes server --rate 60
  powr bench inference --graphs
  powr bench inference --graphs matmul:2048,streaming --repetitions 5
  powr bench inference --bare --repetitions 9
  powr bench inference --from cpu.json --from webgpu.json --out bench.html`,
  )
  .action(async (options: object) => {
    const { benchInferenceCommand } = await import('./benchInferenceCommand.ts');
    process.exitCode = await benchInferenceCommand(options as Parameters<typeof benchInferenceCommand>[0], builtDir);
  });
bench
  .command('quality')
  .description('Compare model variants on the same samples with exact ground truth, with intervals.')
  .option('--task <list>', 'of text, document, orientation, voice; default all')
  .option('--variants <list>', 'model variants; default all that the tasks have')
  .option('--set <list>', 'of public, held-out; both show who has learnt the public one by heart; default held-out')
  .option('--level <level>', 'easy, medium or hard; default hard')
  .option('--samples <n>', 'samples of each set; default 200', wholeNumber(2))
  .option('--seed <n>', 'of the held-out set and of the intervals; default 1', wholeNumber(0))
  .option('--commitment <sha256>', 'refuse a seed that was not committed to; with --salt')
  .option('--salt <hex>', 'of the commitment')
  .option('--runners <n>', 'runner processes; default one for each core', wholeNumber(1))
  .option('--json [file]', 'write the figures to a file, or print them instead of the tables')
  .option('--out <file>', 'write a page with charts')
  .option('--quiet', 'no progress')
  .addHelpText(
    'after',
    `
Everything is executed on the cpu. A difference counts when its 95 % interval leaves out zero (percentile bootstrap over
samples, the same draws for all variants).
Exit codes: 0 ok, 2 bad usage, 6 the device does not work, or a file cannot be written.

Examples:
  powr bench quality --task text --samples 600
  powr bench quality --task document --variants en,en-m3 --level medium
  powr bench quality --task text --set public,held-out --samples 100 --out quality.html`,
  )
  .action(async (options: object) => {
    const { benchQualityCommand } = await import('./benchQualityCommand.ts');
    process.exitCode = await benchQualityCommand(options as Parameters<typeof benchQualityCommand>[0], builtDir);
  });

const contracts = program.command('contracts').description('The compiled contracts in contracts/artifacts.');
contracts
  .command('build')
  .description('Compile the contracts and write their artefacts.')
  .action(async () => {
    const { buildContracts } = await import('./contractsCommand.ts');
    process.exitCode = buildContracts();
  });
contracts
  .command('check')
  .description('Say which artefacts were made from other sources than the present ones.')
  .action(async () => {
    const { checkContracts } = await import('./contractsCommand.ts');
    process.exitCode = checkContracts();
  });

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
