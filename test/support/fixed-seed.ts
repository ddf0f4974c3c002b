import fc from 'fast-check';

// The same cases in every run, so that a change is judged by what it changes; others come with FORKWRIGHT_FUZZ_RUNS, as `npm run fuzz` sets it.
if (process.env['FORKWRIGHT_FUZZ_RUNS'] === undefined) fc.configureGlobal({ seed: 1 });
