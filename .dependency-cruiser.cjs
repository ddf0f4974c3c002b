// The rooms of src/, from the command line down. An import goes down this list, or to a room that is pure.
const ROOMS = [
  'cli',
  'propose',
  'fleet',
  'plan',
  'recipe',
  'platform',
  'lock',
  'render',
  'adopt',
  'build',
  'engine',
  'prebuilt',
  'forge',
  'upstream',
  'source',
  'registry',
  'archive',
  'tar',
  'oci',
  'image',
  'process',
  'http',
  'cache',
  'report',
];
// Of recipe/, only what reads files is not pure.
const PURE =
  '^src/(?:(?:platform|oci|image)/|recipe/(?!load\\.|read-)|lock/(?:lock|pins|upstream-key|lock-schema|parse-lock|format-lock)\\.)';

// A library that only one room may use: what it does stays behind that room's functions.
const FENCES = [
  { library: 'handlebars', rooms: 'render|fleet' },
  { library: '@octokit/', rooms: 'upstream' },
  { library: 'zx', rooms: 'process' },
  { library: 'commander', rooms: 'cli' },
  { library: 'undici', rooms: 'cli' },
  { library: 'yaml', rooms: 'recipe|lock|render|adopt' },
  { library: 'zod', rooms: 'recipe|plan|lock|oci|forge|upstream|prebuilt|build' },
  { library: 'fflate', rooms: 'archive' },
];

const upward = ROOMS.slice(1).map((room, index) => ({
  name: `no-import-up-from-${room}`,
  comment: `${room} may import the rooms below it and pure rooms, not those above`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: `^src/(?:${ROOMS.slice(0, index + 1).join('|')})/`, pathNot: PURE },
}));

const fences = FENCES.map(({ library, rooms }) => ({
  name: `fence-${library.replace(/\W/g, '')}`,
  comment: `${library} only in ${rooms}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(?:${rooms})/` },
  to: { path: `node_modules/${library}` },
}));

module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '^src/main\\.ts$' }, to: {} },
    {
      name: 'pure-rooms-touch-nothing',
      comment: 'platform, oci, image and most of recipe decide; files, processes and the network are for others',
      severity: 'error',
      from: { path: PURE },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?(?:crypto|util|buffer|path)$' },
    },
    ...upward,
    ...fences,
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.cjs'] },
  },
};
