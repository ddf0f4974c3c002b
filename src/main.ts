#!/usr/bin/env node
import { createContext } from './cli/node-context.ts';
import { runProgram } from './cli/program.ts';

const context = createContext(process);
process.exitCode = await runProgram(process.argv.slice(2), context);
