#!/usr/bin/env node
/** The `powr` command: makes sure the build is current, then hands over to it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';

process.env.POWR_BUILD = await ensureBuilt();
process.setSourceMapsEnabled(true);
await import(pathToFileURL(join(process.env.POWR_BUILD, 'sim/cli/main.js')).href);
