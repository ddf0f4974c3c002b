import { expect, test } from 'vitest';
import { formatFamiliar } from '../../src/oci/reference.ts';
import { faultsOf, recipeOf } from '../support/recipe-text.ts';

const RECIPE = 'name: tool\nversion: "1"\nimage: {base: scratch}\nplatforms: [linux/amd64, linux/arm64]\n';

test('what is compared with, and what is accepted', () => {
  const text = `${RECIPE}parity:
  image: docker/dockerfile-copy:v0.1.9
  accept: [packages.*, {what: files./bin/copy, platform: linux/aarch64, because: it is stripped}]
`;
  const { parity } = recipeOf(text);
  expect(parity === null ? null : { ...parity, image: formatFamiliar(parity.image) }).toEqual({
    image: 'docker/dockerfile-copy:v0.1.9',
    accept: [
      { what: 'packages.*', platform: null, because: null },
      { what: 'files./bin/copy', platform: 'linux/arm64', because: 'it is stripped' },
    ],
  });
  expect(recipeOf(RECIPE).parity).toBeNull();
});

test.each([
  ['{accept: []}', '5:9 error recipe.missing-key: parity: "image" is missing'],
  [
    '{image: "docker/X"}',
    '5:17 error recipe.invalid-value: parity.image: "docker/X" is not an image name: "docker/X" is not a repository name; repository names are lower case',
  ],
  [
    '{image: x, accept: [layers]}',
    '5:29 error recipe.invalid-value: parity.accept[0]: "layers" is not a name of a difference; as `forkwright parity` prints it: config.env.PATH, packages.xz, files./bin/tool; * stands for any characters',
  ],
  [
    '{image: x, accept: [{what: config.user, platform: linux/s390x}]}',
    '5:59 error recipe.stray-platform: parity.accept[0].platform: the recipe has no platform linux/s390x; leave it out, or name another',
  ],
  [
    '{image: x, accept: [{what: config.user, why: x}]}',
    '5:49 error recipe.unknown-key: parity.accept[0]: "why" is not a known key; did you mean what?',
  ],
])('%s', (parity, fault) => {
  expect(faultsOf(`${RECIPE}parity: ${parity}\n`)).toEqual([fault]);
});
