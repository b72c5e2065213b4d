import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{sim,agents,scenarios,reports,bench,contracts}/**/*.{test,prop.test,e2e.test}.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ['bench/testSetup.ts'],
  },
});
